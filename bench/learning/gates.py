"""Gates under simulation: false promotions, power, many agents, rollback, a reused holdout.

    python bench/learning/gates.py
    python bench/learning/gates.py --runs 2000 --json gates.json

Challenger and deployed version differ on 10 % of the requests. Each night brings fresh pairs. The
tests are the product's own: the betting e-process, e-LOND's levels, the probation's limits, the
ledger of the holdout. Needs no data. Every figure is the mean over five seeds with its 95 % interval
(Student's t over seeds; where all seeds agree, Clopper-Pearson over all runs).
"""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pantheon.learn import Paired, Promise, clopper_pearson, mid_p
from pantheon.learn.gates import (
    ALPHA,
    EProcess,
    Outcome,
    allowed_bits,
    level,
    log_breach,
    review,
    spread_of,
    told_bits,
)

SEEDS = range(5)
SIZES = (200, 1000, 2000)
NIGHTS, WEEK = 30, 7
DISCORDANT = 0.1
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass
class Table:
    """Shares by name, a value a seed."""

    runs: int
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, share: float | np.floating[Any]) -> None:
        """Note one seed's share."""
        self.values[name].append(float(share))

    def lines(self) -> Iterator[str]:
        """One line a figure, in percent."""
        for name, values in self.values.items():
            mean, low, high = self.limits(values)
            yield f"{name:<66} {100 * mean:6.2f} %  ({100 * low:.2f} to {100 * high:.2f})"

    def limits(self, values: list[float]) -> tuple[float, float, float]:
        """Mean and its limits."""
        spread = spread_of(values)
        if spread.deviation > 0:
            return spread.mean, max(spread.low, 0.0), min(spread.high, 1.0)
        total = self.runs * len(values)
        exact = clopper_pearson(round(spread.mean * total), total)
        return spread.mean, exact.low, exact.high


def main() -> None:
    """Print all tables."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="simulated runs a seed")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    args = parser.parse_args()
    parts: dict[str, Callable[[int, int, Table], None]] = {
        "One agent, 30 nights: at least one promotion": one_agent,
        "A cheaper rung, non-inferiority by 2 points": cheaper,
        "100 agents, 30 nights, 200 pairs a night, 20 of them truly better by 3 points": many,
        "Probation at a promise of 5 %": probation,
        "A holdout asked again every night by a climber (points it flatters by)": reused,
    }
    kept: dict[str, dict[str, list[float]]] = {}
    for title, measure in parts.items():
        table = Table(args.runs)
        for seed in SEEDS:
            measure(seed, args.runs, table)
        print(f"\n{title}", *table.lines(), sep="\n")
        kept[title] = dict(table.values)
    if args.json:
        args.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def draw_pairs(
    draw: np.random.Generator, better: float, shape: tuple[int, ...], size: int
) -> tuple[Counts, Counts]:
    """Wins and losses of `size` pairs, for a challenger that is better by so much."""
    win, loss = (DISCORDANT + better) / 2, (DISCORDANT - better) / 2
    drawn = draw.multinomial(size, [win, loss, 1 - win - loss], size=shape)
    return drawn[..., 0], drawn[..., 1]


def reached(wins: Counts, losses: Counts, size: int, needed: float, margin: float = 0.0) -> Counts:
    """The night (1, 2, …) on which each run's evidence suffices; 0 if it never does."""
    process = EProcess(margin)
    first = np.zeros(len(wins), dtype=np.int64)
    for night in range(wins.shape[1]):
        won, lost = wins[:, night], losses[:, night]
        process = process.add(won, lost, size - won - lost)
        first[(first == 0) & (process.log_e >= needed)] = night + 1
    return first


def p_values(wins: Counts, losses: Counts) -> NDArray[np.float64]:
    """McNemar's mid-p of each pair of counts."""
    pairs, place = np.unique(np.stack([wins, losses]).reshape(2, -1), axis=1, return_inverse=True)
    values = np.array([mid_p(loss, win) for win, loss in pairs.T.tolist()])
    return values[place].reshape(wins.shape)


