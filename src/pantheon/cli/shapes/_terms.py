"""The few words in which the shapes of JSON outputs are written; each gives a JSON Schema."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

Shape: TypeAlias = dict[str, Any]
"""A JSON Schema."""

ANY: Shape = {}
TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "number"}
WHOLE: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
OBJECT: Shape = {"type": "object"}
NULL: Shape = {"type": "null"}
TIME: Shape = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
HASH: Shape = {"type": "string", "pattern": "^b2:[0-9a-f]{32}$"}


def ref(name: str) -> Shape:
    """A shape that several commands share."""
    return {"$ref": f"#/$defs/{name}"}


def closed(fields: Mapping[str, Shape]) -> Shape:
    """An object with exactly these keys; `key?` may be missing."""
    return {**several(fields), "additionalProperties": False}


def several(fields: Mapping[str, Shape]) -> Shape:
    """An object with at least these keys: for documents with a `format` of their own."""
    return {
        "type": "object",
        "properties": {key.removesuffix("?"): shape for key, shape in fields.items()},
        "required": [key for key in fields if not key.endswith("?")],
    }


def listed(shape: Shape) -> Shape:
    """A list."""
    return {"type": "array", "items": shape}


def items(shape: Shape, **more: Shape) -> Shape:
    """The envelope of every list: `{"items": […]}`."""
    return closed({"items": listed(shape), **more})


def map_of(shape: Shape) -> Shape:
    """An object whose keys are data."""
    return {"type": "object", "additionalProperties": shape}


def maybe(shape: Shape) -> Shape:
    """The shape, or null."""
    return {"anyOf": [shape, NULL]}


def either(*shapes: Shape) -> Shape:
    """One of several shapes."""
    return {"anyOf": list(shapes)}


def word(*words: str | bool) -> Shape:
    """One of a few words, or one value that is always the same."""
    return {"enum": list(words)}


def plus(shape: Shape, fields: Mapping[str, Shape]) -> Shape:
    """A closed object with more keys than another."""
    more = closed(fields)
    return {
        **shape,
        "properties": {**shape["properties"], **more["properties"]},
        "required": [*shape["required"], *more["required"]],
    }


# ------------------------------------------------------------------------------ from dataclasses

_PLAIN: dict[Any, Shape] = {str: TEXT, int: WHOLE, float: NUMBER, bool: FLAG, type(None): NULL}


def of_type(hint: Any) -> Shape:
    """The shape of what a type hint says, once it is JSON; dataclasses are objects."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_dataclass(hint):
        return of_fields(cast("type", hint))
    if origin is Literal:
        return word(*arguments)
    if origin in {types.UnionType, Union}:
        return either(*map(of_type, arguments))
    if origin in {tuple, list}:
        return listed(of_type(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return map_of(of_type(arguments[1]))
    supertype = getattr(hint, "__supertype__", None)
    return ANY if supertype is None else of_type(supertype)


def of_fields(kind: type) -> Shape:
    """The shape of a dataclass that is printed under the names of its fields."""
    hints = get_type_hints(kind)
    return several({field.name: of_type(hints[field.name]) for field in fields(kind)})
