"""The night's watch over a store: what changed becomes an alarm, and some step back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject, canonical_json, hash_json
from pantheon.learn import Promise, Row, Settings, fit, promote
from pantheon.learn.drift import close_alarm, watch_night
from pantheon.store import AnswerRow, Audit, Store, Version
from tests.learn.drift.words import Words
from tests.learn.specimens import TEAMS, TRIAGE, answered, traffic
from tests.learn.worlds import embed

DAY = 86_400.0
BEGIN = 1_700_000_000.0


def deploy(store: Store) -> Version:
    """Two days of requests to the cloud, and a specialist made from some of them."""
    for number, pair in enumerate(traffic(300)):
        store.answers.replace(answered(number, pair, at=BEGIN + number))
    rows = [
        Row(f"e{i}", str(q["text"]), canonical_json(a), f"g{i}", 0.0, "bootstrap")
        for i, (q, a) in enumerate(traffic(300, seed=1))
    ]
    promise = Promise(0.1, 0.9, None)
    settings = Settings(holdout_share=0.0, space="words")
    made = fit(rows, embed=embed, promise=promise, seed=0, settings=settings).specialist
    artifact = store.blobs.put(made.dumps())
    version = Version(
        hash_json(["triage", artifact, store.versions.next_number("triage")]),
        "triage",
        store.versions.next_number("triage"),
        None,
        "night",
        store.clock.now(),
        "candidate",
        {},
        artifact,
    )
    store.versions.add(version)
    promote(store, "triage", version.hash, who="night", why="ok", clock=store.clock)
    return version


def opened() -> tuple[Store, FakeClock]:
    """A store whose clock stands after the first days."""
    clock = FakeClock(start=BEGIN + 2 * DAY)
    return Store.open(":memory:", clock=clock), clock


def serve(
    store: Store,
    clock: FakeClock,
    night: int,
    pairs: Sequence[tuple[JsonObject, JsonObject]],
    *,
    wrong: float = 0.0,
    seconds: float = 1.0,
) -> None:
    """A day of local answers, all audited; a share of the audits differs."""
    rng = random.Random(night)
    current = store.channels.current("triage")
    for number, pair in enumerate(pairs):
        row = replace(
            answered(1000 * (night + 1) + number, pair),
            at=clock.now() + 1 + number,
            tier="specialist",
            local=True,
            specialist=current,
            latency=seconds * rng.lognormvariate(0, 0.3),
            tried=(),
        )
        store.answers.add(row)
        store.audits.settle(_audit(row, agrees=rng.random() >= wrong))
    clock.advance(DAY)


def _audit(row: AnswerRow, *, agrees: bool) -> Audit:
    return Audit(row.id, "triage", row.at + 1, row.output if agrees else {"team": "x"}, agrees)


def look(store: Store, clock: FakeClock, night: int) -> list[tuple[str, str]]:
    """Kind and slice of the alarms of one watch."""
    alarms = watch_night(store, {"triage": TRIAGE}, Words(), clock.now(), 7, night=f"n{night}")
    return [(alarm.kind, alarm.slice) for alarm in alarms]


def foreign(count: int, seed: int) -> list[tuple[JsonObject, JsonObject]]:
    """Requests of words that never occurred."""
    rng = random.Random(seed)
    words = [f"zyx{number}" for number in range(40)]
    return [({"text": " ".join(rng.sample(words, 5))}, {"team": "other"}) for _ in range(count)]


def test_quiet_nights_raise_nothing() -> None:
    """Twelve days like the first."""
    store, clock = opened()
    with store:
        deploy(store)
        for night in range(12):
            serve(store, clock, night, traffic(80, seed=100 + night), wrong=0.02)

            assert look(store, clock, night) == []
        assert store.monitors.get("triage") == {}


def test_foreign_requests_are_noticed_and_it_steps_back() -> None:
    """They are far from every example, and unlike those before."""
    store, clock = opened()
    with store:
        deploy(store)
        serve(store, clock, 0, traffic(80, seed=100))
        assert look(store, clock, 0) == []
        day = clock.now()
        serve(store, clock, 1, foreign(80, 1))

        kinds = look(store, clock, 1)

        assert ("inputs", "") in kinds
        assert ("inputs", "far from every example") in kinds
        state = store.monitors.get("triage") or {}
        assert state["stepped_back"] is True
        # What calibrates the next one came after the last quiet night.
        assert day - DAY < float(str(state["fresh_since"])) < day + 81
        assert look(store, clock, 1) == []


def test_a_step_back_names_its_cause() -> None:
    """Whoever reads the monitor or the alarm learns why."""
    store, clock = opened()
    with store:
        deploy(store)
        for night in range(3):
            serve(store, clock, night, traffic(60, seed=100 + night), wrong=0.02)
            look(store, clock, night)
        serve(store, clock, 3, traffic(60, seed=103), wrong=0.6)

        assert ("disagreement", "") in look(store, clock, 3)

        cause = (store.monitors.get("triage") or {})["cause"]
        assert isinstance(cause, dict)
        assert cause["kind"] == "disagreement"
        (alarm,) = [a for a in store.alarms.list("triage") if not a.slice]
        assert alarm.detail["stepped_back"] is True
        assert "0.6" in str(alarm.detail["says"]) or "0.5" in str(alarm.detail["says"])


def test_a_slice_is_named() -> None:
    """One answer of four goes wrong."""
    store, clock = opened()
    with store:
        deploy(store)
        for night in range(4):
            serve(store, clock, night, traffic(80, seed=100 + night), wrong=0.02)
            look(store, clock, night)
        found: list[tuple[str, str]] = []
        for night in range(4, 7):
            cards = [pair for pair in traffic(80, seed=night) if pair[1]["team"] == "cards"]
            others = [pair for pair in traffic(80, seed=night) if pair[1]["team"] != "cards"]
            serve(store, clock, night, others)
            serve(store, clock, 50 + night, cards, wrong=0.9)
            found += look(store, clock, night)

        slices = [part for kind, part in found if kind == "disagreement" and part]
        assert 'answer {"team":"cards"}' in slices
        assert not any(team in part for part in slices for team in TEAMS if team != "cards")


def test_slow_answers_raise_an_alarm_that_ends_with_them() -> None:
    """Latency threatens no promise: nothing steps back."""
    store, clock = opened()
    with store:
        deploy(store)
        found: list[tuple[str, str]] = []
        for night in range(12):
            pairs = traffic(160, seed=100 + night)
            serve(store, clock, night, pairs, seconds=3 if 6 <= night < 9 else 1)
            found += look(store, clock, night)

        assert found == [("latency", "tier specialist")]
        assert not (store.monitors.get("triage") or {}).get("stepped_back")
        (alarm,) = store.alarms.list("triage")
        assert (alarm.state, alarm.detail["closed"]) == ("closed", "it is as before")


def test_another_version_closes_what_was_about_the_first() -> None:
    """And is compared with what was usual before it, not before the first."""
    store, clock = opened()
    with store:
        deploy(store)
        serve(store, clock, 0, foreign(80, 1))
        assert look(store, clock, 0)
        serve(store, clock, 1, foreign(300, 2))
        look(store, clock, 1)
        deploy(store)
        serve(store, clock, 2, foreign(80, 3))

        look(store, clock, 2)

        assert not [a for a in store.alarms.list("triage", state="open") if a.at < clock.now()]


def test_an_alarm_can_be_closed_by_hand() -> None:
    """What comes now is usual: the same is not raised again."""
    store, clock = opened()
    with store:
        deploy(store)
        for night in range(6):
            serve(
                store, clock, night, traffic(200, seed=300 + night), seconds=1 if night < 5 else 3
            )
            look(store, clock, night)
        (alarm,) = store.alarms.list("triage", state="open")

        close_alarm(store, alarm, why="a new machine", now=clock.now())
        for night in range(6, 9):
            serve(store, clock, night, traffic(200, seed=300 + night), seconds=3)
            assert look(store, clock, night) == []

        assert store.alarms.list("triage", state="open") == []


def test_the_same_seed_sees_the_same() -> None:
    """And a night without anything new writes nothing."""
    states: list[object] = []
    for _ in range(2):
        store, clock = opened()
        with store:
            deploy(store)
            serve(store, clock, 0, traffic(80, seed=100))
            look(store, clock, 0)
            look(store, clock, 1)
            kept = store.evidence.list("triage", test="drift")
            states.append([e.state for e in kept])
            assert len(kept) == 1

    assert states[0] == states[1]


def test_what_the_night_asks_a_second_time_is_not_looked_at() -> None:
    """Requests whose answer was in doubt are no sample of the day's."""
    store, clock = opened()
    with store:
        deploy(store)
        serve(store, clock, 0, traffic(80, seed=100))
        assert look(store, clock, 0) == []
        serve(store, clock, 1, traffic(80, seed=101))
        again = ({"tier": "night", "reason": "again", "detail": ""},)
        for number, pair in enumerate(foreign(80, 1)):
            store.answers.add(
                replace(
                    answered(9000 + number, pair), at=clock.now() - 1, latency=90.0, tried=again
                )
            )

        assert look(store, clock, 1) == []
