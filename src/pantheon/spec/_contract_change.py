"""What became of a contract: which fields, which values, and whom that breaks.

An input that admits fewer values breaks whoever calls with the others; an output that admits more
breaks whoever reads it. What is compared are JSON Schemas: types, enums, fields, items and bounds.
A difference in any other keyword is `changed`, which may be either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._compatibility import (
    ALL_KINDS,
    alternatives,
    closed_values,
    describe,
    find_mismatch,
    is_only,
    items_of,
    kinds_of,
    properties_of,
    required_of,
)

ChangeKind: TypeAlias = Literal[
    "widened", "narrowed", "changed", "added_required", "added_optional", "removed"
]
Side: TypeAlias = Literal["input", "output"]
_Relation: TypeAlias = Literal["same", "widened", "narrowed", "changed"]

_WORDS = frozenset(
    {"title", "description", "default", "examples", "$comment", "propertyOrder", "$schema",
     "deprecated", "readOnly", "writeOnly"}
)  # fmt: skip
"""Keywords that admit and refuse nothing."""
_LOWER = {"minimum": -math.inf, "exclusiveMinimum": -math.inf, "minLength": 0, "minItems": 0,
          "minProperties": 0}  # fmt: skip
_UPPER = {"maximum": math.inf, "exclusiveMaximum": math.inf, "maxLength": math.inf,
          "maxItems": math.inf, "maxProperties": math.inf}  # fmt: skip
_STRUCTURE = frozenset(
    {"type", "enum", "const", "anyOf", "oneOf", "properties", "required", "items"}
)


@dataclass(frozen=True, slots=True)
class ContractChange:
    """One part of a contract that is not as it was."""

    path: str
    """`team`, `place.line`, `tags[]`; empty for the whole."""
    kind: ChangeKind
    words: str
    """What became of it, as a sentence."""

    def breaks(self, side: Side) -> bool:
        """Whether callers (of an input) or readers (of an output) may have to change."""
        if side == "input":
            return self.kind in {"narrowed", "changed", "added_required", "removed"}
        return self.kind in {"widened", "changed", "removed"}


def compare_contracts(old: JsonObject, new: JsonObject) -> tuple[ContractChange, ...]:
    """What differs, part by part; nothing when both admit the same values.

    Where no change is `widened`, `changed`, `removed` or `added…`, every value of the new contract
    satisfies the old one; where none is `narrowed`, `changed`, `removed` or `added…`, the other way
    round.
    """
    return tuple(_compare(old, new, ""))


def _compare(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    if canonical_json(_bare(old)) == canonical_json(_bare(new)):
        return
    if _plain(old, "object") and _plain(new, "object"):
        yield from _compare_fields(old, new, path)
    elif _plain(old, "array") and _plain(new, "array"):
        yield from _compare(items_of(old), items_of(new), f"{path}[]")
        yield from _rest(old, new, path)
    else:
        relation = _both(_by_values(old, new), _by_keywords(old, new))
        if relation != "same":
            yield _told(path, relation, old, new)


def _plain(schema: JsonObject, kind: str) -> bool:
    """Whether it is one schema of that kind, whose parts can be compared one by one."""
    single = alternatives(schema) == [schema] and closed_values(schema) is None
    return single and is_only(schema, kind)


def _bare(value: Json) -> Json:
    """Without the words for readers."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, dict):
        named = {k: _bare(v) for k, v in value.items() if k not in _WORDS or isinstance(v, dict)}
        required = named.get("required")
        if isinstance(required, list):
            named["required"] = sorted(required, key=str)
        return named
    return value


# --------------------------------------------------------------------------------------- fields


