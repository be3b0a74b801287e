"""Local share and realised risk of the nightly loop on recorded streams.

python bench/learning/streams.py banking77_gpt4 --budget 0.05 --seeds 5
python bench/learning/streams.py clinc150 --budget 0.02 0.05 --seeds 2
"""

from __future__ import annotations

import json
import math
import time
from argparse import ArgumentParser, Namespace

import numpy as np
from nightly import Protocol, Replay, replay
from recorded import Recorded, data_argument, load

from pantheon.learn import Promise


def main() -> None:
    """Print one line a run and one for all."""
    args = _parse()
    stream = load(args.stream, args.data)
    for budget in args.budget:
        horizon = args.horizon or None
        promise = Promise(budget, args.confidence, horizon)
        protocol = Protocol(promise, day=args.day, audit=args.audit, gated=not args.ungated)
        runs = [_run(stream, protocol, seed) for seed in range(args.first, args.first + args.seeds)]
        _summarise(stream, runs, promise)


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream")
    parser.add_argument("--budget", type=float, nargs="+", default=[0.05])
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--horizon", type=int, default=500, help="0: only in the long run")
    parser.add_argument("--day", type=int, default=500)
    parser.add_argument("--audit", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--ungated", action="store_true", help="promote every candidate")
    data_argument(parser)
    return parser.parse_args()


def _run(stream: Recorded, protocol: Protocol, seed: int) -> Replay:
    started = time.perf_counter()
    run = replay(stream, protocol, seed=seed)
    nights = math.ceil(len(run.local) / run.day) - 1
    whole, last = run.whole, run.last_third
    print(
        f"{stream.name} budget {protocol.promise.disagreement:.0%} seed {seed}: "
        f"local {run.share(whole):.1%} (last third {run.share(last):.1%}), "
        f"risk {run.risk(whole):.2%} (last third {run.risk(last):.2%}), "
        f"{run.promoted} of {nights} promoted, {run.alarms} alarms, "
        f"{(time.perf_counter() - started) / nights:.2f} s a night",
        flush=True,
    )
    return run


def _summarise(stream: Recorded, runs: list[Replay], promise: Promise) -> None:
    over = [run.risk(run.last_third) > promise.disagreement for run in runs]
    over_whole = [run.risk(run.whole) > promise.disagreement for run in runs]
    figures = {
        "stream": stream.name,
        "budget": promise.disagreement,
        "runs": len(runs),
        "local_whole": _mean([run.share(run.whole) for run in runs]),
        "local_last_third": _mean([run.share(run.last_third) for run in runs]),
        "risk_whole": _mean([run.risk(run.whole) for run in runs]),
        "risk_last_third": _mean([run.risk(run.last_third) for run in runs]),
        "over_budget_whole": sum(over_whole),
        "over_budget_last_third": sum(over),
        "alarms": sum(run.alarms for run in runs),
    }
    print(json.dumps(figures), flush=True)


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 4)


if __name__ == "__main__":
    main()
