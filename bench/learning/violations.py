"""How often a promise is broken: one night on a random half-known stream, many times over.

    python bench/learning/violations.py banking77_gpt4 --rows 500 --budget 0.05 --splits 100

Each split trains and calibrates on the same random rows under four rules and measures the risk on
all the rest. `point`: the loosest margin whose estimate keeps the budget (no guarantee). `split`:
plain Learn-then-Test, 30 % of the rows only calibrate and the others only train. `long run`:
left-out scores of all rows, exact binomial. `horizon`: as Pantheon does.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded, data_argument, load

from pantheon.learn import Promise, Row, Settings, Specialist, fit
from pantheon.learn._calibrate import calibrate, pick_by_point_estimate
from pantheon.learn._fit import train_and_judge

_ALL = Settings(holdout_share=0.0)
_CALIBRATES = 0.3

Rule = Callable[[Sequence[Row], Recorded, Promise], Specialist]


def main() -> None:
    """Print one line of JSON a rule."""
    args = _parse()
    stream = load(args.stream, args.data)
    promise = Promise(args.budget, args.confidence)
    risks: dict[str, list[float]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(list)
    for seed in range(args.splits):
        order: list[int] = np.random.default_rng([seed, 7]).permutation(len(stream.texts)).tolist()
        rows = [_row(stream, index) for index in order]
        known, rest = rows[: args.rows], rows[args.rows : args.rows + args.fresh]
        for name, rule in RULES.items():
            specialist = rule(known, stream, promise)
            local, said = specialist.accepts([row.text for row in rest])
            differs = np.array([a != row.label for a, row in zip(said, rest, strict=True)])
            risks[name].append(float((local & differs).mean()))
            shares[name].append(float(local.mean()))
    for name in RULES:
        _print(args, name, np.array(risks[name]), np.array(shares[name]))


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream")
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--fresh", type=int, default=4000, help="rows the risk is measured on")
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--splits", type=int, default=100)
    data_argument(parser)
    return parser.parse_args()


def _row(stream: Recorded, index: int) -> Row:
    text, label, group = stream.texts[index], stream.labels[index], stream.groups[index]
    return Row(stream.ids[index], text, label, group, 0.0, "bootstrap")


def _point(rows: Sequence[Row], stream: Recorded, promise: Promise) -> Specialist:
    specialist, judged = train_and_judge(rows, embed=stream.embed, settings=_ALL)
    threshold = pick_by_point_estimate(judged.margin, judged.wrong, promise)
    return replace(specialist, threshold=threshold)


def _split(rows: Sequence[Row], stream: Recorded, promise: Promise) -> Specialist:
    cut = round(len(rows) * (1 - _CALIBRATES))
    specialist, _ = train_and_judge(rows[:cut], embed=stream.embed, settings=_ALL)
    scores = specialist.score([row.text for row in rows[cut:]])
    best: list[int] = scores.best.tolist()
    pairs = zip(best, rows[cut:], strict=True)
    wrong = np.array([specialist.labels[index] != row.label for index, row in pairs])
    long_run = replace(promise, horizon=None)
    return replace(specialist, threshold=calibrate(scores.margin, wrong, long_run).threshold)


def _long_run(rows: Sequence[Row], stream: Recorded, promise: Promise) -> Specialist:
    long_run = replace(promise, horizon=None)
    return fit(rows, embed=stream.embed, promise=long_run, settings=_ALL).specialist


def _horizon(rows: Sequence[Row], stream: Recorded, promise: Promise) -> Specialist:
    return fit(rows, embed=stream.embed, promise=promise, settings=_ALL).specialist


RULES: dict[str, Rule] = {
    "point": _point,
    "split": _split,
    "long run": _long_run,
    "horizon": _horizon,
}


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
