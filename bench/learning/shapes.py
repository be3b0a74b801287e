"""Sets, numbers and records: local share, agreement of fields, and how often the promise breaks.

    python bench/learning/stdlib.py --out mine/streams
    python bench/learning/shapes.py stdlib_record --data mine --rows 500 --splits 100

Each split trains the `record` rung on random rows, certifies it as the ladder does, and measures
the risk on the rest. `--same` says when two outputs are the same; the streams of stdlib.py know.
"""

from __future__ import annotations

import asyncio
import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded, data_argument, load
from stdlib import SAME

from pantheon.clock import SystemClock
from pantheon.learn import (
    Embed,
    Promise,
    Row,
    Task,
    Tools,
    Trained,
    calibrate,
    fit_certainty,
    same_labels,
)
from pantheon.learn.rungs import RecordModel, RecordRung
from pantheon.models import embedder
from pantheon.spec import parse_same


def main() -> None:
    """Print one line of JSON."""
    args = _parse()
    stream = load(args.stream, args.data)
    found = [_split(stream, args, seed) for seed in range(args.first, args.first + args.splits)]
    local, risk, seconds = (np.array(part) for part in zip(*[f[:3] for f in found], strict=True))
    figures = {
        "stream": args.stream,
        "same": args.same or SAME.get(args.stream, "exact"),
        "rows": args.rows,
        "budget": args.budget,
        "splits": len(found),
        "broken": int((risk > args.budget).sum()),
        "risk": round(float(risk.mean()), 4),
        "local": round(float(local.mean()), 4),
        "agreement": round(float(np.mean([f[4] for f in found])), 4),
        "seconds": round(float(seconds.mean()), 2),
        "fields": found[-1][3],
    }
    print(json.dumps(figures), flush=True)


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream")
    parser.add_argument("--same", help="as in a contract; default: what stdlib.py says, or exact")
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--fresh", type=int, default=3000, help="rows the risk is measured on")
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    data_argument(parser)
    return parser.parse_args()


def _split(
    stream: Recorded, args: Namespace, seed: int
) -> tuple[float, float, float, object, float]:
    order: list[int] = np.random.default_rng([seed, 7]).permutation(len(stream.texts)).tolist()
    rows = [
        Row(stream.ids[i], stream.texts[i], stream.labels[i], stream.groups[i], 0.0, "bootstrap")
        for i in order[: args.rows + args.fresh]
    ]
    same = parse_same(args.same or SAME.get(args.stream, "exact"))
    promise = Promise(args.budget)
    task = Task("bench", {}, {}, "record", promise, same=same)
    tools = Tools(_embed(stream), "bench", same_labels(same), SystemClock())
    started = time.perf_counter()
    trained = asyncio.run(RecordRung().train(rows[: args.rows], task, tools))
    seconds = time.perf_counter() - started
    threshold = _certified(trained, promise)
    fresh = rows[args.rows :]
    model = trained.model
    if not isinstance(model, RecordModel):
        raise TypeError("the record rung gave something else")
    said, scores = model.score([row.text for row in fresh])
    wrong = np.array([not tools.same(s, row.label) for s, row in zip(said, fresh, strict=True)])
    local = scores >= threshold
    agreement = float(1 - wrong.mean())
    risk = float((local & wrong).mean())
    return float(local.mean()), risk, seconds, trained.note.get("fields"), agreement


def _embed(stream: Recorded) -> Embed:
    """Vectors of the stream, and of names of values, which are computed when first asked for."""

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        new = sorted({text for text in texts if text not in stream.vectors})
        if new:
            stream.vectors.update(zip(new, embedder().embed(new), strict=True))
        return stream.embed(texts)

    return embed


def _certified(trained: Trained, promise: Promise) -> float:
    judged = trained.judged
    certainty = fit_certainty(judged.margin, ~judged.wrong)
    return calibrate(
        judged.margin, judged.wrong, promise, floor=certainty.even, labels=trained.choices
    ).threshold


if __name__ == "__main__":
    main()
