"""Contracts as users write them → JSON Schema of an object.

    input: {text: string, team: {enum: [cards, other]}, tags: [string], note?: string}   short form
    input: {type: object, properties: {text: {type: string}}, required: [text]}          JSON Schema
    input: text                                                                          one tag

Short form: `string`, `integer`, `number`, `boolean`, `object`, `any`; a list of one type; a JSON
Schema of the field (a mapping with `type`, `enum`, `const`, `anyOf`, …); or a nested short form.
A `?` after the name makes a field optional; other fields than those listed are refused.
"""

from __future__ import annotations

from pantheon.ids import Json, JsonObject
from pantheon.spec._diagnostic import InvalidProject
from pantheon.spec._references import check_references
from pantheon.spec._schema_check import check_schema, is_schema, type_of_values
from pantheon.spec._source import (
    Findings,
    Items,
    Scalar,
    Table,
    Written,
    describe,
    did_you_mean,
    from_json,
    to_json,
)

TYPES: dict[str, JsonObject] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "any": {},
}
_OTHER_NAMES = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "dict": "object",
    "list": "[string]",
    "array": "[string]",
    "null": "any",
}


def expand_contract(written: Json) -> JsonObject:
    """JSON Schema of a contract given in any of the three ways; raises InvalidProject."""
    findings = Findings()
    schema = read_contract(from_json(written), findings)
    if findings.failed:
        raise InvalidProject(findings.diagnostics)
    return schema


def tag_schema(tag: str) -> JsonObject:
    """The contract that one tag stands for: an object with this one string."""
    return _object({tag: {"type": "string"}}, [tag])


def _object(properties: dict[str, Json], required: list[str]) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list[Json](required),
        "additionalProperties": False,
    }


def read_contract(written: Written, findings: Findings) -> JsonObject:
    """The schema; mistakes go to `findings`, and what is wrong admits anything."""
    match written:
        case Table():
            read = _read_full if _is_full(written) else _read_short
            schema = read(written, findings)
            check_references(written, schema, findings)
            return schema
        case Scalar(value=str() as tag) if tag.strip():
            if tag in TYPES:
                message = f"This makes one field called `{tag}`, which is a text."
                fix = f"name the field: `{{text: {tag}}}`"
                findings.warn("tag-is-type", written.place, message, fix)
            return tag_schema(tag)
        case _:
            message = f"A contract is a mapping of fields, not {describe(written)}."
            fix = "write for example `{text: string}`"
            findings.error("bad-contract", written.place, message, fix)
            return {"type": "object"}


def _is_full(table: Table) -> bool:
    """JSON Schema; a short form may still have a field called `type` or `properties`."""
    kind = table.get("type")
    return (
        "$schema" in table
        or isinstance(table.get("properties"), Table)
        or (isinstance(kind, Scalar) and kind.value == "object")
        or "$ref" in table
    )


def _read_full(table: Table, findings: Findings) -> JsonObject:
    check_schema(table, findings)
    schema = to_json(table)
    assert isinstance(schema, dict)
    if schema.setdefault("type", "object") != "object":
        message = "A contract describes an object; this is another type."
        fix = "put it in a field: `{type: object, properties: {value: …}}`"
        findings.error("bad-contract", table.place_of("type"), message, fix)
    return schema


def _read_short(table: Table, findings: Findings) -> JsonObject:
    properties: dict[str, Json] = {}
    required: list[str] = []
    for key, entry in table.entries.items():
        name = key.removesuffix("?")
        if not name or name in properties:
            message = f"The field `{name}` is given twice." if name else "A field needs a name."
            findings.error("bad-contract", entry.key.place, message, "keep one of them")
            continue
        properties[name] = read_type(entry.value, name, findings)
        if not key.endswith("?"):
            required.append(name)
    return _object(properties, required)


def read_type(written: Written, name: str, findings: Findings) -> JsonObject:
    """The schema of one value: a type's name, a list of one, a JSON Schema, a nested short form."""
    match written:
        case Scalar():
            return _read_type_name(written, name, findings)
        case Items(items=(only,)):
            return {"type": "array", "items": read_type(only, name, findings)}
        case Items():
            message = f"The list type of `{name}` needs exactly one type of item."
            fix = f"for a list of texts write `{name}: [string]`; for a choice `{{enum: […]}}`"
            findings.error("bad-type", written.place, message, fix)
            return {}
        case Table() if is_schema(written):
            return _read_field_schema(written, findings)
        case Table():
            return _read_short(written, findings)


def _read_type_name(written: Scalar, name: str, findings: Findings) -> JsonObject:
    text = written.text.strip()
    if text in TYPES:
        return dict(TYPES[text])
    if text.endswith("?") and text[:-1] in TYPES:
        message = f"The `?` that makes `{name}` optional belongs to the name."
        findings.error("bad-type", written.place, message, f"write `{name}?: {text[:-1]}`")
        return {}
    known = _OTHER_NAMES.get(text.lower())
    fix = f"write `{known}`" if known else did_you_mean(text, TYPES)
    if "|" in text:
        fix = f"write `{{enum: [{', '.join(part.strip() for part in text.split('|'))}]}}`"
    message = f"`{text}` is not a type (field `{name}`)." if text else f"`{name}` has no type."
    findings.error("bad-type", written.place, message, fix)
    return {}


def _read_field_schema(table: Table, findings: Findings) -> JsonObject:
    check_schema(table, findings)
    schema = to_json(table)
    assert isinstance(schema, dict)
    values = schema.get("enum")
    if isinstance(values, list) and "type" not in schema:
        kind = type_of_values(values)
        return {"type": kind, **schema} if kind else schema
    return schema
