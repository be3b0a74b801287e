"""Following a run: typed events in order, and what becomes of the run when its reader leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from pantheon import (
    Answered,
    Escalated,
    FlowEvent,
    NodeFinished,
    NodeStarted,
    RunFinished,
    RunStarted,
    RunWaiting,
    Tokens,
)
from pantheon.errors import NotFound
from pantheon.models import ScriptedModel
from tests.api.world import opened, until


async def all_of(events: AsyncGenerator[FlowEvent]) -> list[FlowEvent]:
    """Every event, to the end."""
    return [event async for event in events]


def test_a_stream_tells_a_run_from_its_start_to_its_output(tmp_path: Path) -> None:
    """Typed, numbered, and with who answered what."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            events = await all_of(p.stream("loud", {"text": "hi"}))
            run = events[0].run
            at = events[0].at

            assert events == [
                RunStarted(run=run, seq=1, at=at, flow="loud", cause="api"),
                NodeStarted(run=run, seq=2, at=at, node="say"),
                Answered(
                    run=run, seq=3, at=at, node="say",
                    tier="python", source="code", answer=None, output={"text": "HI"},
                ),
                NodeFinished(
                    run=run, seq=3, at=at, node="say",
                    state="ok", output={"text": "HI"}, reason="", message="",
                ),
                RunFinished(
                    run=run, seq=4, at=at, state="done", output={"text": "HI"}, failure=None
                ),
            ]  # fmt: skip

    asyncio.run(work())


def test_tiers_that_passed_are_escalations(tmp_path: Path) -> None:
    """Each names why, and who was asked next."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            events = await all_of(p.stream("escalated", {"text": "hi"}))
            (escalated,) = [e for e in events if isinstance(e, Escalated)]
            (answered,) = [e for e in events if isinstance(e, Answered)]

            assert (escalated.tier, escalated.reason, escalated.to) == (
                "python",
                "raised",
                "prompt",
            )
            assert (answered.tier, answered.source) == ("prompt", "scripted")
            assert answered.answer

    asyncio.run(work())


def test_items_of_a_map_have_their_index_and_their_output(tmp_path: Path) -> None:
    """The node's own events have the index −1."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            events = await all_of(p.stream("mapped", {"texts": ["a", "b"]}))
            told = [(e.index, e.output) for e in events if isinstance(e, Answered)]
            (node,) = [e for e in events if isinstance(e, NodeFinished)]

            assert sorted(told) == [(0, {"text": "A"}), (1, {"text": "B"})]
            assert (node.index, node.output) == (-1, [{"text": "A"}, {"text": "B"}])

    asyncio.run(work())


def test_a_pause_that_time_ends_is_followed_through(tmp_path: Path) -> None:
    """One that needs somebody ends the stream."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            paused = [e.kind for e in await all_of(p.stream("patient", {"text": "hi"}))]
            asked = await all_of(p.stream("asked", {"text": "hi"}))

            assert paused.index("run_waiting") < paused.index("run_resumed")
            assert paused[-1] == "run_finished"
            assert isinstance(asked[-1], RunWaiting)
            assert [run.state for run in p.runs(flow="asked")] == ["waiting"]

    asyncio.run(work())


def test_events_looked_up_later_tell_the_same(tmp_path: Path) -> None:
    """But for that a node began, where it ended at once."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            live = await all_of(p.stream("escalated", {"text": "hi"}))

            assert p.events(live[0].run) == [e for e in live if e.kind != "tokens"]
            assert p.show(live[0].run).result.events() == p.events(live[0].run)

    asyncio.run(work())


def test_every_event_is_one_json_object(tmp_path: Path) -> None:
    """Its kind, then its fields."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            first = (await all_of(p.stream("loud", {"text": "hi"})))[0]

            assert first.to_json() == {
                "event": "run_started",
                "run": first.run,
                "seq": 1,
                "at": "2023-11-14T22:13:20.000Z",
                "flow": "loud",
                "cause": "api",
            }

    asyncio.run(work())


def test_what_the_run_raises_is_raised_by_the_loop(tmp_path: Path) -> None:
    """A flow that does not exist, for one."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            with pytest.raises(NotFound):
                await all_of(p.stream("quiet", {"text": "hi"}))

    asyncio.run(work())


