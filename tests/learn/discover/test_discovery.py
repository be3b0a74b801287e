"""From a log to proposed agents, and from a proposal to a project that has the agent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.ids import ContentHash, JsonObject
from pantheon.learn import safe_name
from pantheon.learn.discover import (
    Discovery,
    calls_in,
    discover,
    discover_night,
    find_proposal,
    remember,
    write_proposal,
)
from pantheon.learn.discover._contract import short_form
from pantheon.models import HashEmbedder
from pantheon.night import import_stream
from pantheon.spec import Price, load_project
from pantheon.store import AnswerRow, Store
from tests.learn.discover.world import PROJECT, chat, git, make_log, repository

EMBEDDER = HashEmbedder(256)
DAY = 1_780_000_000.0


def found(lines: list[JsonObject] | None = None, *, taken: tuple[str, ...] = ()) -> Discovery:
    """What is discovered in the small log."""
    log = calls_in(make_log() if lines is None else lines)
    return discover(log, embedder=EMBEDDER, price=Price(2.5, 10), taken=taken)


@pytest.fixture(scope="module")
def small() -> Discovery:
    """The discovery of the small log, made once."""
    return found()


def test_tasks_are_found_with_their_contracts(small: Discovery) -> None:
    """Labels that the prompt lists become an enum; fields become fields; chatter becomes nothing."""
    by_kind = {p.kind: p for p in small.proposals}

    assert sorted(p.kind for p in small.proposals) == ["label", "label", "record"]
    record = by_kind["record"]
    assert short_form(record.contract.input) == {"text": "string"}
    assert short_form(record.contract.output) == {"city": "string", "people": "integer"}
    assert record.contract.same == "fields"
    listed = [p for p in small.proposals if p.prompt and "Ticket:" in p.prompt]
    assert short_form(listed[0].contract.input) == {"ticket": "string"}
    assert short_form(listed[0].contract.output) == {
        "team": {"enum": ["cards", "fraud", "identity", "payments"]}
    }
    assert 0.2 < small.unexplained < 0.3


def test_too_few_calls_are_told_as_such(small: Discovery) -> None:
    """40 calls certify nothing at 5 %, and no saving is claimed for them."""
    for proposal in small.proposals:
        assert "too few" in proposal.curve[-1].reason
        assert proposal.saving.local.high == 0
        assert proposal.saving.per == "month"


def test_enough_calls_have_a_curve_and_a_saving_with_limits() -> None:
    """An easy task is mostly certified, and the saving's limits enclose it."""
    (label, *_) = [p for p in found(make_log(calls=1200)).proposals if p.kind == "label"]
    last = label.curve[-1]

    assert [point.calls for point in label.curve] == [100, 200, 300]
    assert last.local.low > 0.3
    assert label.saving.usd is not None
    assert 0 < label.saving.usd.low < label.saving.usd.estimate < label.saving.usd.high


def test_discovery_does_not_hang_on_chance(small: Discovery) -> None:
    """The same log gives the same proposals, ids included."""
    assert found().to_json() == small.to_json()


def test_secrets_are_never_copied() -> None:
    """A key in a text keeps the call out; in the prompt it is taken out."""
    lines = make_log()
    key = "sk-proj-abcdefghijklmnop1234567890"
    for number, line in enumerate(lines):
        text = json.dumps(line)
        text = text.replace("Ticket: ", f"(api key {key}) Ticket: ")
        lines[number] = json.loads(text.replace("<text>", f"<text>{key} ") if number < 11 else text)

    whole = found(lines)

    for proposal in whole.proposals:
        told = json.dumps([proposal.to_json(), proposal.prompt])
        assert key not in told + "".join(map(str, proposal.observed))
    assert sum(p.left_out.get("holds a key or password", 0) for p in whole.proposals) == 3


def test_a_merged_branch_gives_a_project_with_the_agent(tmp_path: Path, small: Discovery) -> None:
    """Comments stay, work tree and index were left alone, and the examples can be imported."""
    root = repository(tmp_path / "p")
    agent = next(p for p in small.proposals if p.prompt and "Ticket:" in p.prompt)

    written = write_proposal(agent, root=root, at=DAY)

    assert written.proposal.branch == f"pantheon/discover-2026-05-28-{safe_name(agent.name)}"
    assert git(root, "status", "--porcelain") == ""
    assert (root / "pantheon.yaml").read_text() == PROJECT
    git(root, "merge", "--ff-only", written.proposal.branch or "")
    project = load_project(root)
    made = project.agents[agent.name]
    assert (made.input, made.output) == (agent.contract.input, agent.contract.output)
    assert [tier.kind for tier in made.tiers] == ["specialist", "cloud"]
    text = (root / "pantheon.yaml").read_text()
    assert set(PROJECT.splitlines()) <= set(text.splitlines())
    with Store.open(root / "store.db", clock=FakeClock(DAY)) as store:
        report = import_stream(store, made, written.examples, clock=FakeClock(DAY))
    assert (report.added, report.bad_lines) == (agent.calls, 0)


