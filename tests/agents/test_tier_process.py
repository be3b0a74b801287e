"""The `python` tier in worker processes: real ones, that crash, hang, run out of memory, are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from pantheon.agents import Answer, Failure, FunctionFault, Outcome, Reason, Request, WorkerPool
from pantheon.agents._pool import Job, WorkerLimits
from pantheon.spec import PythonTier, Resources
from tests.agents.processes import exists, gone, members, written
from tests.agents.world import TEXT, World, run, shape

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")

ANY = shape(said={})
SOURCE = """
    import os, signal, subprocess, sys, time
    from pathlib import Path

    CALLS = []

    def say(text):
        CALLS.append(text)
        return {"said": [text, os.getpid(), len(CALLS)]}

    async def say_async(text):
        return {"said": text}

    def none(text):
        return None

    def wrong(text):
        return object()

    def raises(text):
        raise ValueError("no " + text)

    def leaves(text):
        sys.exit(3)

    def ends(text):
        os._exit(7)

    def crashes(text):
        os.kill(os.getpid(), signal.SIGSEGV)

    def aborts(text):
        os.abort()

    def killed(text):
        os.kill(os.getpid(), signal.SIGKILL)

    def loops(text):
        Path(text).write_text(str(os.getpid()))
        while True:
            pass

    def starts_others(text):
        subprocess.Popen(["sleep", "300"])
        Path(text).write_text(str(os.getpid()))
        time.sleep(300)

    def greedy(text):
        return {"said": len(bytearray(int(text)))}

    def repeats(text):
        return {"said": "x" * int(text)}

    def surroundings(text):
        print("printed", flush=True)
        os.write(1, b"written to 1\\n")
        sys.stdout.write("{")
        return {"said": [sys.stdin.read(), dict(os.environ), os.getpgrp() == os.getpid()]}

    def place(text):
        from pantheon.agents import current_request
        request = current_request()
        return {"said": [request.node, request.idempotency_key]}