# ------------------------------------------------------------------------------------ leaving


def test_leaving_the_loop_cancels_the_run_and_its_journal_says_so(tmp_path: Path) -> None:
    """No task is left behind."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            async for event in p.stream("held_up", {"text": "left"}):
                if isinstance(event, NodeStarted):
                    break
            await asyncio.wait_for(until(lambda: p.runs()[0].state != "running"), 5)
            (run,) = p.runs()

            assert run.state == "cancelled"
            assert run.failure is not None
            assert "whoever followed its events has left" in run.failure.message
            assert [n.state for n in p.show(run.id).nodes] == ["cancelled"]

    asyncio.run(work())


def test_closing_a_stream_waits_until_the_run_has_ended(tmp_path: Path) -> None:
    """`aclosing` is for who wants to be sure."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            async with aclosing(p.stream("held_up", {"text": "closed"})) as events:
                await anext(events)

            assert p.runs()[0].state == "cancelled"

    asyncio.run(work())


def test_a_reader_who_is_cancelled_cancels_the_run(tmp_path: Path) -> None:
    """Wherever the reader is: here it waits for an event."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            reading = asyncio.create_task(all_of(p.stream("held_up", {"text": "cancelled"})))
            await until(p.runs)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

            assert p.runs()[0].state == "cancelled"

    asyncio.run(work())


def test_a_run_that_sleeps_is_cancelled_with_its_reader(tmp_path: Path) -> None:
    """On the machine's own clock: nobody waits two hours."""

    async def work() -> None:
        async with opened(tmp_path, clock=None) as p:
            async for event in p.stream("patient", {"text": "hi"}):
                if isinstance(event, RunWaiting):
                    break
            await until(lambda: p.runs()[0].state != "waiting")

            assert p.runs()[0].state == "cancelled"
            assert p.runtime.store.timers.next_due() is None

    asyncio.run(asyncio.wait_for(work(), 10))


def test_closing_the_project_ends_what_is_followed(tmp_path: Path) -> None:
    """A stream that outlives its project is over; the run can be resumed."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            events = p.stream("held_up", {"text": "outlived"})
            first = await anext(events)
        with pytest.raises(asyncio.CancelledError):
            await all_of(events)
        async with opened(tmp_path) as p:
            assert p.show(first.run).result.state == "running"

    asyncio.run(work())


def test_a_slow_reader_never_slows_the_run(tmp_path: Path) -> None:
    """The run is over long before its last event is taken; none is missing."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            texts = [str(number) for number in range(1500)]
            events = p.stream("mapped", {"texts": texts})
            first = await anext(events)
            await until(lambda: p.show(first.run).result.state != "running")
            rest = await all_of(events)

            assert [e.seq for e in rest] == sorted(e.seq for e in rest)
            assert {e.index for e in rest if isinstance(e, Answered)} == set(range(1500))
            assert isinstance(rest[-1], RunFinished)

    asyncio.run(work())


def test_a_model_is_seen_writing(tmp_path: Path) -> None:
    """Tokens come between the start and the answer; joined they are its text. None are kept."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            events = await all_of(p.stream("written", {"text": "hi"}))
            kinds = [event.kind for event in events]
            text = "".join(event.text for event in events if isinstance(event, Tokens))

            assert json.loads(text) == {"text": "a few plain words"}
            assert kinds.index("node_started") < kinds.index("tokens") < kinds.index("answered")
            assert "tokens" not in [event.kind for event in p.events(events[0].run)]

    asyncio.run(work())


def test_nobody_listens_to_a_run_that_nobody_follows(tmp_path: Path) -> None:
    """The model is not asked for tokens then."""

    async def work() -> None:
        pen = ScriptedModel(lambda request: {"text": "words"})
        async with opened(tmp_path, models={"pen": pen}) as p:
            await p.run("written", {"text": "hi"})
            await all_of(p.stream("written", {"text": "ho"}))

            assert [asked.on_token is None for asked in pen.requests] == [True, False]

    asyncio.run(work())
