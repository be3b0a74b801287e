# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
"""jevstiller (Apache-2.0), another distiller with a bound, on the same vectors and orders.

    python -m pip install --target DIRECTORY --no-deps jevstiller
    PYTHONPATH=DIRECTORY python bench/learning/rival.py banking77_gpt4 --seeds 5

Its settings are for small streams: it trains from 400 rows, calibrates on 150, shadows for 200.
"""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded, data_argument, load

from pantheon.learn import verbalise


def main() -> None:
    """Print one line of JSON for all runs."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream")
    parser.add_argument("--budget", type=float, default=0.05)
    parser.add_argument("--audit", type=float, default=0.05)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--limit", type=int, default=None, help="rows of the stream at most")
    parser.add_argument("--slice", default="oos", help="a label reported by itself")
    data_argument(parser)
    args = parser.parse_args()
    stream = load(args.stream, args.data)
    seeds = range(args.first, args.first + args.seeds)
    runs = [_run(stream, args.budget, args.audit, seed, args.limit) for seed in seeds]
    local, wrong = (np.stack(parts) for parts in zip(*runs, strict=True))
    orders = np.stack([_order(stream, seed, args.limit) for seed in seeds])
    aside = np.array([_name(label) == args.slice for label in stream.labels])[orders]
    last = slice(local.shape[1] - local.shape[1] // 3, None)
    figures = {
        "rival": "jevstiller",
        "stream": stream.name,
        "budget": args.budget,
        "runs": len(runs),
        "local_whole": round(float(local.mean()), 4),
        "local_last_third": round(float(local[:, last].mean()), 4),
        "risk_whole": round(float(wrong.mean()), 4),
        "risk_last_third": round(float(wrong[:, last].mean()), 4),
        "over_budget_last_third": int((wrong[:, last].mean(axis=1) > args.budget).sum()),
    }
    if aside.any():
        answered = int((local & aside).sum())
        figures |= {
            "slice": args.slice,
            "slice_rows": int(aside.sum(axis=1).mean()),
            "slice_wrong_by_run": [
                round(float(share), 4) for share in (wrong & aside).sum(axis=1) / aside.sum(axis=1)
            ],
            "slice_recall_of_local": round(1 - int((wrong & aside).sum()) / max(answered, 1), 4),
        }
    print(json.dumps(figures), flush=True)


def _order(stream: Recorded, seed: int, limit: int | None) -> NDArray[np.intp]:
    return np.random.default_rng(seed).permutation(len(stream.texts))[:limit]


def _run(
    stream: Recorded, budget: float, audit: float, seed: int, limit: int | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    order: list[int] = _order(stream, seed, limit).tolist()
    with tempfile.TemporaryDirectory() as folder:
        loop = _loop(stream, budget, audit, seed, folder)
        local, wrong = np.zeros(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
        for start in range(0, len(order), 20):
            which = order[start : start + 20]
            found = loop.classify_batch([stream.texts[index] for index in which])
            for at, (index, result) in enumerate(zip(which, found, strict=True), start):
                local[at] = result.source.startswith("student")
                wrong[at] = local[at] and result.label != _name(stream.labels[index])
        loop.close()
    return local, wrong


def _name(label: str) -> str:
    return verbalise(label).replace(" ", "_")


def _loop(stream: Recorded, budget: float, audit: float, seed: int, folder: str) -> Any:
    from jevstiller import Config, Jevstiller, Task

    config = Config(
        audit_rate=audit,
        min_train_samples=400,
        min_samples_per_class=3,
        min_calib_samples=150,
        min_new_samples=250,
        shadow_min_samples=200,
        calib_fraction=0.3,
        training="inline",
        seed=seed,
        label_target="hard",
    )
    task = Task("stream", "Which label?", sorted(set(map(_name, stream.labels))), 1 - budget)
    return Jevstiller(task, _Teacher(stream), folder, encoder=_Encoder(stream), config=config)


class _Encoder:
    """The vectors that Pantheon gets."""

    id = "recorded"

    def __init__(self, stream: Recorded) -> None:
        self._stream = stream
        self.dim = len(next(iter(stream.vectors.values())))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._stream.embed(texts)


class _Teacher:
    """The recorded answers."""

    name = "recorded"

    def __init__(self, stream: Recorded) -> None:
        self._said = dict(zip(stream.texts, map(_name, stream.labels), strict=True))

    def classify(self, texts: Sequence[str], task: Any) -> list[Any]:
        from jevstiller import TeacherOutput

        def answer(label: str) -> Any:
            return TeacherOutput(label, {name: float(name == label) for name in task.labels}, 1.0)

        return [answer(self._said[text]) for text in texts]


if __name__ == "__main__":
    main()
