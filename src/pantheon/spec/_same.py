"""When two outputs of an agent count as the same: `same:` in its contract.

The promise, the audits and what is learnt all rest on this one relation, so every kind is symmetric
and reflexive, needs no model (a judge is asked elsewhere; here it falls back to the cheap test) and
looks at nothing but the two outputs.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias, cast

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._normal import by_fields, normalised
from pantheon.spec._source import did_you_mean

SameKind: TypeAlias = Literal["exact", "normalised", "numeric", "set_f1", "fields", "judge"]
_WRITTEN = re.compile(r"\s*([^\W\d]\w*)\s*(?:\((.*)\)|:\s*(.*?))?\s*", re.DOTALL)
_EXAMPLES = {
    "exact": "exact",
    "normalised": "normalised",
    "numeric": "numeric(0.5)",
    "set_f1": "set_f1(0.8)",
    "fields": "fields",
    "judge": "judge:AGENT",
}
_ROUNDING = 2.0**-50
"""Relative slack for what binary fractions cannot hold: 0.4 and 0.3 are within 0.1."""


@dataclass(frozen=True, slots=True)
class Same:
    """A relation between two outputs of one agent; `str` gives it back as it is written."""

    kind: SameKind
    value: float = 0.0
    """Of `numeric` the tolerance, of `set_f1` the smallest F1 that counts as the same."""
    judge: str = ""
    """The agent that judges."""
    relative: bool = False
    """Of `numeric`: whether the tolerance is a share of the larger of the two numbers."""

    def __str__(self) -> str:
        match self.kind:
            case "judge":
                return f"judge:{self.judge}"
            case "numeric" if self.relative:
                return f"numeric({_plain(Decimal(repr(self.value)) * 100)}%)"
            case "numeric" | "set_f1":
                return f"{self.kind}({_plain(Decimal(repr(self.value)))})"
            case _:
                return self.kind


EXACT = Same("exact")
"""What holds where a contract says nothing."""


class SameProblem(ValueError):
    """Text that names no relation; `fix` says what to write."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message} {fix[0].upper()}{fix[1:]}.")
        self.message = message
        self.fix = fix


# ------------------------------------------------------------------------------ as it is written


def parse_same(text: str) -> Same:
    """The relation that `numeric(0.5)`, `judge:checker`… names; raises SameProblem (a ValueError)."""
    found = _WRITTEN.fullmatch(text)
    kind = found[1].casefold() if found else ""
    if found is None or kind not in _EXAMPLES:
        message = f"`{text.strip()}` is no way for two outputs to be the same."
        raise SameProblem(message, did_you_mean(kind, list(_EXAMPLES.values())))
    inside, after = found[2], found[3]
    if kind == "judge":
        return _parse_judge(inside if after is None else after)
    reader = _READERS.get(kind)
    if (reader is None) != (inside is None) or after is not None:
        need = "takes nothing" if reader is None else "needs a number in parentheses"
        raise SameProblem(f"`{kind}` {need}.", f"write `{_EXAMPLES[kind]}`")
    return reader(inside.strip()) if reader else Same(cast("SameKind", kind))


def _parse_judge(name: str | None) -> Same:
    if not name or not name.strip():
        raise SameProblem("`judge` needs the agent that judges.", "write `judge:AGENT`")
    return Same("judge", judge=name.strip())


def _parse_numeric(text: str) -> Same:
    number = _number(text)
    if number is None or number < 0:
        message = f"`{text}` is no tolerance: a number of at least 0, or a percentage."
        raise SameProblem(message, "write `numeric(0.5)` or `numeric(5%)`")
    return Same("numeric", number, relative=text.endswith("%"))


def _parse_f1(text: str) -> Same:
    number = _number(text)
    if number is None or not 0 < number <= 1:
        message = f"`{text}` is no F1: a share above 0 and at most 1."
        raise SameProblem(message, "write `set_f1(0.8)` or `set_f1(80%)`")
    return Same("set_f1", number)


_READERS: dict[str, Callable[[str], Same]] = {"numeric": _parse_numeric, "set_f1": _parse_f1}


def _number(text: str) -> float | None:
    """A finite number; `5%` is 0.05."""
    try:
        exact = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        return None
    if not exact.is_finite():
        return None
    number = float(exact / 100 if text.endswith("%") else exact)
    return number if math.isfinite(number) else None


