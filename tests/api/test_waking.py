"""Runs whose time has come go on by themselves while somebody watches."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pantheon import Pantheon
from pantheon.clock import FakeClock
from pantheon.errors import StoreFault
from pantheon.ids import RunId
from tests.api.world import opened, until


async def done(p: Pantheon, run: RunId) -> None:
    """Return when a run is done."""
    await until(lambda: p.show(run).result.state == "done")


def test_a_paused_run_is_woken_when_its_time_has_come(tmp_path: Path) -> None:
    """One that began to wait before, and one that begins meanwhile."""

    async def work() -> None:
        async with opened(tmp_path, clock=FakeClock(1000.0)) as p:
            before = await p.run("patient", {"text": "before"}, wait=False)
            async with p.waking():
                await asyncio.wait_for(done(p, before.id), 5)
                meanwhile = await p.run("patient", {"text": "meanwhile"}, wait=False)
                await asyncio.wait_for(done(p, meanwhile.id), 5)

            assert len(asyncio.all_tasks()) == 1

    asyncio.run(work())


def test_who_awaits_a_run_is_not_overtaken(tmp_path: Path) -> None:
    """It is resumed once, by its own caller."""

    async def work() -> None:
        async with opened(tmp_path, clock=FakeClock(1000.0)) as p, p.waking():
            results = await asyncio.gather(*(p.run("patient", {"text": "hi"}) for _ in range(3)))

            for result in results:
                kinds = [event.kind for event in result.events()]
                assert (result.state, kinds.count("run_resumed")) == ("done", 1)

    asyncio.run(work())


def test_nothing_is_asked_while_nothing_is_due(tmp_path: Path) -> None:
    """Watching an empty store costs one look and one timer."""

    async def work() -> None:
        async with opened(tmp_path, clock=None) as p:
            looks = 0
            ask = p.runtime.store.timers.due

            def count(now: float) -> list[RunId]:
                nonlocal looks
                looks += 1
                return ask(now)

            p.runtime.store.timers.due = count
            async with p.waking():
                await asyncio.sleep(0.2)

            assert looks == 1

    asyncio.run(work())


def test_runs_under_way_come_to_their_end_before_watching_does(tmp_path: Path) -> None:
    """A woken run has no timer any longer: nobody would wake it again."""

    async def work() -> None:
        async with opened(tmp_path, clock=FakeClock(1000.0)) as p:
            result = await p.run("patient", {"text": "hi"}, wait=False)
            async with p.waking():
                await until(lambda: p.show(result.id).result.state != "waiting")

            assert p.show(result.id).result.state == "done"

    asyncio.run(work())


def test_a_broken_store_is_told_at_the_end(tmp_path: Path) -> None:
    """What cannot be written down is nobody's secret."""

    async def work() -> None:
        async with opened(tmp_path, clock=FakeClock(1000.0)) as p:

            def broken(now: float) -> list[RunId]:
                raise StoreFault("The disk is full.")

            p.runtime.store.timers.due = broken
            with pytest.raises(StoreFault):
                async with p.waking():
                    await asyncio.sleep(0.01)

    asyncio.run(work())
