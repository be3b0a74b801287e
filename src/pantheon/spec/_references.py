"""Whether every `$ref` of a contract leads somewhere, and ends.

References are read from the root of the whole contract, as they are when values are checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pantheon.ids import Json, JsonObject
from pantheon.spec._source import Findings, Items, Place, Scalar, Table, Written

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_HERE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
"""Keywords whose schemas are laid on the same value."""
_VALUES = ("enum", "const", "default", "examples")
_FIX = "write the whole contract as JSON Schema (`type: object`), with `$defs` at its top"


def check_references(written: Written, schema: JsonObject, findings: Findings) -> None:
    """Record every `$ref` of a contract that names nothing, or only itself again and again."""
    known = set(_references(schema))
    if not known or _has_base(schema):
        return
    lookup = _lookup(schema)
    for reference in sorted(known):
        target = lookup(reference)
        if target is None:
            message = f"`$ref: {reference}` names nothing in this contract."
        elif _returns(target, reference, lookup):
            message = f"`$ref: {reference}` leads back to itself without end."
        else:
            continue
        findings.error("bad-schema", _place(written, reference), message, _FIX)


def _lookup(schema: JsonObject) -> Callable[[str], Json]:
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resource: Any = DRAFT202012.create_resource(schema)
    resolver: Any = Registry[Any]().with_resource("", resource).resolver()

    def find(reference: str) -> Json:
        try:
            found: Json = resolver.lookup(reference).contents
        except Unresolvable:
            return None
        return found if isinstance(found, dict | bool) else None

    return find


def _references(schema: Json) -> Iterator[str]:
    for part in _parts(schema):
        own = part.get("$ref")
        if isinstance(own, str) and own.startswith("#"):
            yield own


def _has_base(schema: JsonObject) -> bool:
    """Whether a part names itself, so that references below it are not read from the root."""
    return any("$id" in part for part in _parts(schema) if part is not schema)


def _parts(schema: Json) -> Iterator[JsonObject]:
    """A schema and every schema in it; not what only looks like one in a value."""
    waiting: list[Json] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        if not isinstance(part, dict):
            continue
        yield part
        for keyword, value in part.items():
            if keyword in _NAMED and isinstance(value, dict):
                waiting += value.values()
            elif keyword not in _VALUES:
                waiting.append(value)


def _returns(target: Json, reference: str, lookup: Callable[[str], Json]) -> bool:
    """Whether the value that a reference is laid on would be led to the same reference again."""
    seen: set[str] = set()
    waiting = [target]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        if not isinstance(part, dict):
            continue
        waiting += [part[keyword] for keyword in _HERE if keyword in part]
        further = part.get("$ref")
        if further == reference:
            return True
        if isinstance(further, str) and further not in seen:
            seen.add(further)
            waiting.append(lookup(further))
    return False


def _place(written: Written, reference: str) -> Place:
    """Where a reference stands; the contract when it cannot be told."""
    waiting: list[Written] = [written]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Items):
            waiting += part.items
        if not isinstance(part, Table):
            continue
        own = part.get("$ref")
        if isinstance(own, Scalar) and own.value == reference:
            return own.place
        waiting += [entry.value for entry in part.entries.values()]
    return written.place