def _plain(number: Decimal) -> str:
    """Without an exponent or idle zeros, so that it reads as people write it."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


# ------------------------------------------------------------------------------------ the relation


def same_output(same: Same, left: JsonObject, right: JsonObject) -> bool:
    """Whether the two outputs count as the same.

    A judge cannot be asked here: what is normalised-equal needs none, the rest counts as different.
    """
    if same.kind == "set_f1":
        return _f1_reaches(same.value, left, right)
    if same.kind == "numeric":
        return _close(same, left, right)
    form = normal_form(same)
    return form(left) == form(right)


def differing_fields(same: Same, left: JsonObject, right: JsonObject) -> tuple[str, ...]:
    """Dotted paths of the fields that are not the same, in order; empty only when all are.

    Lists are one field. Under `set_f1` a field differs whose own F1 is below the bound, so outputs
    that are the same as a whole may still have some.
    """
    if same.kind == "set_f1":
        return _fields_below(same.value, left, right)
    prune = same.kind == "fields"
    return tuple(sorted(_differing(_value_test(same), left, right, prune=prune, at=())))


def normal_form(same: Same) -> Callable[[JsonObject], str]:
    """What two outputs have in common exactly when they are the same: a spelling.

    Not for `numeric` and `set_f1`, which are not transitive; ValueError.
    """
    if same.kind in {"numeric", "set_f1"}:
        raise ValueError(f"`{same}` has no normal form: what is near is not the same throughout")
    form = _FORMS.get(same.kind, normalised)
    return lambda output: canonical_json(form(output))


def _as_it_is(value: Json) -> Json:
    return value


_FORMS: dict[str, Callable[[Json], Json]] = {"exact": _as_it_is, "fields": by_fields}


def _value_test(same: Same) -> Callable[[Json, Json], bool]:
    if same.kind == "numeric":
        return lambda left, right: _close(same, left, right)
    form = _FORMS.get(same.kind, normalised)
    return lambda left, right: canonical_json(form(left)) == canonical_json(form(right))


def _differing(
    equal: Callable[[Json, Json], bool],
    left: JsonObject,
    right: JsonObject,
    *,
    prune: bool,
    at: tuple[str, ...],
) -> Iterator[str]:
    """`prune`: a field that is absent counts as one that is null."""
    for key in left.keys() | right.keys():
        first, second = left.get(key), right.get(key)
        if (prune or (key in left) == (key in right)) and equal(first, second):
            continue
        below = isinstance(first, dict) and isinstance(second, dict)
        path = (*at, key)
        if below:
            yield from _differing(
                equal, cast("JsonObject", first), cast("JsonObject", second), prune=prune, at=path
            )
        else:
            yield ".".join(path)


# ----------------------------------------------------------------------------------------- numeric


def _close(same: Same, left: Json, right: Json) -> bool:
    """Equal structure, numbers within the tolerance, the rest normalised-equal."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_close(same, left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(
            _close(same, first, second) for first, second in zip(left, right, strict=True)
        )
    if _is_number(left) and _is_number(right):
        return _within(same, cast("float", left), cast("float", right))
    return canonical_json(normalised(left)) == canonical_json(normalised(right))


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within(same: Same, left: float, right: float) -> bool:
    if left == right:
        return True
    try:
        apart, larger = abs(left - right), float(max(abs(left), abs(right)))
    except OverflowError:  # integers beyond what a float can hold
        return False
    tolerance = same.value * larger if same.relative else same.value
    return apart <= tolerance + _ROUNDING * larger * (tolerance > 0)


# ------------------------------------------------------------------------------------------ set F1

Pairs: TypeAlias = "Counter[tuple[str, str]]"


def _f1_reaches(bound: float, left: JsonObject, right: JsonObject) -> bool:
    """Micro-F1 over the (path, value) pairs of both; of two empty outputs it is 1."""
    return _reaches(bound, Counter(_pairs(left, "")), Counter(_pairs(right, "")))


def _reaches(bound: float, left: Pairs, right: Pairs) -> bool:
    total = left.total() + right.total()
    return 2 * (left & right).total() >= bound * total - _ROUNDING * total


def _pairs(value: Json, path: str) -> Iterator[tuple[str, str]]:
    """Every scalar with the path of its field; places in lists do not count, null says nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _pairs(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner, path)
    elif value is not None:
        yield path, canonical_json(normalised(value))


def _fields_below(bound: float, left: JsonObject, right: JsonObject) -> tuple[str, ...]:
    first, second = list(_pairs(left, "")), list(_pairs(right, ""))
    paths = sorted({path for path, _ in (*first, *second)})

    def of(pairs: list[tuple[str, str]], path: str) -> Pairs:
        return Counter(pair for pair in pairs if pair[0] == path)

    return tuple(p for p in paths if not _reaches(bound, of(first, p), of(second, p)))
