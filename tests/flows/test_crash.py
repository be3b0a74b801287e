"""Real processes, really killed: nothing is lost, and what is journaled never runs again."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
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


def kill_after(folder: Path, seconds: float) -> bool:
    """Let a process work on the run and kill it; says whether it was still at work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.crash_child"])
    process = context.Process(target=crash_child.work_until_killed, args=(str(folder),))
    process.start()
    process.join(seconds)
    process.kill()
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


@pytest.mark.slow
@pytest.mark.parametrize("campaign", range(12))
def test_a_killed_run_goes_on_and_repeats_nothing_journaled(
    tmp_path: Path, undisturbed: tuple[Run, float], campaign: int
) -> None:
    """Killed at random moments until it is done: the same output, each journaled node once.

    A stand-in runs inside the node it stands in for: both are as journaled as that node.
    """
    rng = random.Random(campaign)
    run, seconds = undisturbed
    seen: dict[Place, int] = {}
    kills = 0
    for _ in range(6):
        kills += kill_after(tmp_path, rng.uniform(0.01, 0.6 * seconds + 0.05))
        counts = effects(tmp_path)
        for place, count in seen.items():
            assert counts[place] == count, f"{place} ran again after it was journaled"
        seen |= {place: counts[place] for place in journaled(tmp_path)}

    resumed = crash_child.go_on(tmp_path)

    counts = effects(tmp_path)
    assert all(counts[place] == count for place, count in seen.items())
    assert (resumed.state, resumed.output) == ("done", run.output)
    assert {place for place, count in counts.items() if count} == set(EXPECTED)
    for place, least in EXPECTED.items():
        assert least <= counts[place] <= least * (kills + 1)


EXPECTED: dict[Place, int] = {
    **{(name, -1): 1 for name in ("c0", "c1", "c2", "instead", "end")},
    **{(f"w{i}", -1): 1 for i in range(8)},
    **{("each", i): 1 for i in range(10)},
    ("bad", -1): 2,
}
"""How often each must run when nothing is repeated; `bad` fails and is tried twice."""