"""


@pytest.fixture
def project(world: World) -> World:
    """A project whose functions run in workers, two at most."""
    (world.root / "crunch.py").write_text(textwrap.dedent(SOURCE))
    world.context._pool = WorkerPool(world.root, size=2)
    return world


async def call(
    world: World,
    function: str,
    text: str = "x",
    *,
    timeout: float | None = None,
    memory: int = 0,
    request: Request | None = None,
) -> Outcome:
    """Ask an agent of one such function."""
    tier = PythonTier(f"crunch:{function}", timeout=timeout, process=True)
    agent = world.agent(tier, input=TEXT, output=ANY, resources=Resources(memory=memory))
    return await agent.answer({"text": text}, request or Request())


def said(outcome: Outcome) -> Any:
    """What the function returned."""
    assert isinstance(outcome, Answer), outcome
    return outcome.output["said"]


def reason(outcome: Outcome) -> tuple[Reason, str]:
    """Why its only tier did not answer."""
    assert isinstance(outcome, Failure), outcome
    return outcome.tried[0].reason, outcome.tried[0].detail


def play(world: World, work: Coroutine[Any, Any, None]) -> None:
    """Run a scene and end the workers."""

    async def whole() -> None:
        try:
            await work
        finally:
            await world.context.close()

    run(whole())


def test_it_runs_elsewhere_and_the_process_is_used_again(project: World) -> None:
    """The function is called in another process, which keeps its module for the next call."""

    async def scene() -> None:
        first, second = said(await call(project, "say")), said(await call(project, "say", "y"))
        (pid,) = project.context.pool.pids
        assert pid != os.getpid()
        assert (first, second) == (["x", pid, 1], ["y", pid, 2])
        answer = await call(project, "say_async")
        assert isinstance(answer, Answer)
        assert (answer.tier, answer.source, answer.output) == ("python", "code", {"said": "x"})

    play(project, scene())


def test_what_it_gives_counts_as_it_would_in_this_process(project: World) -> None:
    """None, a wrong value, an exception with its place, an exit, a missing function."""

    async def scene() -> None:
        outcomes = {
            name: reason(await call(project, name))
            for name in ("none", "wrong", "raises", "leaves", "missing")
        }
        assert outcomes["none"] == (Reason.DECLINED, "crunch:none has no answer to this.")
        assert outcomes["wrong"][0] is Reason.INVALID_OUTPUT
        assert outcomes["raises"][0] is Reason.RAISED
        assert "ValueError: no x (crunch.py:" in outcomes["raises"][1]
        assert outcomes["leaves"][0] is Reason.RAISED
        assert outcomes["missing"][0] is Reason.NOT_CONFIGURED
        assert len(project.context.pool.pids) == 1

    play(project, scene())


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("ends", "ended itself with status 7."),
        ("crashes", "was ended by signal 11 (SIGSEGV)."),
        ("aborts", "was ended by signal 6 (SIGABRT)."),
        ("killed", "was ended by signal 9 (SIGKILL); if nobody did it, the machine was out of"),
    ],
)
def test_a_worker_that_dies_fails_only_its_own_request(
    project: World, function: str, told: str
) -> None:
    """The reason says how it ended; a request beside it and all that follow are answered."""

    async def scene() -> None:
        died, beside = await asyncio.gather(call(project, function), call(project, "say"))
        assert reason(died)[0] is Reason.WORKER_DIED
        assert f"The worker process of crunch:{function} {told}" in reason(died)[1]
        assert isinstance(died, Failure)
        assert died.retryable
        assert said(beside)
        assert said(await call(project, "say", "again"))
        assert len(project.context.pool.pids) <= 2

    play(project, scene())


def test_a_death_under_a_memory_limit_names_the_limit(project: World) -> None:
    """Libraries that get no memory abort: the limit may well be why."""

    async def scene() -> None:
        _, detail = reason(await call(project, "aborts", memory=300_000_000))
        assert "SIGABRT); its memory is limited to 300 MB (`resources.memory`)" in detail

    play(project, scene())


def test_running_out_of_memory_is_a_failure_and_the_worker_lives(project: World) -> None:
    """The limit holds; what fits into it is answered before and afterwards by the same process."""

    async def scene() -> None:
        limit = 300_000_000
        assert said(await call(project, "greedy", "1000000", memory=limit)) == 1_000_000
        before = project.context.pool.pids
        why, detail = reason(await call(project, "greedy", "900000000", memory=limit))
        assert why is Reason.RAISED
        assert "MemoryError (crunch.py:" in detail
        assert "limited to 300 MB" in detail
        assert said(await call(project, "greedy", "1000000", memory=limit)) == 1_000_000
        assert project.context.pool.pids == before
        assert said(await call(project, "greedy", "900000000")) == 900_000_000  # without a limit

    play(project, scene())


@pytest.mark.parametrize("size", [30_000_000, 60_000_000])
def test_inputs_and_outputs_count_too(project: World, size: int) -> None:
    """What is too large to travel fails with the limit in its reason, and the pool goes on."""

    async def scene() -> None:
        limits, pool = WorkerLimits(memory=100_000_000), project.context.pool
        answer: Any = await pool.call(Job("crunch:repeats", {"text": str(size)}), limits)
        assert answer["reason"] == "raised"
        assert "limited to 100 MB" in answer["detail"]
        with pytest.raises(FunctionFault, match="limited to 100 MB") as caught:
            await pool.call(Job("crunch:say", {"text": "x" * size}), limits)
        assert caught.value.reason is Reason.WORKER_DIED
        assert said(await call(project, "say", memory=100_000_000))

    play(project, scene())


def test_closing_ends_what_is_under_way(project: World) -> None:
    """Whoever waits for a worker is told that it is gone."""

    async def scene() -> None:
        mark = project.root / "pid"
        asking = asyncio.create_task(call(project, "loops", str(mark)))
        group = int(await written(mark))
        await project.context.close()
        assert reason(await asking)[0] is Reason.WORKER_DIED
        assert not exists(group)
        assert project.context.pool.pids == ()

    play(project, scene())


def test_an_endless_loop_is_killed_when_its_time_is_over(project: World) -> None:
    """Unlike a thread, a process can be stopped; others go on."""

    async def scene() -> None:
        mark = project.root / "pid"
        outcome = await call(project, "loops", str(mark), timeout=0.3)
        assert reason(outcome) == (
            Reason.TIMEOUT,
            "crunch:loops did not return within 0.3 s and was killed.",
        )
        assert await gone(int(mark.read_text()))
        assert said(await call(project, "say", timeout=5))

    play(project, scene())


def test_cancelling_ends_the_worker_and_all_it_has_started(project: World) -> None:
    """The whole process group is killed, and no zombie stays."""

    async def scene() -> None:
        mark = project.root / "pid"
        asking = asyncio.create_task(call(project, "starts_others", str(mark)))
        group = int(await written(mark))
        assert len(members(group)) == 2
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await gone(group)
        await project.context.close()
        assert not exists(group)

    play(project, scene())


def test_a_worker_killed_while_idle_costs_nobody_an_answer(project: World) -> None:
    """The next request gets a new process."""

    async def scene() -> None:
        await call(project, "say")
        (pid,) = project.context.pool.pids
        os.kill(pid, signal.SIGKILL)
        assert said(await call(project, "say"))
        assert pid not in project.context.pool.pids

    play(project, scene())


def test_no_more_processes_than_allowed_whatever_is_asked(project: World) -> None:
    """More requests than workers wait; another memory limit takes the place of an idle worker."""

    async def scene() -> None:
        pool = project.context.pool
        outcomes = await asyncio.gather(*(call(project, "say", str(n)) for n in range(8)))
        assert len(pool.pids) == 2
        assert {said(outcome)[1] for outcome in outcomes} == set(pool.pids)
        limits = [300_000_000, 400_000_000, 500_000_000]
        for memory in limits:
            assert said(await call(project, "say", memory=memory))
            assert len(pool.pids) <= 2

    play(project, scene())


def test_it_sees_no_secret_and_cannot_disturb_the_talk(
    project: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Prints go to the error stream, stdin is empty, and no key of this process is passed on."""
    monkeypatch.setenv("CLOUD_KEY", "sk-secret")

    async def scene() -> None:
        stdin, environment, leads = said(await call(project, "surroundings"))
        assert stdin == ""
        assert "sk-secret" not in str(environment)
        assert leads
        assert said(await call(project, "say"))

    play(project, scene())
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "printed\n" in printed.err
    assert "written to 1\n" in printed.err


