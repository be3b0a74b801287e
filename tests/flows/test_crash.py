"""Real processes, really killed: nothing is lost, and what is journaled never runs again."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from pantheon.clock import SystemClock
from pantheon.store import Run, Store
from tests.flows import crash_child

Place = tuple[str, int]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, float]:
    """The run when nobody kills it, and how long it takes (seconds)."""
    folder = tmp_path_factory.mktemp("undisturbed")
    began = time.monotonic()
    run = crash_child.go_on(folder)
    assert run.state == "done"
    return run, time.monotonic() - began


def start(main: Callable[..., None], *args: object) -> BaseProcess:
    """A process that was not forked from this one, so that it shares nothing with it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.crash_child"])
    process = context.Process(target=main, args=args)
    process.start()
    return process


def kill_after(folder: Path, seconds: float) -> bool:
    """Kill a process so long after its first event; says whether it was still at work."""
    begun = multiprocessing.get_context("forkserver").Event()
    process = start(crash_child.work_until_killed, str(folder), begun)
    assert begun.wait(30)
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode != 0


def kill_at(folder: Path, number: int) -> bool:
    """Let a process kill itself at its n-th result; says whether it came to that."""
    process = start(crash_child.work_until_result, str(folder), number)
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


def effects(folder: Path) -> Counter[Place]:
    """How often each node, and each item of the map, has left its line."""
    found: Counter[Place] = Counter()
    shared = folder / "effects.txt"
    if shared.exists():
        found.update((line, -1) for line in shared.read_text().splitlines())
    for path in folder.glob("item*.txt"):
        index = int(path.stem.removeprefix("item"))
        found[("each", index)] = len(path.read_text().splitlines())
    return found


def journaled(folder: Path) -> set[Place]:
    """Nodes and items that have a result."""
    if not (folder / "pantheon.db").exists():
        return set()
    with Store.open(folder / "pantheon.db", clock=SystemClock()) as store:
        found = {(r.node, r.index) for r in store.journal.results(crash_child.RUN)}
    return found if ("bad", -1) in found else found - {("instead", -1)}


class Watch:
    """Sees to it, after every kill, that nothing journaled has run again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: dict[Place, int] = {}
        self.kills = 0

    def check(self) -> None:
        """Compare with what was journaled before, and note what is journaled now."""
        counts = effects(self.folder)
        for place, count in self.seen.items():
            assert counts[place] == count, f"{place} ran again after it was journaled"
        self.seen |= {place: counts[place] for place in journaled(self.folder)}

    def finish(self, run: Run) -> None:
        """Let it come to its end: the same output, and no more repetitions than kills."""
        resumed = crash_child.go_on(self.folder)
        self.check()
        assert (resumed.state, resumed.output) == ("done", run.output)
        counts = effects(self.folder)
        assert {place for place, count in counts.items() if count} == set(EXPECTED)
        for place, least in EXPECTED.items():
            assert least <= counts[place] <= least * (self.kills + 1)


@pytest.mark.slow
@pytest.mark.parametrize("campaign", range(8))
def test_killed_at_any_moment_it_goes_on(
    tmp_path: Path, undisturbed: tuple[Run, float], campaign: int
) -> None:
    """Killed from outside, at moments from at once to nearly done; journaled nodes stay done."""
    rng = random.Random(campaign)
    run, seconds = undisturbed
    watch = Watch(tmp_path)
    for _ in range(5):
        watch.kills += kill_after(tmp_path, seconds * 10 ** rng.uniform(-1.5, 0.3))
        watch.check()
    watch.finish(run)


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13])
def test_killed_again_and_again_it_still_arrives(
    tmp_path: Path, undisturbed: tuple[Run, float], number: int
) -> None:
    """Every process dies at its n-th result: each brings the run further, until it is done."""
    run, _ = undisturbed
    watch = Watch(tmp_path)
    while kill_at(tmp_path, number):
        watch.kills += 1
        watch.check()
        assert len(watch.seen) >= watch.kills * number, "results were lost"
    assert watch.kills > 0
    watch.finish(run)


EXPECTED: dict[Place, int] = {
    **{(name, -1): 1 for name in ("c0", "c1", "c2", "instead", "end")},
    **{(f"w{i}", -1): 1 for i in range(8)},
    **{("each", i): 1 for i in range(10)},
    ("bad", -1): 2,
}
"""How often each must run when nothing is repeated; `bad` fails and is tried twice."""
