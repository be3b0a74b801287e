# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
"""The kernel machine beside stacked logistic regressions, and with and without confident learning.

    python bench/learning/heads.py banking77_gpt4 clinc150 --rows 500 1500 --splits 3

`kernel`: the product's machine, one kernel of embeddings and n-grams. `plain`: the same without
the counterweight to frequent labels. `stacked`: scikit-learn's logistic regression on embeddings
beside TF-IDF of the same n-grams. `clean`: the product's machine that hardly learns from
rows that confident learning doubts. Told are agreement with the teacher, accuracy where there is gold, and the local
share that is certified at each budget: by left-out scores for kernels, by five-fold scores for the
regression, the same Learn-then-Test for both.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded, data_argument, load

from pantheon.ids import canonical_json
from pantheon.learn import Promise, Row, Settings, calibrate, train_and_judge

_ALL = Settings(holdout_share=0.0)
_KERNELS = {
    "kernel": _ALL,
    "plain": replace(_ALL, balance=(0.0,)),
    "clean": replace(_ALL, clean=True),
}


def main() -> None:
    """Print one line of JSON a stream, size and head."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("stream", nargs="+")
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 1500])
    parser.add_argument("--fresh", type=int, default=1500)
    parser.add_argument("--splits", type=int, default=3)
    data_argument(parser)
    args = parser.parse_args()
    for name in args.stream:
        stream = load(name, args.data)
        gold = _gold(args.data / "streams" / f"{name}.jsonl")
        for count in args.rows:
            found: dict[str, list[dict[str, float]]] = defaultdict(list)
            for seed in range(args.splits):
                _split(stream, gold, (count, args.fresh, seed), found)
            for head, runs in found.items():
                means = {key: round(float(np.mean([r[key] for r in runs])), 4) for key in runs[0]}
                print(json.dumps({"stream": name, "rows": count, "head": head, **means}))


def _gold(path: Path) -> dict[str, str]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["id"]: canonical_json(row["gold"]) for row in rows if row.get("gold")}


def _split(
    stream: Recorded,
    gold: dict[str, str],
    sizes: tuple[int, int, int],
    found: dict[str, list[dict[str, float]]],
) -> None:
    count, fresh, seed = sizes
    order = np.random.default_rng([seed, 9]).permutation(len(stream.texts))[: count + fresh]
    rows = [
        Row(stream.ids[i], stream.texts[i], stream.labels[i], stream.groups[i], 0.0, "bootstrap")
        for i in order.tolist()
    ]
    known, rest = rows[:count], rows[count:]
    for name, settings in _KERNELS.items():
        machine, judged = train_and_judge(known, embed=stream.embed, settings=settings)
        scores = machine.score([row.text for row in rest])
        said = [machine.labels[int(best)] for best in scores.best]
        labels = len(machine.labels)
        found[name].append(
            _figures(rest, said, scores.margin, (judged.margin, judged.wrong, labels), gold)
        )
    found["stacked"].append(_stacked(stream, known, rest, gold))


def _figures(
    rest: Sequence[Row],
    said: Sequence[str],
    margin: NDArray[np.float64],
    judged: tuple[NDArray[np.float64], NDArray[np.bool_], int],
    gold: dict[str, str],
) -> dict[str, float]:
    wrong = np.array([answer != row.label for answer, row in zip(said, rest, strict=True)])
    figures = {"agreement": float(1 - wrong.mean())}
    if gold:
        right = [a == gold.get(row.id) for a, row in zip(said, rest, strict=True)]
        figures["accuracy"] = float(np.mean(right))
    for budget in (0.02, 0.05):
        threshold = calibrate(*judged[:2], Promise(budget), labels=judged[2]).threshold
        local = margin >= threshold
        figures[f"local_{budget:.0%}"] = float(local.mean())
        figures[f"risk_{budget:.0%}"] = float((local & wrong).mean())
    return figures


def _stacked(
    stream: Recorded, known: Sequence[Row], rest: Sequence[Row], gold: dict[str, str]
) -> dict[str, float]:
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    chars = TfidfVectorizer(ngram_range=(3, 5), analyzer="char_wb", sublinear_tf=True)
    texts = [row.text for row in known]
    words.fit(texts)
    chars.fit(texts)

    def features(rows: Sequence[Row]) -> Any:
        inside = [row.text for row in rows]
        parts = (words.transform(inside), chars.transform(inside))
        meaning = sparse.csr_matrix(4 * stream.embed(inside))
        return sparse.hstack([meaning, *parts]).tocsr()

    x, y = features(known), np.array([row.label for row in known])
    margin, wrong = np.zeros(len(known)), np.zeros(len(known), dtype=bool)
    groups = [row.group for row in known]
    for seen, held in GroupKFold(5).split(x, y, groups):
        model = LogisticRegression(C=10, max_iter=200).fit(x[seen], y[seen])
        margin[held], said = _lead(model, x[held])
        wrong[held] = said != y[held]
    whole = LogisticRegression(C=10, max_iter=200).fit(x, y)
    leads, said = _lead(whole, features(rest))
    return _figures(rest, said.tolist(), leads, (margin, wrong, 0), gold)


def _lead(model: Any, x: Any) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    chances = model.predict_proba(x)
    best = np.sort(chances, axis=1)
    return best[:, -1] - best[:, -2], model.classes_[chances.argmax(axis=1)]


if __name__ == "__main__":
    main()
