"""The page of what may stand in pantheon.yaml, from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

Schema: TypeAlias = "dict[str, Any]"

HEADER = """\
<!-- Written by `./run docs` from the schema of pantheon.yaml; edits here are lost. -->
# What stands in pantheon.yaml

The same as JSON Schema, for an editor that completes and checks while you type, is written by
`pantheon validate --schema`. A key that is not listed here is an error.
"""


def render() -> str:
    """The page: the file itself, then each thing that stands in it."""
    from pantheon.spec import json_schema

    return render_schema(json_schema())


def render_schema(schema: Schema) -> str:
    """One section for the root and one for each definition, in the schema's order."""
    sections = [_section("The file", schema)]
    sections += [_section(name, part) for name, part in schema.get("$defs", {}).items()]
    return "\n".join([HEADER, *sections])


def _section(name: str, schema: Schema) -> str:
    parts = [f"## {name}", schema.get("description", "").strip()]
    rows = [_row(schema, key, value) for key, value in schema.get("properties", {}).items()]
    if rows:
        parts.append("\n".join(["| key | holds | default | meaning |", "|---|---|---|---|", *rows]))
    else:
        parts.append(f"{describe(schema)}.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _row(owner: Schema, key: str, value: Schema) -> str:
    required = key in owner.get("required", ())
    default = "*required*" if required else _default(value)
    meaning = " ".join(value.get("description", "").split())
    return f"| `{key}` | {_cell(describe(value))} | {_cell(default)} | {_cell(meaning)} |"


def _default(value: Schema) -> str:
    if value.get("default") is None:
        return ""
    return f"`{json.dumps(value['default'], ensure_ascii=False)}`"


def describe(schema: Schema) -> str:
    """What a schema admits, in a few words of Markdown."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    for combined in ("anyOf", "oneOf"):
        if combined in schema:
            return " or ".join(dict.fromkeys(_alternatives(schema[combined])))
    return _describe_type(schema)


def _alternatives(schemas: list[Schema]) -> Iterator[str]:
    """What each alternative admits; null only says that the key may be left out."""
    return (describe(schema) for schema in schemas if schema.get("type") != "null")


def _describe_type(schema: Schema) -> str:
    kind: str | list[str] = schema.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and schema.get("items"):
        return f"list of {describe(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"name → {describe(schema['additionalProperties'])}"
    return " ".join([str(kind), *_bounds(schema)])


def _bounds(schema: Schema) -> Iterator[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    for name, sign in signs.items():
        if name in schema:
            yield f"{sign} {schema[name]}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