def one_agent(seed: int, runs: int, table: Table) -> None:
    """False promotions of equals, and power for truly better challengers."""
    needed = -math.log(level(1, 0))
    for size in SIZES:
        draw = np.random.default_rng([seed, size])
        wins, losses = draw_pairs(draw, 0.0, (runs, NIGHTS), size)
        table.add(f"{size:>5} pairs  equal: higher score wins", (wins > losses).any(axis=1).mean())
        found = (p_values(wins, losses) < ALPHA).any(axis=1)
        table.add(f"{size:>5} pairs  equal: McNemar mid-p < 0.05", found.mean())
        found = reached(wins, losses, size, needed) > 0
        table.add(f"{size:>5} pairs  equal: pantheon", found.mean())
        for better in (0.02, 0.03):
            wins, losses = draw_pairs(draw, better, (runs, WEEK), size)
            night = reached(wins, losses, size, needed)
            name = f"{size:>5} pairs  truly +{100 * better:.0f} points: pantheon, within"
            table.add(f"{name} 1 night", (night == 1).mean())
            table.add(f"{name} 7 nights", (night > 0).mean())
        early, late = (draw_pairs(draw, b, (runs, n), size) for b, n in ((-0.02, 5), (0.03, WEEK)))
        wins, losses = (np.concatenate(x, axis=1) for x in zip(early, late, strict=True))
        night = reached(wins, losses, size, needed)
        name = f"{size:>5} pairs  -2 points for 5 nights, then +3: within 7 nights more"
        table.add(name, (night > 0).mean())
        wins, losses = draw_pairs(draw, -0.02, (runs, NIGHTS), size)
        name = f"{size:>5} pairs  truly -2 points: pantheon, ever"
        table.add(name, (reached(wins, losses, size, needed) > 0).mean())


def cheaper(seed: int, runs: int, table: Table) -> None:
    """Replacing something dearer: no worse than the margin."""
    needed, margin = -math.log(level(1, 0)), 0.02
    for size in SIZES:
        draw = np.random.default_rng([seed, size, 1])
        for better, nights in ((0.0, WEEK), (0.01, WEEK), (-0.02, NIGHTS), (-0.03, NIGHTS)):
            wins, losses = draw_pairs(draw, better, (runs, nights), size)
            found = reached(wins, losses, size, needed, margin) > 0
            name = f"{size:>5} pairs  truly {100 * better:+.0f} points: within {nights} nights"
            table.add(name, found.mean())