def _compare_fields(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    before, after = properties_of(old), properties_of(new)
    for name in before.keys() - after.keys():
        yield ContractChange(_join(path, name), "removed", f"`{_join(path, name)}` is gone.")
    for name in after:
        if name not in before:
            yield _added(_join(path, name), after[name], must=name in required_of(new))
    for name in before:
        if name in after:
            yield from _compare(before[name], after[name], _join(path, name))
            yield from _compare_duty(_join(path, name), name, old, new)
    yield from _rest(old, new, path)


def _added(path: str, schema: JsonObject, *, must: bool) -> ContractChange:
    kind: ChangeKind = "added_required" if must else "added_optional"
    manner = "must now be given" if must else "may now be given"
    return ContractChange(path, kind, f"`{path}` ({describe(schema)}) {manner}.")


def _compare_duty(
    path: str, name: str, old: JsonObject, new: JsonObject
) -> Iterator[ContractChange]:
    before, after = name in required_of(old), name in required_of(new)
    if before and not after:
        yield ContractChange(path, "widened", f"`{path}` may now be left out.")
    elif after and not before:
        yield ContractChange(path, "narrowed", f"`{path}` may no longer be left out.")


def _rest(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    """What is said of an object or list beside its parts."""
    relation = _by_keywords(old, new)
    if relation != "same":
        yield _told(path, relation, old, new)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# --------------------------------------------------------------------------------------- values


def _by_values(old: JsonObject, new: JsonObject) -> _Relation:
    """By what `find_mismatch` sees: kinds, enums, fields and items of alternatives.

    It takes what may be anything to fit anywhere; here that is more than any kind alone.
    """
    less = find_mismatch(new, old) is None and (_anything(old) or not _anything(new))
    more = find_mismatch(old, new) is None and (_anything(new) or not _anything(old))
    return _relation(less=less, more=more)


def _anything(schema: JsonObject) -> bool:
    return kinds_of(schema) == ALL_KINDS


def _relation(*, less: bool, more: bool) -> _Relation:
    """`less`: every new value was admitted before; `more`: every old one still is."""
    if less and more:
        return "same"
    if less:
        return "narrowed"
    return "widened" if more else "changed"


def _by_keywords(old: JsonObject, new: JsonObject) -> _Relation:
    """By every other keyword: bounds are ordered, anything else is the same or changed."""
    relation: _Relation = "same"
    for key in sorted((old.keys() | new.keys()) - _STRUCTURE - _WORDS):
        relation = _both(relation, _by_keyword(key, old, new))
    single = alternatives(old) == [old] and alternatives(new) == [new]
    inner = canonical_json(_bare(_branches(old))) == canonical_json(_bare(_branches(new)))
    return relation if single or inner else _both(relation, _between_branches(old, new))


def _branches(schema: JsonObject) -> Json:
    return [*alternatives(schema)]


def _between_branches(old: JsonObject, new: JsonObject) -> _Relation:
    """Alternatives: each of the one must be found, or admitted whole, among the other's."""
    return _relation(
        less=all(_found(b, alternatives(old)) for b in alternatives(new)),
        more=all(_found(b, alternatives(new)) for b in alternatives(old)),
    )


def _found(branch: JsonObject, others: list[JsonObject]) -> bool:
    return any(not any(_breaks_out(c) for c in compare_contracts(o, branch)) for o in others)


def _breaks_out(change: ContractChange) -> bool:
    return change.kind != "narrowed"


def _by_keyword(key: str, old: JsonObject, new: JsonObject) -> _Relation:
    if canonical_json(_bare(old.get(key))) == canonical_json(_bare(new.get(key))) and (
        (key in old) == (key in new)
    ):
        return "same"
    if key == "additionalProperties":
        return _by_openness(old.get(key, True), new.get(key, True))
    for bounds, tighter in ((_LOWER, _larger), (_UPPER, _smaller)):
        if key in bounds:
            return _by_bound(old.get(key, bounds[key]), new.get(key, bounds[key]), tighter)
    if key not in old or key not in new:
        return "narrowed" if key in new else "widened"  # one more condition, or one less
    return "changed"


def _by_openness(old: Json, new: Json) -> _Relation:
    if isinstance(old, bool) and isinstance(new, bool):
        return "same" if old == new else "widened" if new else "narrowed"
    return "changed"


def _larger(new: float, old: float) -> bool:
    return new > old


def _smaller(new: float, old: float) -> bool:
    return new < old


def _by_bound(old: Json, new: Json, tighter: Callable[[float, float], bool]) -> _Relation:
    if isinstance(old, bool) or isinstance(new, bool):
        return "changed"
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return "changed"
    if old == new:
        return "same"
    return "narrowed" if tighter(new, old) else "widened"


def _both(one: _Relation, other: _Relation) -> _Relation:
    """What two relations about the same value come to."""
    if one in ("same", other):
        return other
    return one if other == "same" else "changed"


def _told(path: str, relation: _Relation, old: JsonObject, new: JsonObject) -> ContractChange:
    assert relation != "same"
    what = f"`{path}`" if path else "The whole"
    before, after = describe(old), describe(new)
    if before == after:
        verb = {"widened": "admits more", "narrowed": "admits less"}.get(relation, "is another")
        return ContractChange(path, relation, f"{what} ({after}) {verb} than before.")
    return ContractChange(path, relation, f"{what} was {before} and is {after}: {relation}.")
