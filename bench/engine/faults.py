"""Faults of the machine in the middle of a run: what its caller is told, and what becomes of it.

    ./run bench engine/faults [--cuts 25] [--seed 0]

The faults are real ones: limits of the system, other processes, signals. A power cut cannot be had
without pulling a plug; a copy of the files of a killed process is damaged instead, as a disk may
leave them (tests/flows/crash_power.py). Ends with status 1 when something was violated.
"""

from __future__ import annotations

import random
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import get_args

from pantheon.store import Durability
from tests.flows.crash_faults import FAULTS, undisturbed
from tests.flows.crash_power import Damage, PowerCut, cut_power, watch_syncs

LEVELS: tuple[Durability, ...] = ("fast", "safe")
_SHOWN = 110
"""Characters of a sentence."""


@contextmanager
def empty_folder() -> Generator[Path]:
    """One that everybody may look into, on a disk."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def shorten(told: str, folder: Path) -> str:
    """A sentence that fits into a table."""
    said = told.replace(str(folder), "…").replace("|", "/")
    return said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"


def show_faults() -> int:
    """The first table; returns how many faults were not survived."""
    print("| fault | its caller is told | kept | made again | in the end |")
    print("| --- | --- | --- | --- | --- |")
    lost = 0
    for fault in FAULTS:
        with empty_folder() as folder:
            fared = fault(folder)
            lost += fared.state != "done" or bool(fared.problems)
            told = shorten(fared.told, folder)
            ended = "; ".join([fared.state, *fared.problems])
        kept = f"{fared.kept} | {fared.again}" if fared.kept else "– | –"
        print(f"| {fared.what} | {told} | {kept} | {ended} |", flush=True)
    return lost


def show_power_cuts(number: int, seed: int) -> int:
    """The second table; returns how many were not survived."""
    print(
        "\n| level | the log is | cuts | results before, mean | lost, mean (most) | not survived |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    failed = 0
    for level in LEVELS:
        for damage in get_args(Damage):
            cuts = [_cut(level, damage, seed + i) for i in range(number)]
            bad = sum(1 for cut, wanted in cuts if cut.problems or cut.run.output != wanted)
            lost = [cut.before - cut.after for cut, _ in cuts]
            before = mean(cut.before for cut, _ in cuts)
            figures = f"{before:.1f} | {mean(lost):.1f} ({max(lost)}) | {bad}"
            print(f"| {level} | {damage} | {number} | {figures} |", flush=True)
            failed += bad
    return failed


def _cut(level: Durability, damage: Damage, seed: int) -> tuple[PowerCut, object]:
    with empty_folder() as folder:
        cut = cut_power(folder, level, damage, random.Random(seed))
        return cut, undisturbed(folder).output


def show_syncs() -> int:
    """What the system was asked; returns how many calls were made too early with `safe`."""
    print("\n| level | calls | syncs of the log | calls before what they depend on was synced |")
    print("| --- | --- | --- | --- |")
    early = 0
    for level in LEVELS:
        with empty_folder() as folder:
            syncs = watch_syncs(folder, level)
        if syncs is None:
            print(f"| {level} | system calls cannot be watched here (strace) | | |")
            continue
        print(f"| {level} | {syncs.calls} | {syncs.syncs} | {syncs.unsafe} |")
        early += syncs.unsafe if level == "safe" else 0
    return early


def main() -> int:
    """Let all of them happen, and print the tables."""
    parser = ArgumentParser(description="Faults in the middle of a run.")
    parser.add_argument("--cuts", type=int, default=25, help="power cuts of each kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    bad = show_faults() + show_power_cuts(options.cuts, options.seed) + show_syncs()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
