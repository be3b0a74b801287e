"""Guards: what may be written, when they stop or promote a version, and that nothing gets lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import UsageError
from pantheon.flows import Runtime
from pantheon.ids import ContentHash, JsonObject, RunId
from pantheon.releases import (
    GuardWatch,
    Pointer,
    ReleasedVersions,
    Review,
    Terms,
    check_guards,
    current,
    deploy,
    guards_to_json,
    history,
    read_guards,
    read_lock,
    review,
    rollback,
    standing_of,
)
from pantheon.store import AnswerRow, Audit, Run, RunState, ShadowRun, Store
from tests.releases.world import World

ALL = ["error_rate=5%", "disagreement=10%", "cost=+20%", "latency=2s"]


def put_on_trial(
    world: World, store: Store, *guards: str, after: int | None = None, channel: str = "canary"
) -> ContentHash:
    """Two versions of the flow `hello`; the second on trial with guards."""
    deploy(store, world.project, ["hello"], order=world.order())
    world.edit("words.py", "hello", "bye")
    kept = guards_to_json(guards, promote_after=after)
    share = 0.5 if channel == "canary" else None
    terms = Terms("canary" if channel == "canary" else "shadow", share=share, guards=kept)
    deploy(store, world.project, ["hello"], terms, order=world.order())
    return pointer(store, channel).hash


def pointer(store: Store, channel: str) -> Pointer:
    """What the channel of `hello` points at."""
    standing = standing_of(store, "flow", "hello")
    found = {"stable": standing.stable, "canary": standing.canary, "shadow": standing.shadow}
    on = found[channel]
    assert on is not None
    return on


def add_runs(
    store: Store,
    channel: str,
    states: Sequence[str],
    *,
    usd: float = 0.0,
    seconds: float = 1.0,
) -> list[RunId]:
    """Runs of the version on a channel, as the runtime would leave them."""
    hash, now = pointer(store, channel).hash, store.clock.now()
    begun = len(store.runs.list(None))
    runs = [
        Run(
            id=RunId(f"r{begun + number}"),
            flow="hello",
            flow_hash=hash,
            input={},
            state=as_state(state),
            created=now,
            cause="test",
            finished=now + seconds if state in ("done", "failed") else None,
            release=hash,
            channel=channel,
        )
        for number, state in enumerate(states)
    ]
    for run in runs:
        store.runs.create(run)
        if usd:
            store.answers.add(answer(run.id, usd=usd))
    return [run.id for run in runs]


def as_state(text: str) -> RunState:
    """A state by its name."""
    known: dict[str, RunState] = {
        "done": "done", "failed": "failed", "running": "running", "cancelled": "cancelled",
    }  # fmt: skip
    return known[text]


def answer(run: RunId, *, usd: float = 0.0) -> AnswerRow:
    """One answer of the agent `greet`."""
    hash = ContentHash("b2:0")
    row = AnswerRow(f"a{run}", "greet", hash, 0.0, {}, {}, "prompt", "", "model")
    return replace(row, run=run, cost_usd=usd)


def reviewed(store: Store, channel: str = "canary") -> Review:
    """How the version on trial stands."""
    standing = standing_of(store, "flow", "hello")
    found = review(store, "flow", "hello", standing, "canary" if channel == "canary" else "shadow")
    assert found is not None
    return found


def verdicts(store: Store) -> dict[str, str]:
    """Of each guard."""
    return {figure.guard.measure: figure.verdict for figure in reviewed(store).figures}


# ------------------------------------------------------------------------------- what is written


def test_bounds_are_kept_as_they_were_written() -> None:
    """And mean what they say."""
    kept = guards_to_json([*ALL[:2], "cost=0.02", "latency=+50%"], promote_after=50, max_usd=0.5)
    found = read_guards(kept)

    assert kept["cost"] == "0.02"
    assert [(g.measure, g.bound, g.relative) for g in found.bounds] == [
        ("error_rate", 0.05, False),
        ("disagreement", 0.1, False),
        ("cost", 0.02, False),
        ("latency", 0.5, True),
    ]
    assert (found.promote_after, found.max_usd) == (50, 0.5)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("eror_rate=5%", "did you mean `error_rate`?"),
        ("error_rate", "Write NAME=BOUND"),
        ("error_rate=+5%", "error_rate=5%"),
        ("error_rate=200%", "error_rate=5%"),
        ("cost=2s", "cost=+20%"),
        ("cost=+2", "cost=+20%"),
        ("latency=2", "latency=2s"),
        ("latency=nan", "latency=2s"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_does(written: str, said: str) -> None:
    """Before anything is deployed."""
    with pytest.raises(UsageError) as caught:
        guards_to_json([written])

    assert said in caught.value.hint


def test_a_guard_must_say_something_about_its_channel(world: World) -> None:
    """What is stable is not on trial; a shadow has no cost of its own."""
    with world.store() as store:
        for terms in (
            Terms("stable", guards={"error_rate": "5%"}),
            Terms("shadow", guards={"cost": "+20%"}),
            Terms("canary", guards={"max_usd": 1.0}),
        ):
            with pytest.raises(UsageError, match="means nothing on channel"):
                deploy(store, world.project, ["hello"], terms, order=world.order())


def test_the_lock_file_says_the_bounds(world: World) -> None:
    """So that whoever follows it guards the version as well."""
    with world.store() as store:
        put_on_trial(world, store, *ALL, after=50)

        assert 'guards = {"cost" = "+20%", "disagreement" = "10%"' in world.lock.read_text()
        canary = read_lock(world.lock).flows["hello"].canary
        assert canary is not None
        assert read_guards(canary.guards).promote_after == 50


# ---------------------------------------------------------------------------------- what comes of it


def test_a_version_that_fails_too_often_is_stopped_by_one_move(world: World) -> None:
    """In the name of the guard, with the figures; a rollback puts it back on trial."""
    with world.store() as store:
        canary = put_on_trial(world, store, "error_rate=5%")
        add_runs(store, "canary", ["done"] * 20 + ["failed"] * 10)
        (checked,) = check_guards(store, world.lock)

        assert checked.change is not None
        assert checked.change.status == "applied"
        move = history(store, "flow", "hello").moves[-1]
        assert (move.who, move.action) == ("guard", "retire")
        assert move.why.startswith("30 runs; error_rate 33.3% of 30 runs (")
        assert move.why.endswith("bound 5%: passed")
        assert standing_of(store, "flow", "hello").canary is None
        assert read_lock(world.lock).flows["hello"].canary is None
        assert check_guards(store, world.lock) == []
        rollback(store, world.project, ["hello"], order=world.order())
        assert pointer(store, "canary").hash == canary


def test_some_failures_show_nothing_yet(world: World) -> None:
    """One failure of five seems too much, and is no evidence."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=5%", after=5)
        add_runs(store, "canary", ["done"] * 4 + ["failed"])
        found = reviewed(store)

        assert [figure.verdict for figure in found.figures] == ["over"]
        assert found.decision == "wait"
        assert check_guards(store, world.lock)[0].change is None


