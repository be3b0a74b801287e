"""What an agent declares about its answers: when two are the same, and which must never get worse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from pantheon.ids import JsonObject
from pantheon.spec._compatibility import (
    ALL_KINDS,
    alternatives,
    describe_fields,
    items_of,
    kinds_of,
    properties_of,
)
from pantheon.spec._fields import Fields
from pantheon.spec._same import EXACT, Same, SameProblem, parse_same
from pantheon.spec._source import Place, Scalar, Table, Written, to_json
from pantheon.spec._validate import validate_value

# ------------------------------------------------------------------------------- `same`, alone


def read_same(fields: Fields, output: JsonObject) -> Same:
    """The agent's equality, which must be about something that the output can hold."""
    written = fields.get("same")
    if written is None:
        return EXACT
    text = _text_of(fields, written)
    try:
        same = parse_same(text) if text is not None else EXACT
    except SameProblem as problem:
        fields.reject(written.place, problem.message, problem.fix)
        return EXACT
    unfit = _unfit(same, output)
    if unfit is not None:
        message = f"`{same}` of {fields.owner} {unfit[0]}"
        fields.findings.error("unfit-same", written.place, message, unfit[1])
    return same


def _text_of(fields: Fields, written: Written) -> str | None:
    """`same: {judge: NAME}` is what `judge: NAME` in one line would have to be."""
    if isinstance(written, Table) and list(written.entries) == ["judge"]:
        judge = written.entries["judge"].value
        name = judge.text if isinstance(judge, Scalar) else "AGENT"
        fields.reject(written.place, "The judge is named in one word.", f"write `judge:{name}`")
        return None
    return fields.text("same")


def _unfit(same: Same, output: JsonObject) -> tuple[str, str] | None:
    """What is wrong with a relation for such an output, and the fix."""
    scalars = list(_kinds_inside(output))
    if same.kind == "numeric" and not any("number" in kinds for kinds in scalars):
        fix = "give the output a number, or write `same: normalised`"
        return "has a tolerance for numbers, but the output holds none.", fix
    if same.kind == "set_f1" and len(scalars) == 1 and not _repeats(output):
        fix = "make it a list, or write `same: normalised`"
        return "counts how much is shared, but the output is a single value.", fix
    return None


def _kinds_inside(schema: JsonObject) -> Iterator[frozenset[str]]:
    """The kinds of each value that an output may hold, at any depth; what is open holds any."""
    for branch in alternatives(schema):
        properties, items = properties_of(branch), items_of(branch)
        for inner in (*properties.values(), *((items,) if items else ())):
            yield from _kinds_inside(inner)
        if not properties and not items:
            kinds = kinds_of(branch)
            yield ALL_KINDS if kinds & {"object", "array"} else kinds


def _repeats(schema: JsonObject) -> bool:
    """Whether an output may hold several values in one field; an open object may."""
    named = properties_of(schema).values()
    kinds = kinds_of(schema)
    below = any(map(_repeats, named))
    return "array" in kinds or below or ("object" in kinds and not named)


# ------------------------------------------------------------------------------------ `critical`


def read_critical(fields: Fields, output: JsonObject) -> tuple[JsonObject, ...]:
    """Parts of outputs, each checked against the contract but for what it leaves out."""
    partial = _without_required(output)
    found: list[JsonObject] = []
    for written in fields.listed("critical"):
        if not isinstance(written, Table) or not written.entries:
            message = f"Each `critical` of {fields.owner} is a part of an output."
            names = list(properties_of(output))
            shown = written.text if isinstance(written, Scalar) else "…"
            fix = f"write `{{{names[0] if names else 'field'}: {shown}}}`"
            fields.reject(written.place, message, fix)
            continue
        problems = validate_value(partial, to_json(written))
        for problem in problems[:1]:
            place = _place_of(written, problem)
            message = f"No output of {fields.owner} can hold this: {problem}."
            fix = f"name fields of the output: {describe_fields(output)}"
            fields.findings.error("bad-critical", place, message, fix)
        if not problems:
            found.append(cast("JsonObject", to_json(written)))
    return tuple(found)


def _place_of(written: Table, problem: str) -> Place:
    entry = next((e for key, e in written.entries.items() if f"`{key}" in problem), None)
    return entry.value.place if entry else written.place


def _without_required(schema: JsonObject) -> JsonObject:
    """The schema that parts of its values fit."""
    kept: JsonObject = {key: value for key, value in schema.items() if key != "required"}
    for key in ("anyOf", "oneOf"):
        branches = kept.get(key)
        if isinstance(branches, list):
            kept[key] = [_without_required(b) if isinstance(b, dict) else b for b in branches]
    if "properties" in kept:
        named = properties_of(schema)
        kept["properties"] = {name: _without_required(inner) for name, inner in named.items()}
    if isinstance(kept.get("items"), dict):
        kept["items"] = _without_required(items_of(schema))
    return kept
