"""The numbers a night kept as evidence, with the words that say what each of them means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from pantheon.ids import Json, JsonObject
from pantheon.report._clean import NAME, clean
from pantheon.report._model import Fact

Unit: TypeAlias = Literal["share", "count", "score", "p", "e"]
MOST_FACTS = 24
"""Evidence is looked at by people; what goes beyond is in the store."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a number in the evidence is."""

    words: str
    unit: Unit


def _share(words: str) -> _Meaning:
    return _Meaning(words, "share")


def _count(words: str) -> _Meaning:
    return _Meaning(words, "count")


MEANINGS: Mapping[str, _Meaning] = {
    "calibration.rows": _count("Random requests it was calibrated on"),
    "calibration.errors": _count("of which answered here, unlike the cloud"),
    "calibration.risk_bound": _share("Certified to differ at most, of all requests"),
    "calibration.risk": _share("Estimated to differ, of all requests"),
    "calibration.local_share": _share("Estimated to be answered here"),
    "calibration.disagreement_local": _share("Estimated to differ, of those answered here"),
    "calibration.agreement": _share("Would agree if it had to answer everything"),
    "calibration.threshold": _Meaning("Answers from this confidence margin on", "score"),
    "gate.rows": _count("Held-out requests asked of both versions"),
    "gate.critical_rows": _count("Held-out requests with critical labels"),
    "gate.candidate.local_share": _share("Held out, new version: answered here"),
    "gate.candidate.risk": _share("Held out, new version: differs"),
    "gate.candidate.risk_bound": _share("Held out, new version: differs at most"),
    "gate.deployed.local_share": _share("Held out, old version: answered here"),
    "gate.deployed.risk": _share("Held out, old version: differs"),
    "gate.deployed.risk_bound": _share("Held out, old version: differs at most"),
    "gate.local.candidate_only": _count("Answered here by the new version only"),
    "gate.local.deployed_only": _count("Answered here by the old version only"),
    "gate.local.p_fewer": _Meaning("p-value: the new version answers fewer here", "p"),
    "gate.wrong.candidate_only": _count("Differs in the new version only"),
    "gate.wrong.deployed_only": _count("Differs in the old version only"),
    "gate.wrong.p_more": _Meaning("p-value: the new version differs more often", "p"),
    "examples.trained_on": _count("Examples trained on"),
    "examples.held_out": _count("Examples held out"),
    "gate.holdout.rows": _count("Held-out requests in use"),
    "gate.holdout.resting": _count("Held-out requests that rest, as they are worn"),
    "gate.holdout.looks": _count("Looks at those in use"),
    "gate.holdout.rejections": _count("of which ended in a rejection"),
    "gate.holdout.bits": _Meaning("What they can have told, in bits", "score"),
    "gate.holdout.bits_allowed": _Meaning("What they may tell, in bits", "score"),
    "gate.holdout.bits_left": _Meaning("Left of it, in bits", "score"),
    "looks": _count("Times the held-out examples have been looked at"),
}
"""Numbers of the evidence by their path; others are shown under their own names."""

_PARTS = ("examples", "calibration", "gate", "looks")
_LEFT_OUT = frozenset(
    {
        "calibration.promised",
        "calibration.confidence",
        "calibration.curve",
        "gate.local.p_more",
        "gate.wrong.p_fewer",
    }
)
"""Said elsewhere, or too much for people."""


def read_facts(evidence: JsonObject, *parts: str) -> tuple[Fact, ...]:
    """Every number of the evidence (or of some `parts` of it), in its own order.

    An object with `value`, `low` and `high` is one fact.
    """
    chosen: JsonObject = {name: evidence.get(name) for name in parts or _PARTS}
    return tuple(_walk(chosen, ()))[:MOST_FACTS]


def _walk(value: Json, path: tuple[str, ...]) -> Iterator[Fact]:
    if ".".join(path) in _LEFT_OUT:
        return
    if isinstance(value, dict):
        if {"value", "low", "high"} <= value.keys() and _is_number(value["value"]):
            yield _fact(path, value["value"], value["low"], value["high"])
        else:
            for name, part in value.items():
                yield from _walk(part, (*path, name))
    elif _is_number(value) and path[-1] not in ("low", "high", "level"):
        yield _fact(path, value)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _fact(path: tuple[str, ...], value: Json, low: Json = None, high: Json = None) -> Fact:
    number = cast("float", value)
    known = MEANINGS.get(".".join(path))
    return Fact(
        name=known.words if known else clean(" ".join(path[1:] or path).replace("_", " "), NAME),
        value=float(number),
        unit=known.unit if known else ("count" if isinstance(number, int) else "score"),
        low=float(cast("float", low)) if _is_number(low) else None,
        high=float(cast("float", high)) if _is_number(high) else None,
    )