def test_a_version_that_keeps_its_bounds_becomes_stable(world: World) -> None:
    """After so many runs, not one earlier; with what was seen as the reason."""
    with world.store() as store:
        canary = put_on_trial(world, store, "error_rate=5%", after=50)
        add_runs(store, "canary", ["done"] * 49)
        assert check_guards(store, world.lock)[0].change is None
        add_runs(store, "canary", ["done"])
        check_guards(store, world.lock)

        assert pointer(store, "stable").hash == canary
        assert pointer(store, "stable").guards == {}
        move = history(store, "flow", "hello").moves[-1]
        assert (move.who, move.action) == ("guard", "promote")
        assert move.why == ("50 runs; error_rate 0.0% of 50 runs (0.0% to 10.7%), bound 5%: within")


def test_a_bound_that_is_shown_to_be_kept_says_so(world: World) -> None:
    """With enough runs the upper limit is below the bound."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=5%")
        add_runs(store, "canary", ["done"] * 150)

        assert verdicts(store) == {"error_rate": "kept"}


def test_runs_under_way_are_no_evidence_either_way(world: World) -> None:
    """Failures end soon: that they come first must not look like a rate."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=20%")
        add_runs(store, "canary", ["failed"] * 6)
        assert verdicts(store) == {"error_rate": "passed"}
        add_runs(store, "canary", ["running"] * 20)
        found = reviewed(store)

        assert (found.runs, found.under_way) == (6, 20)
        assert verdicts(store) == {"error_rate": "over"}
        assert found.figures[0].high == 1.0


