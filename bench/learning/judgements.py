"""What a person's judgements are worth, against the truth: BANKING77 with GPT-4's answers.

    ./run python bench/learning/judgements.py --data DATA --seeds 5

*few labels*: five folds; the machine learns four of them from the teacher's answers, and N of those
on which its left-out answer differs from the teacher's most surely are judged. How often is it
right on the fifth, beside the teacher itself?

*few calls*: a stream in random order; at most a share of its requests is sent to the teacher (the
first ones, then those with the smallest margin), everything else is answered here at once. In
between a person judges N requests in all: first where the machine and the teacher differ, then
what the machine was least sure of. What was served before counts as it was served.
"""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from recorded import Recorded, data_argument, load

from pantheon.learn import Judged, Row, Settings, Specialist, t_quantile, train_and_judge

_STREAM = "banking77_gpt4"
_FOLDS = 5
_JUDGED = 10.0
"""Weight of a judged answer, as the product's lessons have it."""
_FIRST, _BLOCK = 400, 150
"""Requests that all go to the teacher, and after how many more the machine is trained again."""


def main() -> None:
    """Print both tables, with 95 % intervals over seeds (Student's t)."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--judgements", type=int, nargs="+", default=[0, 100, 200, 300])
    parser.add_argument("--calls", type=float, nargs="+", default=[0.2])
    data_argument(parser)
    args = parser.parse_args()
    stream, truth = load(_STREAM, args.data), _truth(args.data)
    right = np.mean([label == gold for label, gold in zip(stream.labels, truth, strict=True)])
    print(f"teacher: {right:.2%} right of {len(truth):,}")
    for count in args.judgements:
        _say(
            "few labels",
            count,
            "",
            [_few_labels(stream, truth, count, s) for s in range(args.seeds)],
        )
    for share in args.calls:
        for count in args.judgements:
            runs = [_few_calls(stream, truth, share, count, s) for s in range(args.seeds)]
            _say("few calls", count, f", {share:.0%} of the requests sent to the teacher", runs)


def _truth(folder: Path) -> list[str]:
    path = folder / "streams" / f"{_STREAM}.jsonl"
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    golds = [row.get("gold") or row["output"] for row in rows]
    return [json.dumps(gold, sort_keys=True, separators=(",", ":")) for gold in golds]


def _say(table: str, count: int, more: str, shares: Sequence[float]) -> None:
    mean, many = float(np.mean(shares)), len(shares) > 1
    spread = float(np.std(shares, ddof=1)) if many else 0.0
    half = t_quantile(0.975, len(shares) - 1) * spread / math.sqrt(len(shares)) if many else 0.0
    print(f"{table}: {count} judgements{more}: {mean:.2%} ± {half:.2%} right", flush=True)


# ------------------------------------------------------------------------------------ few labels
@dataclass(slots=True)
class Known:
    """What is known of the stream so far: answers that train, and their weights."""

    stream: Recorded
    truth: list[str]
    labels: list[str]
    judged: set[int] = field(default_factory=set[int])

    def train(self, indices: Sequence[int]) -> tuple[Specialist, Judged]:
        """The product's machine on these requests; every answer it ever saw is a possible one."""
        rows = [self._row(index) for index in sorted({*indices, *self.judged})]
        settings = Settings(
            holdout_share=0.0, labels=tuple(sorted({*self.stream.labels, *self.truth}))
        )
        return train_and_judge(rows, embed=self.stream.embed, settings=settings)

    def judge(self, indices: Sequence[int]) -> None:
        """A person says what is right."""
        for index in indices:
            self.labels[index] = self.truth[index]
            self.judged.add(index)

    def _row(self, index: int) -> Row:
        stream = self.stream
        weight = _JUDGED if index in self.judged else 1.0
        label, group = self.labels[index], stream.groups[index]
        return Row(
            str(index), stream.texts[index], label, group, float(index), "bootstrap", 1.0, weight
        )

    def differing(self, judged: Judged) -> list[int]:
        """Requests on which the left-out answer is another one, the surest first."""
        found = [
            (-float(margin), int(id))
            for id, margin, said in zip(judged.ids, judged.margin, judged.said, strict=True)
            if said != self.labels[int(id)] and int(id) not in self.judged
        ]
        return [index for _, index in sorted(found)]


def _few_labels(stream: Recorded, truth: list[str], count: int, seed: int) -> float:
    """Share of right answers on the folds that were left out."""
    folds = np.random.default_rng([seed, 3]).permutation(len(truth)) % _FOLDS
    right = 0
    for fold in range(_FOLDS):
        known = Known(stream, truth, list(stream.labels))
        mine = np.flatnonzero(folds != fold).tolist()
        machine, judged = known.train(mine)
        if count:
            known.judge(known.differing(judged)[:count])
            machine, _ = known.train(mine)
        rest: list[int] = np.flatnonzero(folds == fold).tolist()
        said = _answers(machine, [stream.texts[index] for index in rest])[0]
        right += sum(answer == truth[index] for answer, index in zip(said, rest, strict=True))
    return right / len(truth)


def _answers(machine: Specialist, texts: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    scores = machine.score(texts)
    return [machine.labels[int(best)] for best in scores.best], scores.margin


# ------------------------------------------------------------------------------------- few calls
def _few_calls(stream: Recorded, truth: list[str], share: float, count: int, seed: int) -> float:
    """Share of right answers among all that were served."""
    order: list[int] = np.random.default_rng([seed, 5]).permutation(len(truth)).tolist()
    known = Known(stream, truth, list(stream.labels))
    asked: list[int] = order[:_FIRST]
    unsure: list[tuple[float, int]] = []
    right = sum(stream.labels[index] == truth[index] for index in asked)
    budget, place = int(share * len(order)), _FIRST
    machine = _teach(known, asked, unsure, _earned(count, len(asked), budget))
    while place < len(order):
        block = order[place : place + _BLOCK]
        said, margin = _answers(machine, [stream.texts[index] for index in block])
        calls = _calls(budget - len(asked), len(order) - place, len(block))
        weakest: list[int] = np.argsort(margin)[:calls].tolist()
        sent = set(weakest)
        for number, index in enumerate(block):
            served = stream.labels[index] if number in sent else said[number]
            right += served == truth[index]
            if number not in sent:
                unsure.append((float(margin[number]), index))
        asked = [*asked, *(block[number] for number in sorted(sent))]
        place += len(block)
        machine = _teach(known, asked, unsure, _earned(count, len(asked), budget))
    return right / len(order)


def _earned(count: int, asked: int, budget: int) -> int:
    """Judgements given by now: as the calls go, so do they."""
    return int(count * min(1.0, asked / budget))


def _calls(left: int, requests: int, block: int) -> int:
    """How many of a block are sent: rather early than late, since the machine learns from them."""
    share = min(1.0, left / requests * (1 + requests / (requests + _FIRST + block)))
    return min(round(share * block), left)


def _teach(
    known: Known, asked: Sequence[int], unsure: Sequence[tuple[float, int]], until: int
) -> Specialist:
    machine, judged = known.train(asked)
    wanted = until - len(known.judged)
    if wanted <= 0:
        return machine
    first = known.differing(judged)[:wanted]
    then = [index for _, index in sorted(unsure) if index not in known.judged]
    known.judge([*first, *then[: wanted - len(first)]])
    return known.train(asked)[0]


if __name__ == "__main__":
    main()
