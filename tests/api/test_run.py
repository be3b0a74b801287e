"""Running flows from Python: to the end, through pauses, and out of trouble."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pantheon import Pantheon
from pantheon.agents import Answer
from pantheon.clock import FakeClock
from pantheon.errors import Busy, InputError, NotFound, RunFailed
from tests.api.world import HELD, make_project, opened, until


async def begun(text: str) -> None:
    """Return when the flow `held_up` is at work on a text."""
    await HELD.setdefault(text, asyncio.Event()).wait()


def test_a_run_gives_its_output(tmp_path: Path) -> None:
    """The result is the run as it ended, with its events."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            result = await p.run("loud", {"text": "hi"})

            assert (result.state, result.output, result.failure) == ("done", {"text": "HI"}, None)
            assert result.raise_for_failure() is result
            assert [e.kind for e in result.events()][-1] == "run_finished"
            assert p.show(result.id).result == result
            assert [run.id for run in p.runs(flow="loud")] == [result.id]

    asyncio.run(work())


def test_what_ran_is_kept_in_the_projects_folder(tmp_path: Path) -> None:
    """A project made in Python is as durable as one in a file; `memory` keeps nothing."""

    async def work(durability: str) -> int:
        async with opened(tmp_path, durability=durability) as p:
            await p.run("loud", {"text": "hi"})
            return len(p.runs())

    counts = [asyncio.run(work(d)) for d in ("fast", "safe", "memory")]

    assert counts == [1, 2, 1]
    assert (tmp_path / ".pantheon" / "pantheon.db").is_file()


def test_another_database_can_be_named(tmp_path: Path) -> None:
    """`database` is a file of its own; `root` a folder of its own."""

    async def work() -> None:
        async with opened(tmp_path, database=tmp_path / "runs.db") as p:
            await p.run("loud", {"text": "hi"})
        async with opened(tmp_path, root=tmp_path / "elsewhere") as p:
            assert p.runs() == []

    (tmp_path / "elsewhere").mkdir()
    asyncio.run(work())

    assert (tmp_path / "runs.db").is_file()
    assert not (tmp_path / ".pantheon").exists()
    assert (tmp_path / "elsewhere" / ".pantheon").is_dir()


def test_a_failure_is_a_result_that_can_be_raised(tmp_path: Path) -> None:
    """It names the node and the reason."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            result = await p.run("broken", {"text": "no"})

            assert (result.state, result.output) == ("failed", None)
            assert result.failure is not None
            assert result.failure.node == "say"
            with pytest.raises(RunFailed, match=r"'say'.*ValueError: no"):
                result.raise_for_failure()

    asyncio.run(work())


def test_an_input_that_breaks_the_contract_is_refused(tmp_path: Path) -> None:
    """So is a flow that does not exist."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            with pytest.raises(InputError):
                await p.run("loud", {"text": 3})
            with pytest.raises(NotFound):
                await p.run("quiet", {"text": "hi"})

    asyncio.run(work())


# ------------------------------------------------------------------------------------ pauses


def test_a_run_that_waits_for_a_time_is_slept_over(tmp_path: Path) -> None:
    """On the injected clock: two hours pass at once."""

    async def work() -> None:
        clock = FakeClock(1000.0)
        async with opened(tmp_path, clock=clock) as p:
            result = await p.run("patient", {"text": "hi"})

            assert (result.state, result.output) == ("done", {"text": "HI"})
            assert clock.now() == 1000.0 + 7200

    asyncio.run(work())


def test_without_wait_it_is_returned_as_it_is_and_woken_later(tmp_path: Path) -> None:
    """It says when it goes on; nothing is held meanwhile."""

    async def work() -> None:
        clock = FakeClock(1000.0)
        async with opened(tmp_path, clock=clock) as p:
            result = await p.run("patient", {"text": "hi"}, wait=False)
            (pending,) = result.pending

            assert (result.state, pending.node, pending.due) == ("waiting", "pause", 8200.0)
            assert pending.timer
            assert len(asyncio.all_tasks()) == 1
            assert await p.wake() == []
            clock.advance(7200)
            assert [r.state for r in await p.wake()] == ["done"]

    asyncio.run(work())