def test_cancelled_runs_and_those_of_other_channels_count_for_nothing(world: World) -> None:
    """Whoever cancels a run says nothing about the version."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=5%")
        add_runs(store, "canary", ["cancelled"] * 9)
        add_runs(store, "stable", ["failed"] * 9)

        assert verdicts(store) == {"error_rate": "unknown"}


def test_cost_is_held_against_what_answers_beside_it(world: World) -> None:
    """A version twice as dear is stopped at +20 %; one that costs the same is not."""
    with world.store() as store:
        put_on_trial(world, store, "cost=+20%")
        add_runs(store, "canary", ["done"] * 120, usd=0.01)
        assert verdicts(store) == {"cost": "unknown"}, "there is nothing beside it yet"
        add_runs(store, "stable", ["done"] * 200, usd=0.01)
        assert verdicts(store) == {"cost": "kept"}
        add_runs(store, "canary", ["done"] * 120, usd=0.03)
        (figure,) = reviewed(store).figures

        assert figure.verdict == "passed"
        assert figure.estimate == pytest.approx(1.0)
        assert figure.low > 0.2


def test_cost_and_time_can_be_bounded_in_themselves(world: World) -> None:
    """In USD and seconds a run."""
    with world.store() as store:
        put_on_trial(world, store, "cost=0.02", "latency=2s")
        add_runs(store, "canary", ["done"] * 60, usd=0.03, seconds=1.5)

        assert verdicts(store) == {"cost": "passed", "latency": "kept"}


def test_time_in_which_a_run_waited_is_not_its_own(world: World) -> None:
    """A person who answers after an hour is no slow version."""
    with world.store() as store:
        put_on_trial(world, store, "latency=2s")
        for run in add_runs(store, "canary", ["done"] * 20, seconds=3600.0):
            store.events.append(run, "run_resumed", None, {})

        assert verdicts(store) == {"latency": "unknown"}


def test_disagreement_is_seen_in_audits_of_its_own_runs(world: World) -> None:
    """Local answers that the cloud would have given otherwise."""
    with world.store() as store:
        put_on_trial(world, store, "disagreement=10%")
        for number, run in enumerate(add_runs(store, "canary", ["done"] * 12)):
            store.answers.add(answer(run))
            audit = Audit(f"a{run}", "greet", 0.0, {}, agrees=number > 8)
            store.audits.settle(audit)
        (figure,) = reviewed(store).figures

        assert (figure.seen, figure.estimate) == (12, 0.75)
        assert figure.verdict == "passed"


def test_bounds_share_what_may_be_wrong(world: World) -> None:
    """With four bounds each is held to a quarter of the chance, so its limits are wider."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=5%", "latency=2s")
        add_runs(store, "canary", ["done"] * 50)
        two = reviewed(store).figures[0].high
        assert two == pytest.approx(0.120, abs=0.003)


def test_what_was_seen_on_an_earlier_trial_does_not_count(world: World) -> None:
    """A version that comes back begins anew; one whose share changes does not."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=5%")
        add_runs(store, "canary", ["done"] * 7)
        guards: JsonObject = {"error_rate": "5%"}
        more = Terms("canary", share=0.6, guards=guards)
        deploy(store, world.project, ["hello"], more, order=world.order())
        assert reviewed(store).runs == 7
        add_runs(store, "canary", ["failed"] * 7)
        check_guards(store, world.lock)
        assert isinstance(world.clock, FakeClock)
        world.clock.advance(1.0)
        deploy(store, world.project, ["hello"], more, order=world.order())

        assert reviewed(store).runs == 0


def test_guards_that_cannot_be_read_stop_nothing_and_are_told(world: World) -> None:
    """Somebody has written into the lock file."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=5%")
        add_runs(store, "canary", ["failed"] * 9)
        found = standing_of(store, "flow", "hello")
        assert found.canary is not None
        move = store.releases.moves("flow", "hello")[-1]
        canary: Any = move.after["canary"]
        after: JsonObject = {**move.after, "canary": {**canary, "guards": {"speed": "9"}}}
        store.releases.move(replace(move, id=None, after=after))
        (checked,) = check_guards(store, world.lock)

        assert checked.change is None
        assert checked.problem is not None
        assert "There is no guard 'speed'" in checked.problem.message
        GuardWatch(store, world.lock).ended(store.runs.list(1)[0])


