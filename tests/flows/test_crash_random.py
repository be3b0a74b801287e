"""Random flows in real processes that are really killed: the same end, nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.spec import FlowDef, flow_from_json, to_json
from pantheon.store import Store
from tests.flows import crash_work
from tests.flows.building import runtime
from tests.flows.crash_campaign import Examiner, Order
from tests.flows.crash_look import Look, check_calls, check_step
from tests.flows.crash_work import Effect
from tests.flows.random_graphs import make_case, seeded_tape

KILLS = 60
"""In the seeded campaign; `./run bench engine/crashes` makes a thousand and more."""
tapes = st.binary(min_size=30, max_size=300)


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    """A process that forks those that are killed."""
    with Examiner() as process:
        yield process


@pytest.mark.slow
def test_many_kills_change_nothing(examiner: Examiner) -> None:
    """Seeded cases at both levels: state, output and failure are those of an undisturbed run."""
    kills = again = 0
    for seed in range(10_000):
        level = "safe" if seed % 2 else "fast"
        verdict = examiner.examine(Order(seeded_tape(seed), seed, 4, level))
        assert verdict.violations == [], f"seed {seed}"
        kills += verdict.kills
        again += verdict.again
        if kills >= KILLS:
            break
    assert again > 0, "no process died while a node was at work: the kills came too early"


@pytest.mark.slow
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tape=tapes, seed=st.integers(0, 999), level=st.sampled_from(("fast", "safe")))
def test_any_flow_survives_kills(examiner: Examiner, tape: bytes, seed: int, level: str) -> None:
    """Flows that Hypothesis makes, and makes smaller when one does not survive."""
    order = Order(tape, seed, kills=3, durability="safe" if level == "safe" else "fast")

    assert examiner.examine(order).violations == []


@settings(max_examples=100)
@given(tape=tapes)
def test_every_random_flow_is_one_that_a_pin_can_hold(tape: bytes) -> None:
    """It is the same after a way through JSON, and the same tape makes the same flow again."""
    case = make_case(tape)

    assert make_case(tape) == case
    for definition in (case.flow, *case.flows):
        assert to_json(flow_from_json(to_json(definition))) == to_json(definition)


def kinds_of(flow: FlowDef) -> Iterator[str]:
    """What a flow uses."""
    for node in flow.nodes.values():
        facts = (
            "map",
            "loop",
            "retry",
            "fallback",
            "give",
            "writes",
            "wait",
            "plan",
            "flow",
            "when",
            "after",
        )
        yield from (fact for fact in facts if getattr(node, fact))
        if node.merge is not None:
            yield f"{node.merge.policy}{' in time' if node.merge.timeout else ''}"
        if node.on_error != "fail":
            yield node.on_error
        if node.body is not None:
            yield "body"
            yield from kinds_of(node.body)


def test_the_cases_use_everything_the_engine_has() -> None:
    """Among the first hundred there is every kind of node and every policy."""
    cases = [make_case(seeded_tape(seed)) for seed in range(100)]
    found = {kind for case in cases for f in (case.flow, *case.flows) for kind in kinds_of(f)}

    policies = ("all", "any", "first", "quorum", "best", "majority")
    assert found >= {
        "map", "loop", "retry", "fallback", "give", "writes", "wait", "plan", "flow", "body", "when", "after",
        "stop", "continue", *policies, *(f"{policy} in time" for policy in policies),
    }  # fmt: skip


# ------------------------------------------------------------------------ the checks themselves


def effect(node: str, *, index: int = -1, key: str = "k", name: str = "") -> Effect:
    """A call."""
    return Effect(node, index, 1, key, name or node, ())


def look(*places: tuple[str, int], state: str = "ok") -> Look:
    """What a process left: these results, and no effect so far."""
    return Look({"results": [(*place, state, "1") for place in places]})


def leave(folder: Path, *effects: Effect) -> None:
    """A file of effects."""
    lines = [{"of": [e.node, e.index, e.attempt, e.key, e.name, e.sources]} for e in effects]
    (folder / "effects").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.mark.parametrize(
    ("place", "again"),
    [
        (("a", -1), effect("a")),
        (("m", 2), effect("m", index=2)),
        (("m", -1), effect("m", index=2)),
        (("a", -1), effect("a/b")),
        (("a", 1), effect("a#1/b")),
        (("a", -1), effect("a#1@2/b/c")),
        (("a", -1), effect("a~s/b")),
    ],
)
def test_a_call_after_its_result_is_noticed(
    tmp_path: Path, place: tuple[str, int], again: Effect
) -> None:
    """Also where the result is that of a node around it."""
    leave(tmp_path, again)

    assert list(check_step(look(place), look(place), tmp_path))
    assert not list(check_step(look(place, state="waiting"), look(place), tmp_path))
    assert not list(check_step(look(("other", -1)), look(("other", -1)), tmp_path))


def test_what_is_lost_or_changed_is_noticed(tmp_path: Path) -> None:
    """A result that is gone, and one that is another."""
    changed = Look({"results": [("a", -1, "ok", "2")]})

    assert list(check_step(look(("a", -1)), look(), tmp_path))
    assert list(check_step(look(("a", -1)), changed, tmp_path))


def test_calls_that_one_process_made_twice_and_keys_that_are_not_one_to_one_are_noticed() -> None:
    """So many calls as there were processes; one key for each, and for no other."""
    assert list(check_calls([effect("a"), effect("a")], kills=0))
    assert not list(check_calls([effect("a"), effect("a")], kills=1))
    assert list(check_calls([effect("a"), effect("b")], kills=0))
    assert list(check_calls([effect("a"), effect("a", key="other")], kills=1))


def test_an_effect_that_was_cut_in_two_hides_no_other(tmp_path: Path) -> None:
    """A process died in the middle of a line; the next one begins a new line."""
    file = crash_work.Effects(tmp_path / "effects", lambda _, line: line)
    crash_work.FILE[:] = [file]
    asyncio.run(crash_work.act("first"))
    with (tmp_path / "effects").open("ab") as cut:
        cut.write(b'{"of": ["a", -1, 1')
    crash_work.FILE[:] = [crash_work.Effects(tmp_path / "effects", lambda _, line: line)]
    asyncio.run(crash_work.act("second"))

    assert [e.name for e in crash_work.read_effects(tmp_path / "effects")] == ["first", "second"]


def test_random_flows_run_on_a_fake_clock_as_well(tmp_path: Path, clock: FakeClock) -> None:
    """A case without pauses and without endless nodes ends in memory like on disk."""
    case = make_case(bytes(40))
    crash_work.FILE[:] = [crash_work.Effects(tmp_path / "effects", lambda _, line: line)]
    with Store.open(":memory:", clock=clock) as store:
        made = runtime(case.project(tmp_path), store, clock=clock)
        run = asyncio.run(made.run("flow", {"n": 1}))
    assert run.state == "done"
