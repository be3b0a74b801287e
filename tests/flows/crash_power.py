"""What a power cut may do to the files of a store, as far as that can be seen without one.

A process is killed and a copy of its files is damaged as a disk may leave them that never wrote what
the system still held in memory. What may be missing depends on the level: with `fast` the system is
asked to write the log only when it is copied into the database, so all of the log may be missing
from some byte on, or have holes. With `safe` it is asked at every commit, and only the last commit,
whose end nobody has seen yet, may be incomplete.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from pantheon.store import Durability, Run
from tests.flows.crash_faults import LENGTH, ROOT, run_here, start, wait_for_calls
from tests.flows.crash_look import check_one, look
from tests.flows.crash_work import read_effects

Damage: TypeAlias = Literal["cut", "holes"]
_HEADER, _FRAME_HEADER = 32, 24
_SECTOR = 512


@dataclass
class PowerCut:
    """What one of them did."""

    level: Durability
    damage: Damage
    before: int
    """Results that were committed."""
    after: int
    """Of those, how many were still there."""
    again: int
    """Calls that were made again."""
    run: Run
    problems: list[str] = field(default_factory=list[str])


def killed(folder: Path, level: Durability, calls: int) -> None:
    """Run in a process that is killed after so many calls."""
    folder.mkdir()
    process, connection = start(run_here, folder, level)
    wait_for_calls(folder, calls)
    process.kill()
    process.join()
    connection.close()


def cut_power(folder: Path, level: Durability, damage: Damage, rng: random.Random) -> PowerCut:
    """Let it happen once, and go on with the run."""
    at_work, after = folder / "at_work", folder / "after"
    killed(at_work, level, rng.randrange(2, LENGTH - 20))
    before = look(at_work)
    after.mkdir()
    for name in ("pantheon.db", "effects"):
        shutil.copyfile(at_work / name, after / name)
    log = (at_work / "pantheon.db-wal").read_bytes()
    first = _HEADER if level == "fast" else last_commit(log)
    (after / "pantheon.db-wal").write_bytes(harm(log, first, damage, rng))
    left = look(after)
    problems = [*left.problems] if level == "fast" else [*check_one(left, after)]
    run = run_here(after, level)
    problems += look(after).problems
    calls = read_effects(after / "effects")
    again = len(calls) - len({call.call for call in calls})
    if len({call.key for call in calls}) != len({call.call for call in calls}):
        problems.append("a call that was made again has another key")
    return PowerCut(level, damage, len(before.final), len(left.final), again, run, problems)


def harm(log: bytes, first: int, damage: Damage, rng: random.Random) -> bytes:
    """The log as the disk may have it; what stands before `first` has arrived there."""
    if first >= len(log):
        return log
    start = rng.randrange(first, len(log))
    if damage == "cut":
        return log[:start]
    harmed = bytearray(log)
    for sector in range(start // _SECTOR, len(log) // _SECTOR):
        if rng.random() < 0.5:
            at = max(first, sector * _SECTOR)
            harmed[at : (sector + 1) * _SECTOR] = bytes((sector + 1) * _SECTOR - at)
    return bytes(harmed)


def last_commit(log: bytes) -> int:
    """Where the newest commit begins, that is: where the one before it ends."""
    size = int.from_bytes(log[8:12], "big") + _FRAME_HEADER
    frames = range(_HEADER, len(log) - size + 1, size)
    ends = [at + size for at in frames if int.from_bytes(log[at + 4 : at + 8], "big")]
    return ends[-2] if len(ends) > 1 else _HEADER


# ------------------------------------------------------------------------ when it is written

_CALL = re.compile(r"\b(pwrite64|write|fdatasync|fsync)\(\d+<([^>]*)>")
_ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from tests.flows.crash_faults import run_here
print(run_here(Path(sys.argv[1]), sys.argv[2]).state)
"""


@dataclass(frozen=True)
class Syncs:
    """How a run asked the system to write the log to the disk."""

    calls: int
    syncs: int
    """Of the log."""
    unsafe: int
    """Calls that began while some of the log had not been written to the disk."""


def watch_syncs(folder: Path, level: Durability) -> Syncs | None:
    """Look at the system calls of a run; None where that is not possible."""
    if shutil.which("strace") is None:
        return None
    trace = folder / "trace"
    command = ["strace", "-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o", str(trace)]
    done = subprocess.run(
        [*command, sys.executable, "-c", _ALONE, str(folder), level],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return _read_trace(trace.read_text()) if done.stdout.strip() == "done" else None


def _read_trace(trace: str) -> Syncs:
    calls = syncs = unsafe = 0
    dirty = False
    for name, path in _CALL.findall(trace):
        if path.endswith("-wal"):
            dirty = name == "pwrite64"
            syncs += name != "pwrite64"
        elif path.endswith("/effects"):
            calls += 1
            unsafe += dirty
    return Syncs(calls, syncs, unsafe)