def test_a_dry_run_changes_nothing(world: World) -> None:
    """It only says what would be done."""
    with world.store() as store:
        put_on_trial(world, store, "error_rate=5%")
        add_runs(store, "canary", ["failed"] * 9)
        before = world.lock.read_text()
        (checked,) = check_guards(store, world.lock, dry_run=True)

        assert checked.change is not None
        assert checked.change.status == "would"
        assert world.lock.read_text() == before
        assert check_guards(store, world.lock, act=False)[0].change is None


def test_a_shadow_is_held_to_what_was_served(world: World) -> None:
    """Runs of which nothing is known are told, and are no evidence."""
    with world.store() as store:
        hash = put_on_trial(world, store, "disagreement=10%", channel="shadow")
        for number in range(12):
            agreement = "unknown" if number < 4 else "differs" if number < 10 else "same"
            store.shadows.add(ShadowRun(RunId(f"r{number}"), hash, store.clock.now(), agreement))
        found = reviewed(store, "shadow")

        assert found.agreement == {"unknown": 4, "differs": 6, "same": 2}
        assert found.same is not None
        assert found.same.estimate == 0.25
        assert found.same.low < 0.25 < found.same.high
        assert found.figures[0].seen == 8
        assert found.decision == "stop"
        check_guards(store, world.lock)
        assert standing_of(store, "flow", "hello").shadow is None


# ------------------------------------------------------------------------------------ as runs end


def watched(world: World, store: Store) -> Runtime:
    """Runs what is deployed, under its guards."""
    project = world.project
    return Runtime(
        project,
        store,
        clock=world.clock,
        load_specialist=lambda artifact: (_ for _ in ()).throw(AssertionError(artifact)),
        deployed=ReleasedVersions(project, store),
        onlookers=[GuardWatch(store, world.lock)],
    )


async def run_many(runtime: Runtime, count: int) -> list[Run]:
    """One run after the other."""
    runs = [await runtime.run("hello", {"name": "bo"}) for _ in range(count)]
    await runtime.close()
    return runs


def test_a_broken_canary_is_stopped_while_runs_go_on(world: World) -> None:
    """From the run on that shows it, the stable version answers everything."""
    world.edit("desk.py", 'f"{WORD} {name}"', 'f"{WORD} {name}" if WORD == "hello" else 1 / 0')
    with world.store() as store:
        canary = put_on_trial(world, store, "error_rate=5%")
        runs = asyncio.run(run_many(watched(world, store), 60))
        failed = [run for run in runs if run.state == "failed"]

        assert 2 <= len(failed) <= 8
        assert {run.release for run in failed} == {canary}
        assert all(run.state == "done" for run in runs[-40:])
        assert current(store, "flow", "hello", "canary") is None


def test_a_sound_canary_becomes_stable_while_runs_go_on(world: World) -> None:
    """With the run that makes it enough."""
    with world.store() as store:
        canary = put_on_trial(world, store, "error_rate=5%", after=10)
        runs = asyncio.run(run_many(watched(world, store), 60))
        on_trial = [run for run in runs if run.channel == "canary"]

        assert len(on_trial) == 10
        assert pointer(store, "stable").hash == canary
        assert runs[-1].release == canary


def test_an_agent_on_trial_by_itself_is_guarded_in_every_flow(world: World) -> None:
    """Its runs are those that began with its version."""
    with world.store() as store:
        deploy(store, world.project, ["greet"], order=world.order())
        world.edit("desk.py", "def greet(name):", "def greet(name):\n    1 / (len(WORD) - 5)")
        terms = Terms("canary", share=0.5, guards={"error_rate": "5%"})
        deploy(store, world.project, ["greet"], terms, order=world.order())
        runs = asyncio.run(run_many(watched(world, store), 40))

        assert 2 <= sum(run.state == "failed" for run in runs) <= 8
        assert standing_of(store, "agent", "greet").canary is None
        assert history(store, "agent", "greet").moves[-1].who == "guard"


def test_an_onlooker_that_fails_touches_no_run(world: World) -> None:
    """Whatever it raises."""

    class Broken:
        def ended(self, run: Run) -> None:
            raise RuntimeError(run.id)

        async def close(self) -> None:
            return

    with world.store() as store:
        project = world.project
        runtime = Runtime(
            project,
            store,
            clock=world.clock,
            load_specialist=lambda artifact: (_ for _ in ()).throw(AssertionError(artifact)),
            onlookers=[Broken()],
        )
        assert asyncio.run(run_many(runtime, 1))[0].state == "done"
