"""What a key of pantheon.yaml means: from the schema that editors read too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pantheon.editing import spell
from pantheon.lint._samples import NAME, sample_of
from pantheon.spec import json_schema

_DEFAULT = re.compile(r"[Dd]efault(?:s? is)?:? ([^.;]+?)[.;]?$|\((\d[\d.%a-z]*|on|off)\)\.?$")
_KINDS = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
    "array": "list", "object": "mapping", "null": "nothing",
}  # fmt: skip
_PARAMETER = "#/$defs/parameter"


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One key, in one place."""

    path: str
    """`agents.NAME.promise.audit`."""
    description: str
    type: str
    default: str
    """Empty: there is none, or it depends."""
    required: bool
    keys: tuple[tuple[str, str], ...]
    """What may stand below it, each with its description."""
    example: str


def explain_key(path: str) -> tuple[KeyHelp, ...]:
    """What a path may mean: whole, or its end; with a name of one's own where one belongs."""
    wanted = tuple(part for part in re.split(r"[.\[\]]+", path.strip()) if part)
    if not wanted:
        return ()
    known = _known()
    exact = [key for key in known if _matches(wanted, key)]
    found = exact or [key for key in known if _bare(key)[-len(wanted) :] == wanted]
    return tuple(_help(key, known[key]) for key in found)


@cache
def known_paths() -> tuple[str, ...]:
    """Every path without the names, shortest first."""
    return tuple(sorted({".".join(_bare(key)) for key in _known()}, key=lambda p: (len(p), p)))


def _bare(key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in key if part != NAME)


def _matches(wanted: tuple[str, ...], key: tuple[str, ...]) -> bool:
    """Whether the path is this one, names given or left out."""
    if not key or not wanted:
        return not key and not wanted
    if key[0] == NAME:
        return _matches(wanted[1:], key[1:]) or _matches(wanted, key[1:])
    return wanted[0] == key[0] and _matches(wanted[1:], key[1:])


# -------------------------------------------------------------------------------- the schema


@cache
def _known() -> dict[tuple[str, ...], tuple[dict[str, Any], bool]]:
    """Every path with its schema, and whether it must be there."""
    found: dict[tuple[str, ...], tuple[dict[str, Any], bool]] = {}
    for path, schema, required in _walk((), json_schema(), frozenset()):
        found.setdefault(path, (schema, required))
    return found


def _walk(
    path: tuple[str, ...], schema: dict[str, Any], seen: frozenset[str]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any], bool]]:
    for part, inside in _parts(schema, seen):
        needed = part.get("required", [])
        for key, value in part.get("properties", {}).items():
            yield (*path, key), value, key in needed
            yield from _walk((*path, key), value, inside)
        below: Any = part.get("additionalProperties")
        if "$ref" in str(below):
            yield from _walk((*path, NAME), below, inside)
        if isinstance(part.get("items"), dict):
            yield from _walk(path, part["items"], inside)


def _parts(
    schema: dict[str, Any], seen: frozenset[str]
) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """The schema's own forms, references followed; each once on the way down."""
    reference = schema.get("$ref")
    if reference == _PARAMETER:
        return
    if isinstance(reference, str):
        if reference not in seen:
            yield from _parts(_definition(reference), seen | {reference})
        return
    for option in schema.get("anyOf", ()):
        yield from _parts(option, seen)
    if "anyOf" not in schema:
        yield schema, seen


def _definition(reference: str) -> dict[str, Any]:
    definitions: Any = json_schema()["$defs"]
    return definitions[reference.rpartition("/")[2]]


# ----------------------------------------------------------------------------------- in words


def _help(key: tuple[str, ...], entry: tuple[dict[str, Any], bool]) -> KeyHelp:
    schema, required = entry
    told = str(schema.get("description", ""))
    default = _DEFAULT.search(told)
    return KeyHelp(
        ".".join(key),
        told,
        _type(schema),
        next((part for part in default.groups() if part), "").strip("`") if default else "",
        required,
        tuple(_below(key, schema).items()),
        sample_of(key),
    )


def _below(key: tuple[str, ...], schema: dict[str, Any]) -> dict[str, str]:
    """Keys, and words, that may stand below a key or the author's names below it."""
    named = (*key, NAME)
    parent = named if any(path[: len(named)] == named for path in _known()) else key
    found = {
        path[-1]: str(part.get("description", ""))
        for path, (part, _) in _known().items()
        if len(path) == len(parent) + 1 and path[:-1] == parent
    }
    return _words(schema) | found


def _words(schema: dict[str, Any]) -> dict[str, str]:
    """Single words with a meaning of their own, in the place of keys or in a list."""
    found: dict[str, str] = {}
    for part, _ in _parts(schema, frozenset()):
        if "const" in part and "description" in part:
            found[str(part["const"])] = part["description"]
        elif isinstance(part.get("items"), dict):
            found |= _words(part["items"])
    return found


def _type(schema: dict[str, Any]) -> str:
    """Such as `text, or list of text`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{spell(value)}`" for value in schema["enum"])
    if "anyOf" in schema:
        kinds = [_type(part) for part in schema["anyOf"] if part.get("$ref") != _PARAMETER]
        return ", or ".join(dict.fromkeys(kinds))
    kinds = _kinds(schema)
    if kinds == ["array"] and isinstance(schema.get("items"), dict):
        return f"list of {_type(schema['items'])}"
    return ", or ".join(_KINDS[kind] for kind in kinds) or "any value"


def _kinds(schema: dict[str, Any]) -> list[str]:
    kind: Any = schema.get("type", [])
    return [kind] if isinstance(kind, str) else kind
