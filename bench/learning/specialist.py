"""Speed of a specialist with the real embedder, and seconds of one night.

python bench/learning/specialist.py --rows 5000
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser

import numpy as np
from recorded import data_argument, load

from pantheon.learn import Promise, Row, fit, gate
from pantheon.models import embedder


def main() -> None:
    """Train on clinc150, then ask what was not trained on."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--stream", default="clinc150")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--single", type=int, default=300)
    parser.add_argument("--batch", type=int, default=2000)
    data_argument(parser)
    args = parser.parse_args()
    stream = load(args.stream, args.data)
    rows = [
        Row(i, text, label, group, 0.0, "bootstrap")
        for i, text, label, group in zip(
            stream.ids, stream.texts, stream.labels, stream.groups, strict=True
        )
    ]
    engine, promise = embedder(), Promise()
    started = time.perf_counter()
    candidate = fit(rows[: args.rows], embed=engine.embed, promise=promise)
    fitted = time.perf_counter()
    gate(candidate, None, rows[: args.rows], promise=promise)
    gated = time.perf_counter()
    fresh = [row.text for row in rows[args.rows :]]
    specialist = candidate.specialist
    specialist.answer(["warm up"])
    single: list[float] = []
    for text in fresh[: args.single]:
        begun = time.perf_counter()
        specialist.answer([text])
        single.append(1000 * (time.perf_counter() - begun))
    batch = fresh[args.single : args.single + args.batch]
    begun = time.perf_counter()
    specialist.answer(batch)
    rate = len(batch) / (time.perf_counter() - begun)
    figures = {
        "rows": args.rows,
        "labels": len(specialist.labels),
        "megabytes": round(len(specialist.dumps()) / 1e6, 2),
        "night_seconds_with_embedding": round(gated - started, 2),
        "fit_seconds_with_embedding": round(fitted - started, 2),
        "single_ms_p50": round(float(np.median(single)), 2),
        "single_ms_p99": round(float(np.quantile(single, 0.99)), 2),
        "batched_per_second": round(rate),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
