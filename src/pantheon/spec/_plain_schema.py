"""JSON Schemas as they are compared: without words for readers, references, and what says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from pantheon.ids import Json, JsonObject

WORDS = frozenset(
    {
        "$schema", "$id", "$comment", "$anchor", "title", "description", "default", "examples",
        "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType",
    }
)  # fmt: skip
"""Keywords that admit and refuse nothing."""
ONE = frozenset(
    {
        "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
        "unevaluatedProperties", "unevaluatedItems",
    }
)  # fmt: skip
"""Keywords that hold a schema."""
SEVERAL = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
NAMED = frozenset({"properties", "patternProperties", "dependentSchemas"})
DEFINITIONS = ("$defs", "definitions")
REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})

_SILENT: JsonObject = {
    "required": [], "properties": {}, "patternProperties": {}, "items": {},
    "additionalProperties": {}, "propertyNames": {}, "minLength": 0, "minItems": 0,
    "minProperties": 0, "uniqueItems": False, "unevaluatedProperties": {}, "unevaluatedItems": {},
    "dependentRequired": {}, "dependentSchemas": {}, "allOf": [], "prefixItems": [],
}  # fmt: skip
"""What says no more than its absence."""
_MOST_REFERENCES = 500
"""That are put in place: a small schema may refer to more than fits into memory."""

Schema: TypeAlias = "JsonObject | bool"


def plain_schema(schema: JsonObject) -> JsonObject:
    """The schema with its references put in place; where that cannot be done, all stay."""
    plain = _Plain(schema, _MOST_REFERENCES).of(schema, ())
    if refers(plain):
        plain = _Plain(schema, 0).of(schema, ())
    assert isinstance(plain, dict)
    return plain


def refers(schema: Json) -> bool:
    """Whether references are left: to itself, or to somewhere else."""
    if isinstance(schema, list):
        return any(map(refers, schema))
    if not isinstance(schema, dict):
        return False
    return not REFERENCES.isdisjoint(schema) or any(map(refers, schema.values()))


def _sees_others(schema: Json) -> bool:
    """Whether a keyword depends on which others have looked at a value."""
    if isinstance(schema, list):
        return any(map(_sees_others, schema))
    if not isinstance(schema, dict):
        return False
    seeing = {"unevaluatedProperties", "unevaluatedItems"}
    return not seeing.isdisjoint(schema) or any(map(_sees_others, schema.values()))


class _Plain:
    def __init__(self, root: JsonObject, references: int) -> None:
        self.root = root
        self.silent = {} if _sees_others(root) else _SILENT
        self.left = references
        self.inline = references > 0

    def of(self, schema: Json, around: tuple[str, ...]) -> Schema:
        """`around`: the references that led here; one inside itself stays."""
        if not isinstance(schema, dict):
            return {} if schema is True else False
        found = {k: self.part(k, v, around) for k, v in schema.items() if k not in WORDS}
        for key in DEFINITIONS if self.inline else ():
            found.pop(key, None)
        reference = str(found.get("$ref"))
        target = self.target(reference)
        if target is not None and reference not in around and self.left > 0:
            self.left -= 1
            del found["$ref"]
            found = _both(self.of(target, (*around, reference)), found)
        return {k: v for k, v in found.items() if k not in self.silent or v != self.silent[k]}

    def part(self, key: str, value: Json, around: tuple[str, ...]) -> Json:
        if key in ONE:
            return self.of(value, around)
        if key in SEVERAL and isinstance(value, list):
            return [self.of(one, around) for one in value]
        if key in {*NAMED, *DEFINITIONS} and isinstance(value, dict):
            return {name: self.of(one, around) for name, one in value.items()}
        if key == "required" and isinstance(value, list):
            return [*sorted(set(map(str, value)))]
        return value

    def target(self, reference: str) -> Json:
        """What a reference inside the schema stands for; None for any other."""
        if not reference.startswith("#"):
            return None
        found: Json = self.root
        for step in _steps(reference):
            if not isinstance(found, dict) or step not in found:
                return None
            found = found[step]
        return found


def _steps(reference: str) -> Iterator[str]:
    for step in reference.removeprefix("#").split("/")[1:]:
        yield step.replace("~1", "/").replace("~0", "~")


def _both(inner: Schema, siblings: JsonObject) -> JsonObject:
    if not siblings and isinstance(inner, dict):
        return inner
    more = siblings.get("allOf")
    others: list[Json] = more if isinstance(more, list) else []
    return {**siblings, "allOf": [inner, *others]}
