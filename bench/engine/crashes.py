"""A thousand kills: random flows whose processes die at random, against undisturbed runs.

    ./run bench engine/crashes [--kills 1000] [--seed 0] [--jobs 2] [--json FILE]

Every case is a random flow (agents that work, fail and hang, conditions, maps, loops, merges of all
policies, retries, stand-ins, pauses, flows inside flows, plans made at run time). It runs once
undisturbed, and then in processes that end by SIGKILL: after a random time, at a random SQL
statement, in the middle of one, before, in the middle of or after a random effect of a node, or
when a random event was delivered. After each kill a new process goes on. Half of the cases run with
`fast`, half with `safe`. What is checked stands in tests/flows/crash_look.py. Ends with status 1
when anything was violated; a seed names each case.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pantheon.store import Durability
from tests.flows.crash_campaign import Examiner, Order, Verdict
from tests.flows.random_graphs import seeded_tape

LEVELS: Sequence[Durability] = ("fast", "safe")
MOST = 6
"""Kills of one run at most."""


_LOCK = threading.Lock()


@dataclass
class Tally:
    """What all cases together came to."""

    wanted: int
    next_seed: int
    cases: int = 0
    kills: int = 0
    by: Counter[str] = field(default_factory=Counter[str])
    calls: int = 0
    again: int = 0
    results: int = 0
    states: Counter[str] = field(default_factory=Counter[str])
    violations: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def draw(self) -> int | None:
        """The seed of the next case; None when there were kills enough."""
        with _LOCK:
            if self.kills >= self.wanted:
                return None
            self.next_seed += 1
            return self.next_seed - 1

    def add(self, seed: int, verdict: Verdict) -> None:
        """Count one case."""
        with _LOCK:
            self.cases += 1
            self.kills += verdict.kills
            self.by.update(verdict.by)
            self.calls += verdict.calls
            self.again += verdict.again
            self.results += verdict.results
            self.states[verdict.state] += 1
            if verdict.violations:
                self.violations[seed] = verdict.violations


def order_of(seed: int) -> Order:
    """The case of a seed."""
    return Order(seeded_tape(seed), seed, kills=1 + seed % MOST, durability=LEVELS[seed % 2])


def work(tally: Tally) -> None:
    """Have cases examined until there were kills enough."""
    with Examiner() as examiner:
        while (seed := tally.draw()) is not None:
            tally.add(seed, examiner.examine(order_of(seed)))


def show(tally: Tally, seconds: float) -> str:
    """The counts as a table."""
    by = ", ".join(f"{kind} {count}" for kind, count in sorted(tally.by.items()))
    ended = ", ".join(f"{count} {state}" for state, count in sorted(tally.states.items()))
    violated = sum(map(len, tally.violations.values()))
    rows = [
        ("cases (random flows)", f"{tally.cases:,}"),
        ("kills", f"{tally.kills:,} ({by})"),
        ("runs that came to their end", ended),
        ("results in their journals", f"{tally.results:,}"),
        ("calls of functions in undisturbed runs", f"{tally.calls:,}"),
        ("calls made again (under way at a kill)", f"{tally.again:,}"),
        ("violations", f"{violated}"),
        ("seconds", f"{seconds:.0f} ({tally.kills / seconds:.1f} kills a second)"),
    ]
    return "\n".join(["| what | count |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)])


def main() -> int:
    """Run the campaign and print its counts."""
    parser = ArgumentParser(description="Random flows, killed at random.")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--jobs", type=int, default=2, help="cases at once")
    parser.add_argument("--json", type=Path, help="write the counts here as well")
    options = parser.parse_args()
    tally = Tally(options.kills, options.seed)
    began = time.perf_counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        for job in [pool.submit(work, tally) for _ in range(options.jobs)]:
            job.result()
    print(show(tally, time.perf_counter() - began))
    for seed, problems in sorted(tally.violations.items()):
        print(f"seed {seed}: {problems}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(vars(tally), indent=2, default=str) + "\n")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
