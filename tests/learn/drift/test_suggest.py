"""Retire, merge, split: suggested where the past speaks for it, and only there."""

from __future__ import annotations

import random
from dataclasses import replace

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject, canonical_json, hash_json
from pantheon.learn import Promise, Row, Settings, fit, promote
from pantheon.learn.drift import suggest
from pantheon.spec import AgentDef
from pantheon.store import Audit, Store, Suggestion, Version
from tests.learn.drift.words import Words
from tests.learn.specimens import TRIAGE, answered, traffic
from tests.learn.worlds import embed

DAY = 86_400.0
NOW = 1_700_000_000.0
HELPDESK = replace(TRIAGE, name="helpdesk")


def opened() -> Store:
    """An empty store."""
    return Store.open(":memory:", clock=FakeClock(start=NOW))


def deploy(store: Store, agent: str, pairs: list[tuple[JsonObject, JsonObject]]) -> None:
    """A specialist made from these answers."""
    rows = [
        Row(f"e{i}", str(q["text"]), canonical_json(a), f"g{i}", 0.0, "bootstrap")
        for i, (q, a) in enumerate(pairs)
    ]
    settings = Settings(holdout_share=0.0, space="words")
    made = fit(rows, embed=embed, promise=Promise(0.1, 0.9, None), seed=0, settings=settings)
    artifact = store.blobs.put(made.specialist.dumps())
    name = hash_json([agent, artifact])
    store.versions.add(
        Version(name, agent, 1, None, "night", NOW, "candidate", {}, artifact),
    )
    promote(store, agent, name, who="night", why="ok", clock=store.clock)


def ask(
    store: Store,
    agent: str,
    pairs: list[tuple[JsonObject, JsonObject]],
    *,
    local: set[str] | None = None,
    days_ago: float = 1.0,
) -> None:
    """Requests to an agent; answers among `local` were given here, others cost a cent."""
    for number, pair in enumerate(pairs):
        here = str(pair[1]["team"]) in (local or set())
        row = answered(
            number,
            pair,
            agent=agent,
            id=f"{agent}{number}",
            at=NOW - days_ago * DAY + number,
            tier="specialist" if here else "cloud",
            local=here,
            cost_usd=0.0 if here else 0.01,
        )
        store.answers.add(row)


def look(store: Store, *agents: AgentDef, at: float = NOW) -> tuple[Suggestion, ...]:
    """What is suggested."""
    return suggest(store, {agent.name: agent for agent in agents}, Words(), at, seed=1)


def test_an_agent_that_nobody_asks_any_longer_may_go() -> None:
    """Thirty days without a request; one never asked is not old, but new."""
    with opened() as store:
        ask(store, "triage", traffic(5), days_ago=40)

        (idea,) = look(store, TRIAGE, HELPDESK)

    assert (idea.kind, idea.subject) == ("retire", "triage")
    assert "40 days" in str(idea.body["says"])


def test_two_agents_of_one_work_may_become_one() -> None:
    """Each one's specialist says what the other's teacher says."""
    with opened() as store:
        for seed, agent in enumerate(("triage", "helpdesk")):
            deploy(store, agent, traffic(300, seed=seed))
            ask(store, agent, traffic(200, seed=10 + seed))

        (idea,) = look(store, TRIAGE, HELPDESK)

    assert (idea.kind, idea.subject) == ("merge", "helpdesk+triage")
    evidence = idea.body["evidence"]
    assert isinstance(evidence, dict)
    agreement = evidence["triage_on_helpdesk"]
    assert isinstance(agreement, dict)
    assert float(str(agreement["low"])) >= 0.85


def test_agents_that_answer_differently_stay_apart() -> None:
    """The same requests, other answers."""
    other = {"cards": "account", "account": "cards", "payments": "other", "other": "payments"}
    with opened() as store:
        pairs = traffic(300, seed=2)
        turned: list[tuple[JsonObject, JsonObject]] = [
            (q, {"team": other[str(a["team"])]}) for q, a in pairs
        ]
        for agent, taught in (("triage", pairs), ("helpdesk", turned)):
            deploy(store, agent, taught)
            ask(store, agent, taught[:200])

        assert look(store, TRIAGE, HELPDESK) == ()


def test_one_kind_of_request_that_is_always_escalated_may_be_split_off() -> None:
    """The suggestion shows some of them, and what they cost."""
    with opened() as store:
        deploy(store, "triage", traffic(300))
        ask(store, "triage", _two_kinds(300), local={"cards"})

        (idea,) = look(store, TRIAGE)

    assert (idea.kind, idea.subject) == ("split", "triage")
    evidence, saving = idea.body["evidence"], idea.body["saving"]
    assert isinstance(evidence, dict)
    assert isinstance(saving, dict)
    assert all("zyx" in str(text) for text in list[object](evidence["examples"]))  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert float(str(saving["usd_a_month_at_most"])) > 1


def _two_kinds(count: int) -> list[tuple[JsonObject, JsonObject]]:
    rng = random.Random(3)
    pairs: list[tuple[JsonObject, JsonObject]] = []
    for number in range(count):
        hard = number % 4 == 0
        stem = "zyx qwv" if hard else "card pin chip"
        text = f"{stem} {stem} w{rng.randrange(50)} w{rng.randrange(50)}"
        pairs.append(({"text": text}, {"team": "other" if hard else "cards"}))
    return pairs


def test_escalations_that_are_everywhere_split_nothing() -> None:
    """Half of the requests is escalated, whatever they are about."""
    with opened() as store:
        deploy(store, "triage", traffic(300))
        rng = random.Random(4)
        for number, pair in enumerate(traffic(300, seed=5)):
            row = answered(number, pair, at=NOW - DAY + number, local=rng.random() < 0.5)
            store.answers.add(row)

        assert look(store, TRIAGE) == ()


def test_an_answer_that_audits_find_wrong_may_be_split_off() -> None:
    """A third of it differs, and nearly nothing of the others."""
    with opened() as store:
        deploy(store, "triage", traffic(300))
        pairs = traffic(300, seed=6)
        ask(store, "triage", pairs, local={"cards", "payments", "account", "other"})
        for number, (_, output) in enumerate(pairs):
            wrong = output["team"] == "payments" and number % 2 == 0
            name = f"triage{number}"
            store.audits.settle(Audit(name, "triage", NOW - 60, output, agrees=not wrong))

        (idea,) = look(store, TRIAGE)

    evidence = idea.body["evidence"]
    assert isinstance(evidence, dict)
    assert (idea.kind, evidence["answer"]) == ("split", '{"team":"payments"}')


def test_a_dismissed_suggestion_rests_and_a_stale_one_is_taken_back() -> None:
    """Asked again tomorrow it would be a nuisance; in a quarter of a year it may be news."""
    with opened() as store:
        ask(store, "triage", traffic(5), days_ago=40)
        (idea,) = look(store, TRIAGE)
        store.suggestions.set_state(idea.id, "dismissed")
        assert look(store, TRIAGE, at=NOW + DAY) == ()
        (again,) = look(store, TRIAGE, at=NOW + 100 * DAY)
        assert (again.id, store.suggestions.get(idea.id).state) == (idea.id, "open")

        row = answered(99, traffic(1)[0], id="late", at=NOW + 100 * DAY)
        store.answers.add(row)
        look(store, TRIAGE, at=NOW + 101 * DAY)

        assert store.suggestions.get(idea.id).state == "dismissed"