def many(seed: int, runs: int, table: Table) -> None:
    """One budget for all agents; after a promotion the next challenger is an equal."""
    runs = max(runs // 20, 20)
    for name, shared in (("independent", False), ("equals share one fate", True)):
        fates = [
            _fleet(np.random.default_rng([seed, run, 2]), shared=shared) for run in range(runs)
        ]
        false, true, week, naive = (np.array(x, dtype=float) for x in zip(*fates, strict=True))
        table.add(f"{name}: false among promotions", (false / np.maximum(false + true, 1)).mean())
        table.add(f"{name}: better ones found within 7 nights", week.mean() / 20)
        table.add(f"{name}: better ones found within 30 nights", true.mean() / 20)
        table.add(f"{name}: mid-p each night, false among promotions", naive.mean())


def _fleet(draw: np.random.Generator, *, shared: bool) -> tuple[int, int, int, float]:
    """False and true promotions, true ones in a week, and the false share of nightly mid-p."""
    agents, size = 100, 200
    better = draw.permutation(agents) < 20
    equal = draw_pairs(draw, 0.0, (1 if shared else agents, NIGHTS), size)
    lost, won = draw_pairs(draw, -0.03, (agents, NIGHTS), size)[0:2]
    wins, losses = (np.where(better[:, None], a, b) for a, b in ((won, equal[0]), (lost, equal[1])))
    after = draw_pairs(draw, 0.0, (agents, NIGHTS), size)
    position, tests = np.arange(1, agents + 1), agents
    tested = [EProcess() for _ in range(agents)]
    promoted, truly, false, week = np.zeros(agents, dtype=bool), 0, 0, 0
    for night in range(NIGHTS):
        for agent in range(agents):
            source = after if promoted[agent] else (wins, losses)
            tested[agent] = tested[agent].add(source[0][agent, night], source[1][agent, night])
            if tested[agent].log_e < -math.log(level(int(position[agent]), truly + false)):
                continue
            right = bool(better[agent]) and not promoted[agent]
            truly, false, week = truly + right, false + (not right), week + (right and night < WEEK)
            promoted[agent], tested[agent], tests = True, EProcess(), tests + 1
            position[agent] = tests
    hits = (p_values(wins, losses) < ALPHA).any(axis=1)
    return false, truly, week, float((hits & ~better).sum() / max(hits.sum(), 1))


def probation(seed: int, runs: int, table: Table) -> None:
    """Rollback by the limit, looked at after every row; and the whole review at night."""
    promise, rows = Promise(0.05, 0.95), 1000
    draw = np.random.default_rng([seed, 3])
    for risk in (0.025, 0.05, 0.075, 0.1, 0.15, 0.2):
        errors = (draw.random((runs, rows)) < risk).cumsum(axis=1)
        crossed = log_breach(errors, np.arange(1, rows + 1), 0.05) >= -math.log(ALPHA)
        name = f"true risk {100 * risk:4.1f} %: limit above the promise within"
        for until in (100, 300, 1000):
            table.add(f"{name} {until} rows", crossed[:, :until].any(axis=1).mean())
        verdicts = [_review(draw, risk, promise) for _ in range(runs // 5)]
        name = f"true risk {100 * risk:4.1f} %: 3 nights of 30 rows,"
        table.add(f"{name} rolled back", np.mean([v == "rolled back" for v in verdicts]))


def _review(draw: np.random.Generator, risk: float, promise: Promise) -> str:
    """The verdict on a canary beside a version whose risk is half the promise."""
    verdict, wrong, other = "", np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    for night in (1, 2, 3):
        wrong = np.concatenate([wrong, draw.random(30) < risk])
        other = np.concatenate([other, draw.random(30) < 0.025])
        here = np.ones(len(wrong), dtype=bool)
        verdict = review(Outcome(here, wrong), Outcome(here, other), promise, nights=night).verdict
        if verdict in {"settled", "rolled back"}:
            break
    return verdict


def reused(seed: int, runs: int, table: Table) -> None:
    """30 greedy nights on one holdout; every challenger is truly 85 % right."""
    runs = max(runs // 4, 50)
    for size in (200, 500, 1000):
        draw = np.random.default_rng([seed, size, 4])
        free, kept = zip(*(_climb(draw, size) for _ in range(runs)), strict=True)
        table.add(f"{size:>5} rows: higher score wins, no ledger", np.mean(free) - 0.85)
        table.add(
            f"{size:>5} rows: until the ledger says that the rows are worn", np.mean(kept) - 0.85
        )


def _climb(draw: np.random.Generator, size: int) -> tuple[float, float]:
    """The best score after 30 nights, and the one when the ledger stops the climb.

    The climber flips some answers at random and keeps what scores higher: truly, nothing changes.
    """
    right, told, within = draw.random(size) < 0.85, 0, -1.0
    for night in range(1, NIGHTS + 1):
        changed = np.where(draw.random(size) < DISCORDANT, draw.random(size) < 0.85, right)
        pairs = Paired.count(changed, right)
        better = pairs.candidate_only > pairs.deployed_only
        told += not better
        if better:
            right = changed
        if within < 0 and told_bits(night, told) > allowed_bits(size):
            within = float(right.mean())
    return float(right.mean()), within if within >= 0 else float(right.mean())


if __name__ == "__main__":
    main()
