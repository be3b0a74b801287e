"""Local share, disagreement and realised risk of the product's own days and nights.

python bench/simulate/run.py                              the table: banking77, then clinc150
python bench/simulate/run.py banking77_gpt4 --budget 0.05 --seeds 5
python bench/simulate/run.py clinc150 --budget 0.02 0.05 --seeds 2 --json figures.json

Every run is `pantheon.night.simulate`, shuffled by its seed: runtime, agent, audits, curation,
lessons and gates are the product's. "Over" counts runs whose realised disagreement over all
requests (in the whole stream, in the last third) exceeded the promise.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from pantheon.ids import Json, JsonObject
from pantheon.learn import VectorCache
from pantheon.models import embedder
from pantheon.night import (
    Day,
    Figures,
    Simulation,
    SimulationSettings,
    Subject,
    simulate,
    simulation_to_json,
)
from pantheon.spec import Promise

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Case:
    """A stream, the promised disagreement, and how many orders are tried."""

    stream: str
    budget: float
    seeds: int


TABLE = (
    Case("banking77_gpt4", 0.05, 5),
    Case("clinc150", 0.02, 5),
    Case("clinc150", 0.05, 5),
)


def main() -> int:
    """Print a line a run and one a case; with --json keep the figures."""
    args = _parse()
    cases = _cases(args)
    for case in cases:
        if not _path(case, args).exists():
            print(f"{_path(case, args)} is missing: give the data directory with --data.")
            return 1
    vectors = VectorCache(embedder())
    results: list[Json] = [_run_case(case, args, vectors) for case in cases]
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream", nargs="?", help="one stream; without it the whole table")
    parser.add_argument("--budget", type=float, nargs="+", default=[0.05])
    parser.add_argument("--seeds", type=int, help="orders tried of each stream")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--day", type=int, default=500)
    parser.add_argument("--audit", type=float, default=0.05)
    parser.add_argument("--confidence", type=float, default=0.95)
    data = Path(os.environ.get("PANTHEON_DATA", BESIDE))
    parser.add_argument("--data", type=Path, default=data, help="holds streams/*.jsonl")
    parser.add_argument("--json", type=Path, help="where the figures go")
    return parser.parse_args()


def _cases(args: Namespace) -> list[Case]:
    named = [Case(args.stream, budget, 5) for budget in args.budget] if args.stream else TABLE
    return [Case(c.stream, c.budget, args.seeds or c.seeds) for c in named]


def _run_case(case: Case, args: Namespace, vectors: VectorCache) -> JsonObject:
    runs: list[Simulation] = []
    seconds: list[float] = []
    for seed in range(args.first, args.first + case.seeds):
        begun = time.perf_counter()
        runs.append(_simulate(case, seed, args, vectors))
        seconds.append(time.perf_counter() - begun)
        _say_run(case, seed, runs[-1], seconds[-1])
    summary = _summarise(case, runs, seconds)
    print(json.dumps(summary), flush=True)
    return {**summary, "runs": [_without_days(run) for run in runs]}


def _simulate(case: Case, seed: int, args: Namespace, vectors: VectorCache) -> Simulation:
    promise = Promise(case.budget, args.confidence, args.audit)
    settings = SimulationSettings(day=args.day, promise=promise, seed=seed, shuffle=True)
    subject = Subject(embedder=vectors)
    return asyncio.run(
        simulate(_path(case, args), settings=settings, subject=subject, progress=_progress)
    )


def _path(case: Case, args: Namespace) -> Path:
    return args.data / "streams" / f"{case.stream}.jsonl"


def _progress(day: Day, days: int) -> None:
    print(f"  day {day.number} of {days}", end="\r", file=sys.stderr, flush=True)


def _say_run(case: Case, seed: int, run: Simulation, seconds: float) -> None:
    nights = [day.night for day in run.days if day.night]
    promoted = sum(night.outcome == "promoted" for night in nights)
    slowest = max((night.training_seconds for night in nights), default=0.0)
    print(
        f"{case.stream} budget {case.budget:.0%} seed {seed}: "
        f"local {_share(run.total)} (last third {_share(run.last_third)}), "
        f"risk {_risk(run.total):.2%} (last third {_risk(run.last_third):.2%}), "
        f"{promoted} of {len(nights)} promoted, "
        f"{sum(day.stepped_back for day in run.days)} stepped back, "
        f"slowest lesson {slowest:.1f} s, {seconds:.0f} s in all",
        flush=True,
    )


def _share(figures: Figures) -> str:
    return f"{figures.local.rate or 0.0:.1%}"


def _risk(figures: Figures) -> float:
    return figures.disagreement.rate or 0.0


def _summarise(case: Case, runs: Sequence[Simulation], seconds: Sequence[float]) -> JsonObject:
    latencies = [ms for run in runs for ms in run.latency_milliseconds if ms is not None]
    accuracies = [run.total.accuracy.rate for run in runs if run.total.accuracy.rate is not None]
    return {
        "stream": case.stream,
        "budget": case.budget,
        "seeds": len(runs),
        "local_whole": _mean([run.total.local.rate or 0.0 for run in runs]),
        "local_last_third": _mean([run.last_third.local.rate or 0.0 for run in runs]),
        "risk_whole": _mean([_risk(run.total) for run in runs]),
        "risk_last_third": _mean([_risk(run.last_third) for run in runs]),
        "over_whole": sum(_risk(run.total) > case.budget for run in runs),
        "over_last_third": sum(_risk(run.last_third) > case.budget for run in runs),
        "stepped_back_days": sum(day.stepped_back for run in runs for day in run.days),
        "accuracy": _mean(accuracies) if accuracies else None,
        "cloud_calls": _mean([run.total.cloud_calls for run in runs]),
        "latency_ms_p50": round(min(latencies), 2) if latencies else None,
        "training_seconds": _mean([run.training_seconds for run in runs]),
        "seconds": _mean(seconds),
    }


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 4)


def _without_days(run: Simulation) -> JsonObject:
    return {key: value for key, value in simulation_to_json(run).items() if key != "days"}


if __name__ == "__main__":
    sys.exit(main())
