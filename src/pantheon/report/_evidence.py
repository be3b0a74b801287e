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
    "calibration.errors": _count("of them answered here and unlike the cloud"),
    "calibration.bound": _share("Certified: at most this many of all requests differ"),
    "calibration.risk": _share("Estimated to differ, of all requests"),
    "calibration.local_share": _share("Estimated to be answered here"),
    "calibration.disagreement_local": _share("Estimated to differ, of those answered here"),
    "calibration.agreement": _share("Would agree if it had to answer everything"),
    "calibration.threshold": _Meaning("Answers from this confidence margin on", "score"),
    "gate.rows": _count("Held-out requests asked of both versions"),
    "gate.critical_rows": _count("Held-out requests with critical labels"),
    "gate.candidate.local_share": _share("New version: answered here, held out"),
    "gate.candidate.risk": _share("New version: differ, held out"),
    "gate.candidate.risk_bound": _share("New version: differ at most, held out"),
    "gate.deployed.local_share": _share("Old version: answered here, held out"),
    "gate.deployed.risk": _share("Old version: differ, held out"),
    "gate.deployed.risk_bound": _share("Old version: differ at most, held out"),
    "gate.local.candidate_only": _count("Answered here by the new version only"),
    "gate.local.deployed_only": _count("Answered here by the old version only"),
    "gate.wrong.candidate_only": _count("Differ with the new version only"),
    "gate.wrong.deployed_only": _count("Differ with the old version only"),
}
"""Numbers of the evidence by their path; others are shown under their own names."""

_LEFT_OUT = frozenset({"promise", "curve", "level"})
"""Said elsewhere, or no number for people."""
_REPEATED = frozenset({"gate.local.rows", "gate.wrong.rows"})


def read_facts(evidence: JsonObject) -> tuple[Fact, ...]:
    """Every number of `calibration` and `gate` in the evidence, in its own order.

    An object with `low` and `high` beside its `estimate` (or `value`) is one fact.
    """
    parts: JsonObject = {name: evidence.get(name) for name in ("calibration", "gate")}
    return tuple(fact for _, fact in _walk(parts, ()))[:MOST_FACTS]


def _walk(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Fact]]:
    if isinstance(value, dict):
        estimate = value.get("estimate", value.get("value"))
        if _is_number(estimate) and "low" in value and "high" in value:
            yield path, _fact(path, estimate, value["low"], value["high"])
            return
        for name, part in value.items():
            if name not in _LEFT_OUT:
                yield from _walk(part, (*path, name))
    elif _is_number(value) and ".".join(path) not in _REPEATED:
        yield path, _fact(path, value)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _fact(path: tuple[str, ...], value: Json, low: Json = None, high: Json = None) -> Fact:
    number = cast("float", value)
    known = MEANINGS.get(".".join(path))
    return Fact(
        name=known.words if known else clean(" ".join(path[1:]).replace("_", " "), NAME),
        value=float(number),
        unit=known.unit if known else ("count" if isinstance(number, int) else "score"),
        low=float(cast("float", low)) if _is_number(low) else None,
        high=float(cast("float", high)) if _is_number(high) else None,
    )
