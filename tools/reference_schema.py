"""The page of what may stand in pantheon.yaml, from its JSON Schema, and the schema itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

TOP = "The file"
HEADER = """\
<!-- Written by `./run docs` from the schema of pantheon.yaml; edits here are lost. -->
# What stands in pantheon.yaml

A key that is not listed here is an error. For an editor that completes and checks while you type,
the same is a JSON Schema: [pantheon.schema.json](pantheon.schema.json).
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: something with keys of its own, by the path that leads to it."""

    name: str
    schema: Schema

    def keys(self) -> dict[str, Schema]:
        return _keys(self.schema)

    def path_of(self, key: str) -> str:
        return key if self.name == TOP else f"{self.name}.{key}"


def render() -> str:
    """The page: the file itself, then each thing that stands in it."""
    from pantheon.spec import json_schema

    return render_schema(json_schema())


def render_json() -> str:
    """The schema itself."""
    from pantheon.spec import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def render_schema(schema: Schema) -> str:
    """A section for the root, each definition, and each object inside them that has keys."""
    sections = list(_sections(Section(TOP, schema)))
    for name, part in schema.get("$defs", {}).items():
        sections += _sections(Section(name, part))
    return "\n".join([HEADER, *map(_render_section, sections)])


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for key, value in section.keys().items():
        if _keys(value):
            yield from _sections(Section(section.path_of(key), value))


def _keys(schema: Schema) -> dict[str, Schema]:
    """The keys of an object, of the objects among its alternatives, in its list, or below names."""
    keys = dict(schema.get("properties", {}))
    below: list[Any] = [schema.get("items"), schema.get("additionalProperties")]
    parts: list[Schema] = [part for part in below if isinstance(part, dict)]
    for inner in [*_alternatives(schema), *parts]:
        keys |= _keys(inner)
    return keys


def _alternatives(schema: Schema) -> list[Schema]:
    """What a value may be instead; null only says that the key may be left out."""
    options: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or []
    return [option for option in options if option.get("type") != "null"]


def _required(schema: Schema) -> set[str]:
    """Keys that must be there; where several objects are possible, none must in all of them."""
    objects = [schema] if "properties" in schema else []
    objects += [option for option in _alternatives(schema) if "properties" in option]
    return set(objects[0].get("required", ())) if len(objects) == 1 else set()


def _render_section(section: Section) -> str:
    schema = section.schema
    parts = [f"## {section.name}", schema.get("description", "").strip()]
    named = [option for option in _alternatives(schema) if "const" in option]
    parts.append("\n".join(f"- {describe(option)}: {option['description']}" for option in named))
    plain = [
        option for option in _alternatives(schema) if not _keys(option) and option not in named
    ]
    if plain:
        parts.append(f"Written as {_joined(plain)}{', or with keys' if section.keys() else ''}.")
    parts.append(_table(section))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(section: Section) -> str:
    required = _required(section.schema)
    rows = [
        f"| `{key}`{', required' if key in required else ''} "
        f"| {_cell(describe(value, section.path_of(key)))} | {_cell(_meaning(value))} |"
        for key, value in section.keys().items()
    ]
    return "\n".join(["| key | holds | meaning |", "|---|---|---|", *rows]) if rows else ""


def _meaning(value: Schema) -> str:
    meaning: str = value.get("description", "")
    if value.get("default") is None:
        return meaning
    return f"{meaning} Default: `{json.dumps(value['default'], ensure_ascii=False)}`."


def describe(schema: Schema, path: str = "") -> str:
    """What a schema admits, in a few words of Markdown; `path` is where its own keys are listed."""
    if "$ref" in schema:
        return _link(schema["$ref"].rsplit("/", 1)[-1])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if _alternatives(schema):
        return _joined(_alternatives(schema), path)
    return _link(path) if schema.get("properties") else _describe_type(schema, path)


def _joined(options: list[Schema], path: str = "") -> str:
    return " or ".join(dict.fromkeys(describe(option, path) for option in options))


def _link(name: str) -> str:
    return f"[{name}](#{name.lower().replace('.', '')})"


def _describe_type(schema: Schema, path: str) -> str:
    kind: str | list[str] = schema.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and schema.get("items"):
        return f"list of {describe(schema['items'], path)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"name → {describe(schema['additionalProperties'], path)}"
    return " ".join([kind, *_bounds(schema)])


def _bounds(schema: Schema) -> Iterator[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    for name, sign in signs.items():
        if name in schema:
            yield f"{sign} {schema[name]}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
