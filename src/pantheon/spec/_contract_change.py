"""What became of a contract: which fields, which values, and whom that breaks.

An input that admits fewer values breaks whoever calls with the others; an output that admits more
breaks whoever reads it. What is told as no change, as widened or as narrowed is certain; where that
cannot be said, it is `changed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._compatibility import (
    NULL,
    alternatives,
    closed_values,
    describe,
    is_only,
    items_of,
    properties_of,
    required_of,
    union_of,
)
from pantheon.spec._includes import includes
from pantheon.spec._plain_schema import plain_schema, refers

ChangeKind: TypeAlias = Literal[
    "widened", "narrowed", "changed", "added_required", "added_optional", "removed"
]
Side: TypeAlias = Literal["input", "output"]
_Relation: TypeAlias = Literal["same", "widened", "narrowed", "changed"]

_COMPOSED = frozenset({"anyOf", "oneOf", "allOf", "not", "if", "enum", "const"})
_WORDS = {"widened": "admits more", "narrowed": "admits less", "changed": "is another"}
_MOST_SHOWN = 6


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
    """What differs, part by part; nothing when both admit the same values by the same fields.

    Where no change is `widened`, `changed`, `removed` or `added…`, every value of the new contract
    satisfies the old one; where none is `narrowed`, `changed`, `removed` or `added…`, the other way
    round.
    """
    return tuple(_compare(plain_schema(old), plain_schema(new), ""))


def _compare(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    if canonical_json(old) == canonical_json(new):
        return
    before, after = _without_null(old), _without_null(new)
    for kind, walk in (("object", _compare_fields), ("array", _compare_items)):
        if _is_plain(before, kind) and _is_plain(after, kind):
            yield from _compare_null(old, new, path)
            yield from walk(before, after, path)
            return
    relation = _relate(old, new)
    if relation != "same":
        yield ContractChange(path, relation, _told(path, relation, old, new))


def _relate(old: JsonObject, new: JsonObject) -> _Relation:
    less, more = includes(old, new), includes(new, old)
    if less and more:
        return "same"
    if less:
        return "narrowed"
    return "widened" if more else "changed"


def _is_plain(schema: JsonObject, kind: str) -> bool:
    """Whether its parts can be compared one by one, and nothing else is said of them."""
    return (
        is_only(schema, kind)
        and _COMPOSED.isdisjoint(schema)
        and "patternProperties" not in schema
        and "prefixItems" not in schema
        and all(isinstance(part, dict) for part in _parts(schema))
        and not refers(schema)
    )


def _parts(schema: JsonObject) -> list[Json]:
    fields = schema.get("properties", {})
    return [schema.get("items", {}), *(fields.values() if isinstance(fields, dict) else ())]


def _without_null(schema: JsonObject) -> JsonObject:
    """The one thing that it is when it is not null; itself where there is no such thing."""
    named = schema.get("type")
    if isinstance(named, list) and "null" in named and len(named) == 2 and "enum" not in schema:
        return {**schema, "type": next(kind for kind in named if kind != "null")}
    if schema.keys() != {"anyOf"}:
        return schema
    kept = [branch for branch in alternatives(schema) if branch != NULL]
    return kept[0] if len(kept) == 1 else schema


def _compare_null(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    before, after = _without_null(old) != old, _without_null(new) != new
    if after and not before:
        yield ContractChange(path, "widened", f"{_subject(path)} may now be null.")
    elif before and not after:
        yield ContractChange(path, "narrowed", f"{_subject(path)} may no longer be null.")


# --------------------------------------------------------------------------------------- parts


def _compare_fields(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    before, after = properties_of(old), properties_of(new)
    for name in before:
        if name not in after:
            yield ContractChange(_join(path, name), "removed", f"`{_join(path, name)}` is gone.")
    for name in after:
        if name not in before:
            yield _added(_join(path, name), after[name], must=name in required_of(new))
    for name in before:
        if name in after:
            yield from _compare(before[name], after[name], _join(path, name))
            yield from _compare_duty(_join(path, name), name, old, new)
    # What is left is said of all fields together; that each of them exists has been told.
    anything: JsonObject = {name: {} for name in before | after}
    yield from _compare_rest(_emptied(old, anything), _emptied(new, anything), path)


def _emptied(schema: JsonObject, fields: JsonObject) -> JsonObject:
    unlisted: list[Json] = [*sorted(required_of(schema) - fields.keys())]
    return {**schema, "properties": fields, "required": unlisted}


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


def _compare_items(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    yield from _compare(items_of(old), items_of(new), f"{path}[]")
    yield from _compare_rest({**old, "items": {}}, {**new, "items": {}}, path)


def _compare_rest(old: JsonObject, new: JsonObject, path: str) -> Iterator[ContractChange]:
    """What is said of an object or a list beside its parts."""
    relation = _relate(old, new)
    if relation != "same":
        yield ContractChange(path, relation, _told_bounds(path, relation, old, new))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# --------------------------------------------------------------------------------------- words


def _subject(path: str) -> str:
    return f"`{path}`" if path else "The whole"


def _told(path: str, relation: _Relation, old: JsonObject, new: JsonObject) -> str:
    if closed_values(old) is not None and closed_values(new) is not None:
        return _told_values(path, old, new)
    before, after = describe(old), describe(new)
    if before == after:
        return _told_bounds(path, relation, old, new)
    if after == describe(union_of((old, NULL))):
        return f"{_subject(path)} may now be null."
    if before == describe(union_of((new, NULL))):
        return f"{_subject(path)} may no longer be null."
    return f"{_subject(path)} was {before} and is {after}: {relation}."


def _told_values(path: str, old: JsonObject, new: JsonObject) -> str:
    """Values that came and went."""
    before, after = closed_values(old) or [], closed_values(new) or []
    come, gone = _more(after, before), _more(before, after)
    parts = [f"may now be {_listed(come)}"] if come else []
    parts += [f"may no longer be {_listed(gone)}"] if gone else []
    return f"{_subject(path)} {' and '.join(parts) or 'has other values'}."


def _more(values: list[Json], others: list[Json]) -> list[Json]:
    known = set(map(canonical_json, others))
    return [value for value in values if canonical_json(value) not in known]


def _listed(values: list[Json]) -> str:
    shown = [f"`{v}`" if isinstance(v, str) else canonical_json(v) for v in values[:_MOST_SHOWN]]
    more = f" or {len(values) - _MOST_SHOWN} others" if len(values) > _MOST_SHOWN else ""
    return ", ".join(shown) + more


def _told_bounds(path: str, relation: _Relation, old: JsonObject, new: JsonObject) -> str:
    """The keywords that differ, where there are few."""
    keys = [k for k in dict.fromkeys([*old, *new]) if old.get(k, ()) != new.get(k, ())]
    if keys == ["additionalProperties"] and relation in {"widened", "narrowed"}:
        manner = "may now have" if relation == "widened" else "may no longer have"
        return f"{_subject(path)} {manner} other fields than those listed."
    simple = [k for k in keys if not isinstance(old.get(k, new.get(k)), dict | list)]
    said = ", ".join(f"{k} {_from(old.get(k))}{_to(new.get(k))}" for k in simple)
    what = f"{_subject(path)} ({describe(new)})" if path else "The whole"
    how = _WORDS[relation]
    return f"{what} {how} than before: {said}." if said else f"{what} {how} than before."


def _from(value: Json) -> str:
    return "" if value is None else f"was {canonical_json(value)} and "


def _to(value: Json) -> str:
    return "is gone" if value is None else f"is {canonical_json(value)}"