def test_every_patch_applies(tmp_path: Path, small: Discovery) -> None:
    """`git apply` gives the same as the branch, for every proposal."""
    for number, agent in enumerate(small.proposals):
        root = repository(tmp_path / str(number))
        written = write_proposal(agent, root=root, at=DAY)
        git(root, "apply", str(written.proposal.patch))
        assert agent.name in load_project(root).agents
        git(root, "add", ".")
        assert git(root, "diff", "--cached", "--stat", written.proposal.branch or "") == ""


def test_without_git_there_is_a_patch(tmp_path: Path, small: Discovery) -> None:
    """The note says why there is no branch."""
    (tmp_path / "pantheon.yaml").write_text(PROJECT)
    written = write_proposal(small.proposals[0], root=tmp_path, at=DAY)

    assert written.proposal.branch is None
    assert "git" in written.proposal.note
    assert written.proposal.patch.is_file()


def test_dismissed_stays_dismissed_and_an_agent_that_came_is_accepted(
    tmp_path: Path, small: Discovery
) -> None:
    """What a person decided is not asked again."""
    first, second, third = small.proposals
    with Store.open(tmp_path / "s.db", clock=FakeClock(DAY)) as store:
        remember(store, small, agents=(), at=DAY)
        store.suggestions.set_state(first.id, "dismissed")
        left = remember(store, small, agents=(second.name,), at=DAY + 1)
        states = {s.id: s.state for s in store.suggestions.list("agent")}

    assert left.proposals == (third,)
    assert states == {first.id: "dismissed", second.id: "accepted", third.id: "open"}


def test_a_night_looks_at_what_passed_through_but_not_at_private_agents(tmp_path: Path) -> None:
    """`otherwise: cloud` teaches; what is `privacy: local` is not even read."""
    root = repository(tmp_path / "p")
    hidden = "  hidden: {input: {text: string}, output: {text: string}, privacy: local, tiers: [prompt]}\n"
    text = PROJECT.replace("  # Counts words.\n", f"{hidden}  # Counts words.\n")
    (root / "pantheon.yaml").write_text(text)
    project = load_project(root)
    log = calls_in(make_log())
    with Store.open(tmp_path / "s.db", clock=FakeClock(DAY)) as store:
        for name in ("otherwise", "hidden"):
            for call in log.calls:
                if not call.system:
                    store.answers.add(_answer(name, call.id, call.user, call.reply, call.at or 0.0))
        night = discover_night(store, project, clock=FakeClock(DAY), embedder=lambda: EMBEDDER)
        kept = store.suggestions.list("agent", state="open")

    assert night.calls == 120
    assert sorted(p.kind for p in night.proposals) == ["label", "record"]
    assert {s.subject for s in kept} == {p.name for p in night.proposals}
    assert find_proposal(night, kept[0].id).name == kept[0].subject


def _answer(agent: str, id: str, asked: str, said: str, at: float) -> AnswerRow:
    return AnswerRow(
        f"{agent}-{id}",
        agent,
        ContentHash("b2:0"),
        at,
        {"prompt": asked},
        {"answer": said},
        tier="cloud",
        accepted="",
        source="model",
    )


def test_agents_get_free_names(small: Discovery) -> None:
    """A proposal never takes the name of an agent there is."""
    again = found(taken=tuple(p.name for p in small.proposals))

    assert not {p.name for p in again.proposals} & {p.name for p in small.proposals}


def test_a_prompt_that_looks_like_jinja_is_quoted(tmp_path: Path) -> None:
    """Text of a log is never run as a template."""
    lines = [
        chat(
            f"Use {{{{ 7 * 7 }}}} and {{% raw %}} to name the team of this: {line_text(n)}",
            said,
            at=n,
        )
        for n, said in enumerate(["a_x", "b_x"] * 40)
    ]
    (agent,) = found(lines).proposals
    root = repository(tmp_path / "p")
    written = write_proposal(agent, root=root, at=DAY)
    git(root, "apply", str(written.proposal.patch))
    tier = load_project(root).agents[agent.name].tiers[1]

    from jinja2.sandbox import ImmutableSandboxedEnvironment

    text = getattr(tier, "template", "")
    shown = ImmutableSandboxedEnvironment().from_string(text).render(**agent.observed[3].input)
    assert (
        shown.strip()
        == f"Use {{{{ 7 * 7 }}}} and {{% raw %}} to name the team of this: {line_text(3)}"
    )


def line_text(number: int) -> str:
    """A text that differs in every word."""
    return f"w{number * 7} v{number * 3} u{number}"
