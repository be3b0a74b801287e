"""The editor's schema of `tests`."""

from __future__ import annotations

from pantheon.ids import JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._case import MODEL_FAILURES
from pantheon.spec._json_pieces import (
    CONTRACT,
    COUNT,
    DURATION,
    FLAG,
    LABEL,
    NUMBER,
    TEXT,
    TEXT_OR_TEXTS,
    choice,
    section,
)

TESTS: JsonObject = {
    "anyOf": [TEXT, {"type": "array", "items": {"$ref": "#/$defs/test"}}],
}
_OBJECT: JsonObject = {"type": "object"}


def case_schema() -> JsonObject:
    """One test of an agent or a flow."""
    types: dict[str, JsonObject] = {
        "name": LABEL,
        "input": _OBJECT,
        "expect": _expect(),
        "output": _OBJECT,
        "answers": {"anyOf": [TEXT, _OBJECT, {"type": "array", "items": _scripted()}]},
        "skip": TEXT,
    }
    return section(keys.TEST, types, required=("input",))


def _expect() -> JsonObject:
    share: JsonObject = {"type": "number", "minimum": 0, "maximum": 1}
    judged = section(
        keys.SATISFIES,
        {"judge": TEXT, "criterion": TEXT, "at_least": share, "times": COUNT},
        required=("judge", "criterion"),
    )
    states: JsonObject = {"type": "object", "additionalProperties": TEXT}
    return section(
        keys.EXPECT,
        {
            "equals": _OBJECT,
            "same": _OBJECT,
            "contains": _OBJECT,
            "matches": _OBJECT,
            "schema": CONTRACT,
            "satisfies": {"anyOf": [judged, {"type": "array", "items": judged}]},
            "tier": TEXT_OR_TEXTS,
            "nodes": states,
            "fails": {"anyOf": [{"const": True}, TEXT]},
            "within": section(keys.WITHIN, {"time": DURATION, "usd": NUMBER}),
        },
    )


def _scripted() -> JsonObject:
    types = {"agent": TEXT, "input": _OBJECT, "output": _OBJECT, "repeat": FLAG}
    return section(keys.SCRIPTED, {**types, "fails": choice(*MODEL_FAILURES)})
