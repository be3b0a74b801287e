"""What a key of pantheon.yaml means: from the schema that editors read too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pantheon.editing import spell
from pantheon.ids import Json
from pantheon.spec import json_schema

NAME = "NAME"
"""Stands for a name that the author chooses."""
_DEFAULT = re.compile(r"[Dd]efault(?:s? is)?:? ([^.;]+?)[.;]?$|\((\d[\d.%a-z]*|on|off)\)\.?$")
_SHOWN = re.compile(r"(?:such as|for example|[Ll]ike) `([^`]+)`|: `([^`]+)`|\(([\d.]+)[,)]")
_KINDS = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
    "array": "list", "object": "mapping", "null": "nothing",
}  # fmt: skip
_NUMBER = re.compile(r"[\d.]+")
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
    below = {
        path[len(key)]: str(found.get("description", ""))
        for path, (found, _) in _known().items()
        if len(path) == len(key) + 1 and path[: len(key)] == key
    }
    return KeyHelp(
        ".".join(key),
        told,
        _type(schema),
        next((part for part in default.groups() if part), "").strip("`") if default else "",
        required,
        tuple(below.items()),
        _example(key, _sample(schema, told)),
    )


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


def _sample(schema: dict[str, Any], told: str) -> str:
    """A value as it may be written."""
    shown = _SHOWN.search(told)
    if shown and not any(part.startswith("${") for part in shown.groups() if part):
        return next(part for part in shown.groups() if part)
    return spell(_value(schema))


def _value(schema: dict[str, Any]) -> Json:
    for part, _ in _parts(schema, frozenset()):
        if part.get("properties"):
            first, inside = next(iter(part["properties"].items()))
            told = str(inside.get("description", ""))
            shown = _DEFAULT.search(told)
            value = next((p for p in shown.groups() if p), None) if shown else None
            return {first: float(value) if value and _NUMBER.fullmatch(value) else _value(inside)}
        if "const" in part:
            return part["const"]
        if "enum" in part:
            return part["enum"][0]
        kind = next(iter(_kinds(part)), "")
        values: dict[str, Json] = {
            "string": "text", "integer": max(1, part.get("minimum", 1)), "number": 0.5,
            "boolean": True, "array": [], "object": {},
        }  # fmt: skip
        if kind == "array" and isinstance(part.get("items"), dict):
            return [_value(part["items"])]
        if kind in values:
            return values[kind]
    return "text"


def _is_list(key: tuple[str, ...]) -> bool:
    """Whether what stands at a path is a list of mappings."""
    found = _known().get(key)
    return found is not None and any("items" in part for part, _ in _parts(found[0], frozenset()))


def _example(key: tuple[str, ...], sample: str) -> str:
    """The key in its place, indented as it is written."""
    names = {"agents": "triage", "flows": "support", "models": "cloud", "nodes": "triage"}
    lines: list[str] = []
    indent = ""
    for depth, part in enumerate(key):
        shown = names.get(key[depth - 1], "name") if part == NAME else part
        item = "- " if depth and _is_list(key[:depth]) else ""
        lines.append(f"{indent}{item}{shown}:")
        indent += "  " + " " * len(item)
    lines[-1] += f" {sample}"
    return "\n".join(lines)
