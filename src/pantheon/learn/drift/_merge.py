"""Two agents of one contract that get the same requests and give the same answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from pantheon.learn._evidence import estimate_json
from pantheon.learn._intervals import Interval, clopper_pearson
from pantheon.learn.drift._domain import tell_apart
from pantheon.spec import same_output

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn.drift._used import Used

_MOST = 300
_LEAST_TAUGHT = 30


def find_merge(
    left: Used, right: Used, *, agreement: float, told_apart: float, level: float
) -> JsonObject | None:
    """The case for merging two agents, or None.

    Their inputs must overlap (a classifier hardly tells them apart), and each one's specialist must
    say of the other's traffic what the other's teacher said, with a lower limit of `agreement`.
    """
    auc = tell_apart(left.vectors[:_MOST], right.vectors[:_MOST], seed=0)
    if auc > told_apart:
        return None
    ours, theirs = _agreement(left, right, level), _agreement(right, left, level)
    if min(ours.low, theirs.low) < agreement:
        return None
    usd = _saving(left, right) + _saving(right, left)
    both = f"{left.name} and {right.name}"
    return {
        "says": f"{both} get the same kind of requests and answer them alike.",
        "evidence": {
            "auc": auc,
            f"{left.name}_on_{right.name}": estimate_json(ours),
            f"{right.name}_on_{left.name}": estimate_json(theirs),
        },
        "saving": {
            "usd_a_month_at_most": usd,
            "seconds_a_night": min(left.lesson_seconds, right.lesson_seconds),
            "says": f"one lesson a night less, and up to {usd:.2f} USD a month: what one sends to "
            "the cloud the other can answer",
        },
        "change": f"Keep one of {both} in pantheon.yaml and let the flows of the other use it.",
    }


def _agreement(speaker: Used, other: Used, level: float) -> Interval:
    """How often the specialist of one says what the teacher of the other said."""
    chosen = [i for i in np.flatnonzero(other.taught).tolist() if other.outputs[i]][-_MOST:]
    if len(chosen) < _LEAST_TAUGHT or speaker.answer is None:
        return clopper_pearson(0, 0, level)
    said = speaker.answer([other.texts[i] for i in chosen])
    alike = sum(
        same_output(other.same, json.loads(p.label), json.loads(other.outputs[i]))
        for p, i in zip(said, chosen, strict=True)
    )
    return clopper_pearson(alike, len(chosen), level)


def _saving(speaker: Used, other: Used) -> float:
    """USD a month for what one sends to the cloud and the other's specialist would answer."""
    sent = np.flatnonzero(~other.local).tolist()[-_MOST:]
    if not sent or speaker.answer is None:
        return 0.0
    accepted = [p.accepted for p in speaker.answer([other.texts[i] for i in sent])]
    return other.monthly(float(np.mean(~other.local)) * float(np.mean(accepted)))
