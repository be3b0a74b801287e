# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""What is found in a raw chat log of which the tasks are known, and how long it takes.

python bench/learning/discovery.py --calls 10000 --seeds 5 [--data DIR] [--json FILE]

For each seed a log is made (see chatlog.py) and discovery runs on it. A proposal has found a task
if at least 80 % of its calls are the task's and it has at least 80 % of the task's calls.

- precision, recall: of proposals that found a task, of tasks that were found
- ARI: adjusted Rand index of calls by proposal against calls by task; all noise is one class
- purity: share of the proposals' calls that are of their proposal's commonest task
- contract: share of found tasks with the right shape, number of inputs and fields of the answer
- cpu, wall: seconds, all learning curves included; reading the log is part of it

Mean over seeds, with the 95 % t-interval.
"""

from __future__ import annotations

import io
import json
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from chatlog import Log, TrueTask, make_log, tasks_of
from recorded import data_argument
from scipy.stats import t as student

from pantheon.learn.discover import CallLog, Discovery, LogReader, discover
from pantheon.models import embedder
from pantheon.spec import Price

_ENOUGH = 0.8
_NONE = "none"
_COLUMNS = ("precision", "recall", "ari", "purity", "contract", "cpu", "wall")


@dataclass(frozen=True, slots=True)
class Scores:
    """How one log went; `missed` are tasks that were not found."""

    figures: dict[str, float]
    missed: tuple[str, ...]


def main() -> None:
    """Print a line a seed and the means."""
    args = _parse()
    data = args.data if (args.data / "streams").is_dir() else None
    tasks = tasks_of(data)
    print(f"{len(tasks)} tasks, {args.calls} calls, {args.noise:.0%} noise, data: {data or 'none'}")
    runs = [_run(tasks, args, seed) for seed in range(args.seeds)]
    table = {name: [run.figures[name] for run in runs] for name in _COLUMNS}
    print("  ".join(f"{name:>18}" for name in _COLUMNS))
    print("  ".join(f"{_interval(values):>18}" for values in table.values()))
    if args.json:
        args.json.write_text(json.dumps({"calls": args.calls, "tasks": len(tasks), **table}))


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--noise", type=float, default=0.3, help="share of calls that recur not")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    data_argument(parser)
    return parser.parse_args()


def _run(tasks: list[TrueTask], args: Namespace, seed: int) -> Scores:
    log = make_log(tasks, calls=args.calls, noise=args.noise, seed=seed)
    raw = "\n".join(json.dumps(line) for line in log.lines).encode()
    ready = embedder()
    ready.embed(["warm"])
    wall, cpu = time.perf_counter(), time.process_time()
    reader = LogReader()
    reader.read("bench", io.BytesIO(raw))
    calls = reader.log()
    found = discover(calls, embedder=ready, price=Price(2.5, 10), seed=seed)
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    scores = _score(tasks, log, calls, found)
    figures = {**scores.figures, **spent}
    told = ", ".join(f"{name} {figures[name]:.3f}" for name in _COLUMNS)
    print(f"seed {seed}: {told}, missed: {', '.join(scores.missed) or 'none'}", flush=True)
    return Scores(figures, scores.missed)


def _score(tasks: list[TrueTask], log: Log, calls: CallLog, found: Discovery) -> Scores:
    from sklearn.metrics import adjusted_rand_score

    given = {one.id: p.id for p in found.proposals for one in p.observed}
    truth = [log.truth[call.id] or _NONE for call in calls.calls]
    guess = [given.get(call.id, _NONE) for call in calls.calls]
    sizes = Counter(truth)
    matched: dict[str, bool] = {}
    own = hits = 0
    for proposal in found.proposals:
        inside = Counter(log.truth[one.id] or _NONE for one in proposal.observed)
        name, count = inside.most_common(1)[0]
        own, hits = own + count, hits + inside.total()
        task = next((one for one in tasks if one.name == name), None)
        if task and count >= _ENOUGH * max(inside.total(), sizes[name]):
            fields = proposal.contract.output["properties"]
            inputs = proposal.contract.input["properties"]
            assert isinstance(fields, dict)
            assert isinstance(inputs, dict)
            right = proposal.kind == task.shape and len(inputs) == task.inputs
            matched[name] = right and (not task.fields or task.fields == frozenset(fields))
    figures = {
        "precision": len(matched) / max(1, len(found.proposals)),
        "recall": len(matched) / len(tasks),
        "ari": float(adjusted_rand_score(truth, guess)),
        "purity": own / max(1, hits),
        "contract": sum(matched.values()) / max(1, len(matched)),
    }
    missed = [one.name for one in tasks if one.name not in matched]
    return Scores(figures, tuple(missed))


def _interval(values: list[float]) -> str:
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return f"{mean:.3f}"
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return f"{mean:.3f} ± {half:.3f}"


if __name__ == "__main__":
    main()
