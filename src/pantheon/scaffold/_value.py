"""A value that satisfies a contract: what a scaffold's function returns before it is written."""

from __future__ import annotations

from typing import cast

from pantheon.ids import Json, JsonObject


def sample(schema: JsonObject) -> Json:
    """The plainest value that the usual schemas admit; required fields only.

    Bounds are kept for texts, numbers and lists; a `pattern` or `format` is not.
    """
    if "const" in schema:
        return schema["const"]
    match schema.get("enum"):
        case [first, *_]:
            return first
        case _:
            pass
    for key in ("anyOf", "oneOf"):
        match schema.get(key):
            case [dict() as first, *_]:
                return sample(first)
            case _:
                pass
    return _by_type(schema)


def _by_type(schema: JsonObject) -> Json:
    named = schema.get("type", "object" if "properties" in schema else "string")
    match str(named[0]) if isinstance(named, list) and named else str(named):
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
        case "null":
            return None
        case "array":
            least = cast("int", schema.get("minItems", 0))
            return [sample(cast("JsonObject", schema.get("items", {}))) for _ in range(least)]
        case "object":
            return _object(schema)
        case _:
            return "…" * cast("int", schema.get("minLength", 0))


def _number(schema: JsonObject) -> Json:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    if isinstance(low, int | float) and low > 0:
        return low
    if isinstance(above, int | float) and above >= 0:
        return int(above) + 1
    return high if isinstance(high, int | float) and high < 0 else 0


def _object(schema: JsonObject) -> JsonObject:
    fields = cast("dict[str, JsonObject]", schema.get("properties", {}))
    required = cast("list[str]", schema.get("required", []))
    return {name: sample(fields.get(name, {})) for name in required}
