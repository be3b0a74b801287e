"""How much is answered locally within the promise, and what happens to out-of-scope requests.

    python bench/learning/local_share.py                       both streams at 2 % and 5 %
    python bench/learning/local_share.py clinc150 --budget 0.02 --seeds 2

The stream is replayed in shuffled orders by the nightly loop (`nightly.py`). A slice is the
requests to which the teacher gives one label (`--slice`, out of scope by default). Of it are told
the share answered locally as something else, which must stay within the budget too, and the recall:
which share of those answered locally was answered as what they are. "±" is half a 95 % interval
(Student's t) for the mean over orders.
"""

from __future__ import annotations

import json
import math
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nightly import Protocol, Replay, replay
from recorded import Recorded, data_argument, load

from pantheon.learn import Promise, Settings, t_quantile, verbalise

_TABLE = ("banking77_gpt4", "clinc150")


@dataclass(frozen=True, slots=True)
class Run:
    """Figures of one order."""

    local: float
    last_third: float
    risk: float
    slice_rows: int
    slice_local: int
    slice_wrong: int
    alarms: int
    seconds: float


def main() -> None:
    """Print one line a run and one for all orders of a stream and budget."""
    args = _parse()
    for name in args.stream or _TABLE:
        # Vectors are computed here once, not in every worker.
        load(name, args.data)
        for budget in args.budget:
            seeds = range(args.first, args.first + args.seeds)
            jobs = [(name, args.data, budget, seed, args) for seed in seeds]
            with ProcessPoolExecutor(args.workers) as pool:
                runs = list(pool.map(_run, jobs))
            _summarise(name, budget, runs)


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream", nargs="*")
    parser.add_argument("--budget", type=float, nargs="+", default=[0.02, 0.05])
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--day", type=int, default=500)
    parser.add_argument("--audit", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--slice", default="oos", help="a label reported by itself")
    parser.add_argument("--listed", action="store_true", help="the contract lists all labels")
    parser.add_argument("--workers", type=int, default=1)
    data_argument(parser)
    return parser.parse_args()


def _run(job: tuple[str, Path, float, int, Namespace]) -> Run:
    name, data, budget, seed, args = job
    stream = load(name, data)
    started = time.perf_counter()
    promise = Promise(budget, args.confidence, args.day)
    settings = Settings(labels=tuple(sorted(set(stream.labels))) if args.listed else ())
    protocol = Protocol(promise, day=args.day, audit=args.audit, settings=settings)
    found = replay(stream, protocol, seed=seed)
    inside = _slice(stream, args.slice, seed)
    run = _measure(found, inside, time.perf_counter() - started)
    print(
        f"{name} budget {budget:.0%} seed {seed}: local {run.local:.1%} "
        f"(last third {run.last_third:.1%}), risk {run.risk:.2%}, "
        f"{args.slice}: {run.slice_wrong} of {run.slice_rows} wrong, {run.slice_local} local, "
        f"{run.alarms} alarms, {run.seconds:.0f} s",
        flush=True,
    )
    return run


def _slice(stream: Recorded, label: str, seed: int) -> np.ndarray:
    inside = np.array([verbalise(found) == label for found in stream.labels], dtype=bool)
    return inside[np.random.default_rng(seed).permutation(len(inside))]


def _measure(found: Replay, inside: np.ndarray, seconds: float) -> Run:
    return Run(
        local=found.share(found.whole),
        last_third=found.share(found.last_third),
        risk=found.risk(found.whole),
        slice_rows=int(inside.sum()),
        slice_local=int((found.local & inside).sum()),
        slice_wrong=int((found.wrong & inside).sum()),
        alarms=found.alarms,
        seconds=seconds,
    )


def _summarise(name: str, budget: float, runs: Sequence[Run]) -> None:
    figures: dict[str, object] = {
        "stream": name,
        "budget": budget,
        "orders": len(runs),
        "local_whole": _interval([run.local for run in runs]),
        "local_last_third": _interval([run.last_third for run in runs]),
        "risk_whole": _interval([run.risk for run in runs]),
        "over_budget": sum(run.risk > budget for run in runs),
        "alarms": sum(run.alarms for run in runs),
    }
    if runs[0].slice_rows:
        shares = [run.slice_wrong / run.slice_rows for run in runs]
        local = sum(run.slice_local for run in runs)
        wrong = sum(run.slice_wrong for run in runs)
        figures |= {
            "slice_wrong": _interval(shares),
            "slice_wrong_most": round(max(shares), 4),
            "slice_over_budget": sum(share > budget for share in shares),
            "slice_local": round(local / sum(run.slice_rows for run in runs), 4),
            "slice_recall_of_local": round(1 - wrong / local, 4) if local else None,
        }
    print(json.dumps(figures), flush=True)


def _interval(values: Sequence[float]) -> str:
    mean = float(np.mean(values))
    if len(values) < 2:
        return f"{mean:.2%}"
    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return f"{mean:.2%} ± {t_quantile(0.975, len(values) - 1) * spread:.2%}"


if __name__ == "__main__":
    main()
