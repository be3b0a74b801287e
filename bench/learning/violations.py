"""How often a promise is broken: one night on a random half-known stream, many times over.

    python bench/learning/violations.py banking77_gpt4 --rows 500 --budget 0.05 --splits 100

Each split trains on the same random rows, picks a margin by four rules, and measures the risk on
the rest. `point`: the loosest margin whose left-out estimate keeps the budget (no guarantee).
`split`: plain Learn-then-Test, where 30 % of the rows only calibrate and the others only train.
`left out`: left-out scores of all rows, exact binomial, nothing more. `pantheon`: the default.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded, data_argument, load

from pantheon.learn import (
    Promise,
    Row,
    Settings,
    Specialist,
    calibrate,
    pick_by_point_estimate,
    train_and_judge,
)

_ALL = Settings(holdout_share=0.0)
_CALIBRATES = 0.3


@dataclass(frozen=True, slots=True)
class Scored:
    """How far each answer led, and whether it differed from the teacher's."""

    margin: NDArray[np.float64]
    wrong: NDArray[np.bool_]


def main() -> None:
    """Print one line of JSON a rule."""
    args = _parse()
    stream = load(args.stream, args.data)
    promise = Promise(args.budget, args.confidence)
    risks: dict[str, list[float]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(list)
    for seed in range(args.first, args.first + args.splits):
        order: list[int] = np.random.default_rng([seed, 7]).permutation(len(stream.texts)).tolist()
        rows = [_row(stream, index) for index in order[: args.rows + args.fresh]]
        for name, (threshold, rest) in _decide(rows, args.rows, stream, promise).items():
            local = rest.margin >= threshold
            risks[name].append(float((local & rest.wrong).mean()))
            shares[name].append(float(local.mean()))
    for name, values in risks.items():
        _print(args, name, np.array(values), np.array(shares[name]))


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream")
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--fresh", type=int, default=4000, help="rows the risk is measured on")
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--splits", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    data_argument(parser)
    return parser.parse_args()


def _row(stream: Recorded, index: int) -> Row:
    text, label, group = stream.texts[index], stream.labels[index], stream.groups[index]
    return Row(stream.ids[index], text, label, group, 0.0, "bootstrap")


def _decide(
    rows: Sequence[Row], known: int, stream: Recorded, promise: Promise
) -> dict[str, tuple[float, Scored]]:
    """For each rule its margin, and the scores of the rest by the machine it is for."""
    long_run = replace(promise, horizon=None)
    whole, judged = train_and_judge(rows[:known], embed=stream.embed, settings=_ALL)
    rest = _score(whole, rows[known:])
    cut = round(known * (1 - _CALIBRATES))
    part, _ = train_and_judge(rows[:cut], embed=stream.embed, settings=_ALL)
    aside = _score(part, rows[cut:known])
    return {
        "point": (pick_by_point_estimate(judged.margin, judged.wrong, promise), rest),
        "split": (
            calibrate(aside.margin, aside.wrong, long_run).threshold,
            _score(part, rows[known:]),
        ),
        "left out": (calibrate(judged.margin, judged.wrong, long_run).threshold, rest),
        "pantheon": (
            calibrate(judged.margin, judged.wrong, promise, labels=len(whole.labels)).threshold,
            rest,
        ),
    }


def _score(specialist: Specialist, rows: Sequence[Row]) -> Scored:
    scores = specialist.score([row.text for row in rows])
    best: list[int] = scores.best.tolist()
    pairs = zip(best, rows, strict=True)
    wrong = np.array([specialist.labels[index] != row.label for index, row in pairs])
    return Scored(scores.margin, wrong)


def _print(
    args: Namespace, name: str, risks: NDArray[np.float64], shares: NDArray[np.float64]
) -> None:
    figures = {
        "stream": args.stream,
        "rows": args.rows,
        "budget": args.budget,
        "rule": name,
        "splits": len(risks),
        "broken": int((risks > args.budget).sum()),
        "risk": round(float(risks.mean()), 4),
        "local": round(float(shares.mean()), 4),
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