def test_a_run_that_needs_somebody_is_returned_waiting(tmp_path: Path) -> None:
    """Time does not help it: it says which question or event it waits for."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            asked = await p.run("asked", {"text": "hi"})
            approved = await p.run("approved", {"text": "hi"})

            assert asked.state == approved.state == "waiting"
            assert asked.pending[0].question
            assert approved.pending[0].event == "go"
            done = await p.signal(approved.id, "go", {"ok": True})
            assert done.output == {"ok": True}

    asyncio.run(work())


def test_a_timeout_ends_a_pause_too(tmp_path: Path) -> None:
    """The deadline holds while nothing runs."""

    async def work() -> None:
        clock = FakeClock(1000.0)
        async with opened(tmp_path, clock=clock) as p:
            result = await p.run("patient", {"text": "hi"}, timeout=60)

            assert result.state == "failed"
            assert result.failure is not None
            assert result.failure.reason == "timeout"
            assert clock.now() == 1060.0

    asyncio.run(work())


def test_who_sleeps_over_a_run_hears_that_it_was_cancelled(tmp_path: Path) -> None:
    """At once, and not when the time has come."""

    async def work() -> None:
        async with Pantheon.open(make_project(tmp_path), durability="memory") as p:
            sleeping = asyncio.create_task(p.run("patient", {"text": "hi"}))
            await until(lambda: p.runs(state="waiting"))
            runs = p.runs()
            await p.cancel(runs[0].id, "a test wants it.")

            assert (await asyncio.wait_for(sleeping, 5)).state == "cancelled"

    asyncio.run(work())


def test_two_who_await_the_same_run_see_the_same_end(tmp_path: Path) -> None:
    """The second one joins the first; nothing is done twice."""

    async def work() -> None:
        async with Pantheon.open(make_project(tmp_path), durability="memory") as p:
            sleeping = asyncio.create_task(p.run("patient", {"text": "hi"}))
            await until(lambda: p.runs(state="waiting"))
            runs = p.runs()
            joined = asyncio.create_task(p.resume(runs[0].id))
            await asyncio.sleep(0.01)
            await p.cancel(runs[0].id)

            assert await sleeping == await joined

    asyncio.run(work())


# ------------------------------------------------------------------------------ interruption


def test_a_cancelled_caller_leaves_a_run_that_can_be_resumed(tmp_path: Path) -> None:
    """`cancel` ends a run for good; cancelling who awaits it does not."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            task = asyncio.create_task(p.run("held_up", {"text": "interrupted"}))
            await begun("interrupted")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            (run,) = p.runs()

            assert run.state == "running"
            HELD.pop("interrupted")
            again = asyncio.create_task(p.resume(run.id))
            await begun("interrupted")
            cancelled = await p.cancel(run.id, "enough.")
            assert (await again).state == cancelled.state == "cancelled"
            assert cancelled.failure is not None
            assert "enough." in cancelled.failure.message

    asyncio.run(work())


def test_cancelling_does_not_wait_for_what_the_caller_does_next(tmp_path: Path) -> None:
    """Whoever awaited the run goes on, and may itself wait for whoever cancelled it."""

    async def work() -> None:
        async with opened(tmp_path) as p:

            async def cancel() -> None:
                await begun("cancelled from beside")
                await p.cancel(p.runs()[0].id)

            async with asyncio.TaskGroup() as group:
                group.create_task(cancel())
                result = await p.run("held_up", {"text": "cancelled from beside"})

            assert result.state == "cancelled"

    asyncio.run(asyncio.wait_for(work(), 10))


def test_a_run_under_way_is_not_begun_a_second_time(tmp_path: Path) -> None:
    """Also not by the process that executes it."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            running = asyncio.create_task(p.run("held_up", {"text": "once"}))
            await begun("once")
            (run,) = p.runs()
            with pytest.raises(Busy):
                await p.resume(run.id)
            await p.cancel(run.id)

            assert (await running).state == "cancelled"

    asyncio.run(work())


# ------------------------------------------------------------------------------------ asking


def test_one_agent_can_be_asked_without_a_flow(tmp_path: Path) -> None:
    """The answer says who gave it."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            answer = await p.ask("shout", {"text": "hi"})

            assert isinstance(answer, Answer)
            assert (answer.output, answer.tier) == ({"text": "HI"}, "python")
            with pytest.raises(NotFound):
                await p.ask("nobody", {})

    asyncio.run(work())
