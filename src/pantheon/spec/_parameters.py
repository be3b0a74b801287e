"""Parameters: values that a project leaves open, declared with a type and filled in as data.

`${parameters.region}` may stand in any value. What is filled in is never read as anything but a
value: in an expression it is a literal, and it can bring no braces along, so it opens neither a
template, nor a placeholder, nor a variable of the environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec import _keys as keys
from pantheon.spec._contract import read_type
from pantheon.spec._fields import Fields, check_name
from pantheon.spec._model import ParameterDef
from pantheon.spec._source import (
    Entry,
    Findings,
    Items,
    Place,
    Scalar,
    Table,
    Written,
    describe,
    did_you_mean,
    from_json,
    to_json,
)
from pantheon.spec._validate import validate_value

At: TypeAlias = Callable[[int, int], Place]
"""The place of a stretch of the text in which a parameter stands."""

_REFERENCE = re.compile(r"(\$?)\$\{[ ]*(param\w*)\.([^{}]*)\}", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][\w-]*")
_IN_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_STRINGS = re.compile(r"""(["'])(?:\\.|(?!\1)[^\\])*(\1|$)""", re.DOTALL)
_MAX_LENGTH = 1_000_000
_SIMPLE = frozenset({"string", "integer", "number", "boolean"})
_FIX = "write `${parameters.NAME}`, or `$${parameters.NAME}` for the text itself"


# ---------------------------------------------------------------------- what is declared


def read_parameters(
    declared: Mapping[str, Entry], values: Mapping[str, Entry], findings: Findings
) -> dict[str, ParameterDef]:
    """The parameters with their values: those set from outside, else their defaults."""
    found: dict[str, ParameterDef] = {}
    for name, entry in declared.items():
        if check_name(entry.key, "parameter", findings):
            given = values.get(name)
            found[name] = _read_parameter(entry, given and given.value, findings)
    for name, given in values.items():
        if name not in declared:
            message = f"There is no parameter `{name}`."
            fix = did_you_mean(name, declared, otherwise="declare it under `parameters:`")
            findings.error("unknown-parameter", given.key.place, message, fix)
    return found


def _read_parameter(entry: Entry, given: Written | None, findings: Findings) -> ParameterDef:
    name, where = entry.key.text, entry.key.place.where
    if not isinstance(entry.value, Table):
        written = entry.value if given is None else given
        schema = _type_of(entry.value)
        _check_type(name, schema, entry.value, findings)
        return ParameterDef(name, schema, _read_value(name, schema, written, findings), "", where)
    fields = Fields.read(entry.value, f"the parameter `{name}`", findings, keys.PARAMETER)
    assert fields is not None
    schema = _read_type(fields, name)
    default = fields.get("default")
    usual = None if default is None else _read_value(name, schema, default, findings)
    value = usual if given is None else _read_value(name, schema, given, findings)
    if given is None and default is None:
        message = f"The parameter `{name}` has no value."
        fix = f"give it one: `--set parameters.{name}=…`, or a `default`"
        findings.error("unset-parameter", entry.key.place, message, fix)
    return ParameterDef(name, schema, value, fields.text("description") or "", where)


def _type_of(written: Written) -> JsonObject:
    """The type that a value alone declares."""
    match written:
        case Scalar(value=bool()):
            return {"type": "boolean"}
        case Scalar(value=int()):
            return {"type": "integer"}
        case Scalar(value=float()):
            return {"type": "number"}
        case Items(items=(first, *_)):
            return {"type": "array", "items": _type_of(first)}
        case Items():
            return {"type": "array", "items": {"type": "string"}}
        case _:
            return {"type": "string"}


def _read_type(fields: Fields, name: str) -> JsonObject:
    written = fields.get("type")
    if written is None:
        default = fields.get("default")
        if default is None:
            fields.require("type", "say what it is: `type: string`")
        return {"type": "string"} if default is None else _type_of(default)
    before = fields.findings.errors
    schema = read_type(written, name, fields.findings)
    if fields.findings.errors == before:
        _check_type(name, schema, written, fields.findings)
    return schema


def _check_type(name: str, schema: JsonObject, written: Written, findings: Findings) -> None:
    if not _is_simple(schema):
        message = f"The parameter `{name}` must be a text, a number, true or false, or a list."
        fix = "write `string`, `integer`, `number`, `boolean`, `[string]` or `{enum: [a, b]}`"
        findings.error("bad-type", written.place, message, fix)


def _is_simple(schema: JsonObject) -> bool:
    items = schema.get("items")
    if schema.get("type") == "array":
        return isinstance(items, dict) and _is_simple(items) and items.get("type") != "array"
    return schema.get("type") in _SIMPLE


def _read_value(name: str, schema: JsonObject, written: Written, findings: Findings) -> Json:
    """The value as its type wants it, or nothing where it does not fit."""
    value = _as_typed(schema, written)
    if isinstance(written, Table) or value is None:
        problem = f"it is {describe(written)}"
    else:
        problem = next(iter(validate_value(schema, value)), "")
    if problem and not _is_simple(schema):
        return None  # the type is told
    if problem:
        message = f"The value of the parameter `{name}` does not fit its type: {problem}."
        findings.error("bad-value", written.place, message, "change the value, or the type")
        return None
    if any("{" in text or "}" in text for text in _texts(value)):
        message = f"The value of the parameter `{name}` holds a brace: it is text, never code."
        findings.error("bad-value", written.place, message, "write it without `{` and `}`")
        return None
    return value


def _as_typed(schema: JsonObject, written: Written) -> Json:
    """Where text is wanted a number is taken as written, so `1.10` stays `1.10`."""
    items = schema.get("items")
    if isinstance(written, Items) and isinstance(items, dict):
        return [_as_typed(items, item) for item in written.items]
    if isinstance(written, Scalar) and schema.get("type") == "string":
        plain = isinstance(written.value, int | float) and not isinstance(written.value, bool)
        return written.text if plain else written.value
    return to_json(written)


def _texts(value: Json) -> Iterator[str]:
    parts = value if isinstance(value, list) else [value]
    return (part for part in parts if isinstance(part, str))


# ---------------------------------------------------------------------- where it is filled in


def names_in(written: Written) -> set[str]:
    """The parameters that a value names."""
    match written:
        case Scalar(text=text):
            return {match[3].strip() for match in _REFERENCE.finditer(text)}
        case Items(items=items):
            return set[str]().union(*map(names_in, items))
        case Table(entries=entries):
            return set[str]().union(*(names_in(entry.value) for entry in entries.values()))


@dataclass(slots=True)
class Filler:
    """Puts the values of parameters where they are named, and remembers which were."""

    parameters: Mapping[str, ParameterDef]
    findings: Findings
    used: set[str] = field(default_factory=set[str])
    length: int = 0
    """Characters filled in."""

    def fill_sections(self, sections: dict[str, dict[str, Entry]]) -> None:
        """Everything but the parameters themselves."""
        for name, entries in sections.items():
            if name != "parameters":
                sections[name] = {key: self.fill_entry(entry) for key, entry in entries.items()}

    def fill_entry(self, entry: Entry) -> Entry:
        """The same entry where no parameter is named."""
        if "${" in entry.key.text and _names_one(entry.key.text):
            message = "A parameter stands in values, not in keys."
            self.findings.error("bad-parameter", entry.key.place, message, "write the key itself")
        value = self.fill(entry.value)
        return entry if value is entry.value else Entry(entry.key, value)

    def fill(self, written: Written) -> Written:
        """The same value where no parameter is named."""
        match written:
            case Scalar():
                if "${" not in written.text or not _names_one(written.text):
                    return written
                return self.fill_scalar(written)
            case Items(items=items):
                filled = [self.fill(item) for item in items]
                same = all(new is old for new, old in zip(filled, items, strict=True))
                return written if same else Items(tuple(filled), written.place)
            case Table(entries=entries):
                after = {key: self.fill_entry(entry) for key, entry in entries.items()}
                same = all(after[key] is entry for key, entry in entries.items())
                return written if same else Table(after, written.place)

    def fill_scalar(self, written: Scalar) -> Written:
        """A parameter alone keeps its type; inside text it is text."""
        if not isinstance(written.value, str):
            return written
        whole = _REFERENCE.fullmatch(written.text)
        if whole is not None and not whole[1] and not self.is_foreign(whole):
            parameter = self.find(whole, written.part)
            return written if parameter is None else _typed(parameter.value, written)
        before = self.findings.errors
        text, code = self.fill_text(written.text, written.part)
        if self.findings.errors > before:
            return written
        return Scalar(text, written.place, text, None, code)

    def fill_text(self, text: str, at: At) -> tuple[str, str]:
        """The text, and the text as an expression: its values as literals."""
        quotes = {i: m[1] for m in _STRINGS.finditer(text) for i in range(m.start(), m.end())}
        plain, code, last = "", "", 0
        for match in _REFERENCE.finditer(text):
            if self.is_foreign(match):
                continue
            between = text[last : match.start()]
            last = match.end()
            plain, code = plain + between, code + between
            if match[1]:  # `$${…}` is the text itself
                plain, code = plain + match[0][1:], code + match[0][1:]
                continue
            value = self.read_inside(match, text, at)
            if value is not None:
                plain += _spell(value)
                code += _literal(value, quotes.get(match.start()))
        plain, code = plain + text[last:], code + text[last:]
        return plain, code

    def read_inside(self, match: re.Match[str], text: str, at: At) -> Json:
        """The value of a parameter that is named inside text; None where it may not be."""
        parameter = self.find(match, at)
        place = at(match.start(), match.end())
        if parameter is None or parameter.value is None:
            return None
        if isinstance(parameter.value, list):
            self.refuse(place, f"The parameter `{parameter.name}` is a list: it must stand alone.")
            return None
        tags = [tag.span() for tag in _IN_TEMPLATE.finditer(text)]
        inside = any(start < match.start() and match.end() < end for start, end in tags)
        opens = _spell(parameter.value).endswith("$") and text[match.end() :].startswith("{")
        if inside or opens or text[: match.start()].endswith("{"):
            self.refuse(place, "A parameter is text: it can be no part of what braces hold.")
            return None
        return parameter.value

    def is_foreign(self, match: re.Match[str]) -> bool:
        """Whether this is something of the text's own: `${params.id}` where nothing is declared."""
        return not self.parameters and match[2] != "parameters"

    def find(self, match: re.Match[str], at: At) -> ParameterDef | None:
        """The parameter that is named, if there is one."""
        place = at(match.start(), match.end())
        name = match[3].strip()
        if match[2] != "parameters" or not _NAME.fullmatch(name):
            self.refuse(place, f"`{match[0]}` names no parameter.")
            return None
        parameter = self.parameters.get(name)
        if parameter is None:
            fix = did_you_mean(name, self.parameters, otherwise="declare it under `parameters:`")
            message = f"There is no parameter `{name}`."
            self.findings.error("unknown-parameter", place, message, fix)
            return None
        self.used.add(name)
        self.length += len(_spell(parameter.value))
        if self.length > _MAX_LENGTH:
            self.refuse(place, "Parameters fill in more than a million characters.", "use less")
            return None
        return parameter

    def refuse(self, place: Place, message: str, fix: str = _FIX) -> None:
        """Record a parameter that cannot be filled in."""
        self.findings.error("bad-parameter", place, message, fix)


def _names_one(text: str) -> bool:
    return _REFERENCE.search(text) is not None


def _typed(value: Json, written: Scalar) -> Written:
    """A value in the place of its parameter."""
    filled = from_json(value, written.place)
    if isinstance(filled, Items):
        scalars = (item for item in filled.items if isinstance(item, Scalar))
        parts = (replace(item, code=canonical_json(item.value)) for item in scalars)
        return Items(tuple(parts), written.place)
    assert isinstance(filled, Scalar)
    return replace(filled, text=_spell(value), code=canonical_json(value))


def _spell(value: Json) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _literal(value: Json, quote: str | None) -> str:
    """The value as an expression writes it, or as a part of a string in such quotes."""
    if quote is None:
        return canonical_json(value)
    inner = json.dumps(_spell(value), ensure_ascii=False)[1:-1]
    return inner.replace("'", "\\'") if quote == "'" else inner


_ITSELF = re.compile(r"\$\{[ ]*parameters\.[^{}]*\}")
"""What would be taken for a parameter where it is written as it is."""


def escape_references(value: Json) -> Json:
    """A value so that it is read back as it is: no text in it names a parameter."""
    match value:
        case str():
            return _ITSELF.sub(lambda match: f"${match[0]}", value)
        case list():
            return [escape_references(item) for item in value]
        case dict():
            return {key: escape_references(inner) for key, inner in value.items()}
        case _:
            return value


def escape_definition(written: JsonObject) -> JsonObject:
    """What stands below a definition's name, so that it is read back as it is."""
    return {key: escape_references(inner) for key, inner in written.items()}