def test_the_function_knows_the_place_it_is_called_from(project: World) -> None:
    """The request travels along, with its idempotency key."""

    async def scene() -> None:
        outcome = await call(
            project, "place", request=Request(node="a/b", key="k1", on_token=print)
        )
        assert said(outcome) == ["a/b", "k1"]

    play(project, scene())


def test_large_texts_travel_whole(project: World) -> None:
    """Megabytes of any characters, half ones included, go there and back."""
    text = "ä\ud800 " * 700_000

    async def scene() -> None:
        answer: Any = await project.context.pool.call(
            Job("crunch:say", {"text": text}), WorkerLimits()
        )
        assert answer["output"]["said"][0] == text

    play(project, scene())


def test_idle_workers_end_after_a_while(world: World) -> None:
    """A process that nobody needs is given up; the pool starts another when asked."""
    (world.root / "crunch.py").write_text(textwrap.dedent(SOURCE))

    async def scene() -> None:
        pool = WorkerPool(world.root, size=1, idle_seconds=0.05)
        await pool.call(Job("crunch:say", {"text": "x"}), WorkerLimits())
        (pid,) = pool.pids
        assert await gone(pid)
        assert pool.pids == ()
        assert await pool.call(Job("crunch:say", {"text": "x"}), WorkerLimits())
        await pool.close()
        assert pool.pids == ()

    run(scene())


def test_workers_live_on_from_one_event_loop_to_the_next(project: World) -> None:
    """Each command runs a loop of its own; the processes are the pool's."""
    first = run(call(project, "say"))
    second = run(call(project, "say"))

    assert said(first)[1] == said(second)[1]


@pytest.mark.parametrize("function", ["loops", "starts_others"])
def test_nothing_survives_when_this_process_is_killed(world: World, function: str) -> None:
    """A busy worker and its children notice the end of their parent, however sudden."""
    (world.root / "crunch.py").write_text(textwrap.dedent(SOURCE))
    mark = world.root / "pid"
    program = f"""
        import asyncio
        from pathlib import Path
        from pantheon.agents import WorkerPool
        from pantheon.agents._pool import Job, WorkerLimits
        pool = WorkerPool(Path({str(world.root)!r}))
        job = Job("crunch:{function}", {{"text": {str(mark)!r}}})
        asyncio.run(pool.call(job, WorkerLimits()))
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)])

    async def scene() -> None:
        group = int(await written(mark))
        assert members(group)
        parent.kill()
        parent.wait()
        assert await gone(group)

    run(scene())
