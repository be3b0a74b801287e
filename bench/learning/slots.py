# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""Records from texts: local share and risk of one night's certificate, and how exact records are.

    python bench/learning/slots.py --known 2000 4000 6000 --seeds 5
    python bench/learning/slots.py --stream stdlib --known 1000 --fresh 1000

Each run takes so many rows of a shuffled stream, trains and certifies one extractor on them, and
answers the rows that follow. `broken` counts runs whose risk there is above the budget. Intervals
are of Student's t over seeds. The stream `stdlib` is not recorded: its texts are sentences about
the functions of Python's standard library, filled into phrases, and its records their parts.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from recorded import Recorded, data_argument, load
from scipy import stats
from signatures import signatures

from pantheon.clock import SystemClock
from pantheon.learn import Promise, Row, Task, Tools, certify, same_labels
from pantheon.learn.rungs import ExtractorRung
from pantheon.spec import parse_same


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one certificate came to on the rows that followed."""

    local: float
    risk: float
    exact: float
    slot_f1: float
    certified_local: float
    seconds: float
    milliseconds: float


def main() -> None:
    """Print one line a run, and one of JSON for each number of known rows."""
    args = _parse()
    stream = signatures() if args.stream == "stdlib" else load(args.stream, args.data)
    for known in args.known:
        runs = [
            _run(stream, known, seed, args) for seed in range(args.first, args.first + args.seeds)
        ]
        print(json.dumps(_summarise(stream, known, runs, args)), flush=True)


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--stream", default="snips", help="a recorded stream, or stdlib")
    parser.add_argument("--known", type=int, nargs="+", default=[2000, 4000, 6000])
    parser.add_argument("--fresh", type=int, default=4000, help="rows that follow")
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--horizon", type=int, default=1000, help="0: only in the long run")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    data_argument(parser)
    return parser.parse_args()


def _run(stream: Recorded, known: int, seed: int, args: Namespace) -> Outcome:
    order: list[int] = np.random.default_rng([seed, 11]).permutation(len(stream.texts)).tolist()
    rows = [_row(stream, index, at) for at, index in enumerate(order[: known + args.fresh])]
    promise = Promise(args.budget, args.confidence, args.horizon or None)
    same = parse_same("fields")
    task = Task("slots", {}, {}, "record", promise, same=same, seed=seed)
    tools = Tools(stream.embed, "all-minilm-l6-v2", same_labels(same), SystemClock())
    rung = ExtractorRung()
    started = time.perf_counter()
    trained = asyncio.run(rung.train(rows[:known], task, tools))
    candidate = certify(trained, task, rung)
    seconds = time.perf_counter() - started
    answers, milliseconds = _answer(candidate.specialist, rows[known:])
    outcome = _measure(answers, rows[known:], tools)
    local = candidate.calibration.local_share.estimate
    result = Outcome(*outcome, local, seconds, milliseconds)
    print(f"{stream.name} {known} rows, seed {seed}: {_describe(result)}", flush=True)
    return result


def _row(stream: Recorded, index: int, at: int) -> Row:
    text, label, group = stream.texts[index], stream.labels[index], stream.groups[index]
    return Row(stream.ids[index], text, label, group, float(at), "bootstrap")


def _answer(model: Any, rows: Sequence[Row]) -> tuple[list[Any], float]:
    answers: list[Any] = model.answer([row.text for row in rows])
    some = [row.text for row in rows[:200]]
    started = time.perf_counter()
    for text in some:
        model.answer([text])
    return answers, 1000 * (time.perf_counter() - started) / len(some)


def _measure(
    answers: Sequence[Any], rows: Sequence[Row], tools: Tools
) -> tuple[float, float, float, float]:
    right = np.array([tools.same(a.label, r.label) for a, r in zip(answers, rows, strict=True)])
    local = np.array([a.accepted for a in answers])
    said = [Counter(_slots(json.loads(a.label))) for a in answers]
    true = [Counter(_slots(json.loads(r.label))) for r in rows]
    shared = sum((s & t).total() for s, t in zip(said, true, strict=True))
    total = sum(s.total() + t.total() for s, t in zip(said, true, strict=True))
    risk = float((local & ~right).mean())
    return float(local.mean()), risk, float(right.mean()), 2 * shared / max(total, 1)


def _slots(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar with its path, folded; labels are among them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _slots(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _slots(inner, path)
    elif value is not None:
        yield path, str(value).casefold()


def _describe(run: Outcome) -> str:
    return (
        f"local {run.local:.1%} (certified on {run.certified_local:.1%}), risk {run.risk:.2%}, "
        f"exact {run.exact:.1%}, F1 {run.slot_f1:.3f}, {run.seconds:.0f} s, "
        f"{run.milliseconds:.1f} ms a request"
    )


def _summarise(
    stream: Recorded, known: int, runs: Sequence[Outcome], args: Namespace
) -> dict[str, Any]:
    return {
        "stream": stream.name,
        "known": known,
        "budget": args.budget,
        "runs": len(runs),
        "broken": sum(run.risk > args.budget for run in runs),
        **{
            name: _interval([getattr(run, name) for run in runs])
            for name in ("local", "risk", "exact", "slot_f1", "seconds", "milliseconds")
        },
    }


def _interval(values: Sequence[float]) -> list[float]:
    """Mean, and the half width of its 95 % interval."""
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    half = float(stats.t.ppf(0.975, len(values) - 1)) * spread / math.sqrt(len(values))
    return [round(float(np.mean(values)), 4), round(half, 4)]


if __name__ == "__main__":
    main()
