"""The same without asyncio: from any thread, also where a loop runs already."""

from __future__ import annotations

import asyncio
import inspect
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pantheon import NodeStarted, Pantheon, RunFinished, SyncPantheon
from pantheon.agents import Answer
from pantheon.api._line import Line
from pantheon.api._opened import Opened
from pantheon.clock import FakeClock
from pantheon.errors import InputError, NotFound
from tests.api.world import make_project


@contextmanager
def opened(folder: Path) -> Generator[SyncPantheon]:
    """The project opened on a simulated clock."""
    with Pantheon.open_sync(make_project(folder), clock=FakeClock(), user="ada") as p:
        yield p


def test_flows_run_agents_answer_and_memory_is_read(tmp_path: Path) -> None:
    """Every method is there, without `await`."""
    with opened(tmp_path) as p:
        result = p.run("chatty", {"text": "hi"})
        memory = p.memory("user", "ada")

        assert result.output == {"text": "HI"}
        assert isinstance(p.ask("shout", {"text": "hi"}), Answer)
        assert [event.kind for event in result.events()][-1] == "run_finished"
        assert p.show(result.id).result == p.runs()[0] == result
        memory.set("last", "changed")
        assert (memory.get("last"), p.context(result.id).get("draft")) == ("changed", "HI")


def test_errors_are_those_of_the_asynchronous_methods(tmp_path: Path) -> None:
    """They come out of the other thread as they are."""
    with opened(tmp_path) as p:
        with pytest.raises(NotFound):
            p.run("quiet", {"text": "hi"})
        with pytest.raises(InputError):
            p.run("loud", {"text": 3})
    with pytest.raises(NotFound), Pantheon.open_sync(tmp_path / "nowhere"):
        pass


def test_a_stream_is_an_ordinary_loop(tmp_path: Path) -> None:
    """It ends with the run."""
    with opened(tmp_path) as p:
        events = list(p.stream("loud", {"text": "hi"}))

        assert isinstance(events[-1], RunFinished)
        assert events[-1].output == {"text": "HI"}


def test_leaving_the_loop_cancels_the_run(tmp_path: Path) -> None:
    """It has ended by the time the loop is left."""
    with opened(tmp_path) as p:
        for event in p.stream("held_up", {"text": "sync"}):
            if isinstance(event, NodeStarted):
                break

        assert [run.state for run in p.runs()] == ["cancelled"]


def test_runs_go_on_by_themselves_while_waking(tmp_path: Path) -> None:
    """The context manager is an ordinary one."""
    with opened(tmp_path) as p:
        result = p.run("patient", {"text": "hi"}, wait=False)
        with p.waking():
            while p.show(result.id).result.state != "done":
                threading.Event().wait(0.001)


def test_it_works_where_a_loop_runs_already(tmp_path: Path) -> None:
    """As in a notebook."""

    async def cell() -> object:
        with opened(tmp_path) as p:
            return p.run("loud", {"text": "hi"}).output

    assert asyncio.run(cell()) == {"text": "HI"}


def test_several_threads_may_share_it(tmp_path: Path) -> None:
    """Calls from all of them are made in the one thread of the store."""
    outputs: list[object] = []
    with opened(tmp_path) as p:

        def work(number: int) -> None:
            outputs.append(p.run("loud", {"text": f"n{number}"}).output)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(str(output) for output in outputs) == [f"{{'text': 'N{n}'}}" for n in range(8)]


def test_no_thread_is_left_behind(tmp_path: Path) -> None:
    """Also not after an error inside."""
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), opened(tmp_path):
        _ = 1 / 0

    assert threading.active_count() == before


def test_the_twin_has_every_method_of_the_original() -> None:
    """With its documentation; a new one cannot be forgotten."""
    own = {"leave", "project", "reach", "runtime", "user"}
    methods = {name for name in vars(Opened) if not name.startswith("_")} - own

    assert methods - {"due"} == {name for name in vars(SyncPantheon) if not name.startswith("_")}
    assert inspect.getdoc(SyncPantheon.run) == inspect.getdoc(Opened.run)


def test_who_is_interrupted_cancels_what_it_waits_for() -> None:
    """And sees it end before the interruption goes on."""
    line, seen = Line(), list[str]()
    waiting = threading.Event()

    async def work() -> None:
        try:
            waiting.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            seen.append("cleaned up")
            raise

    def interrupt() -> None:
        waiting.wait()
        threading.Event().wait(0.05)  # a signal on the very way into a lock is seen when it opens
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    with pytest.raises(KeyboardInterrupt):
        line.wait(work())
    interrupter.join()
    line.close()

    assert seen == ["cleaned up"]
