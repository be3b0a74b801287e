"""A diff as JSON for programs, and the JSON Schema that it keeps to."""

from __future__ import annotations

from typing import Any, cast

from pantheon.diff._model import (
    Consequence,
    DefinitionDiff,
    Diff,
    Learned,
    Score,
    SliceScore,
    Stamp,
)
from pantheon.draw import Picture
from pantheon.ids import Json, JsonObject


def to_json(diff: Diff) -> JsonObject:
    """The diff under the names of its fields; absent parts are null."""
    return {
        "before": diff.before,
        "after": diff.after,
        "definitions": [_definition(definition) for definition in diff.definitions],
        "breaks": [_consequence(consequence) for consequence in diff.consequences],
    }


def _definition(definition: DefinitionDiff) -> JsonObject:
    return {
        "kind": definition.kind,
        "name": definition.name,
        "state": definition.state,
        "before": _stamp(definition.before),
        "after": _stamp(definition.after),
        "capabilities": [
            {"kind": c.kind, "direction": c.direction, "words": c.words}
            for c in definition.capabilities
        ],
        "contract": [
            {"side": n.side, "path": n.path, "kind": n.kind, "words": n.words,
             "breaking": n.breaking}
            for n in definition.contract
        ],
        "breaks": [_consequence(consequence) for consequence in definition.consequences],
        "changes": [
            {"path": c.path, "state": c.state, "topic": c.topic, "before": c.before,
             "after": c.after, "words": [{"state": w.state, "text": w.text} for w in c.words]}
            for c in definition.changes
        ],
        "code": [
            {"path": c.path, "state": c.state, "before": c.before, "after": c.after,
             "lines": list(c.lines), "left_out": c.left_out}
            for c in definition.code
        ],
        "used_by": list(definition.used_by),
        "learned": _learned(definition.learned),
        "graph": _graph(definition.picture),
    }  # fmt: skip


def _stamp(stamp: Stamp | None) -> Json:
    return None if stamp is None else {"version": stamp.version, "hash": stamp.hash}


def _consequence(consequence: Consequence) -> JsonObject:
    where = consequence.where
    return {
        "flow": consequence.flow,
        "node": consequence.node,
        "reason": consequence.reason,
        "adapted": consequence.adapted,
        "where": None
        if where is None
        else {"file": where.file, "line": where.line, "column": where.column},
    }


def _learned(learned: Learned | None) -> Json:
    if learned is None:
        return None
    details: Json = None
    if learned.details is not None:
        from pantheon.report import diff_to_json

        details = diff_to_json(learned.details)
    scores: list[Json] = [_score(score) for score in learned.scores]
    return {
        "before": learned.before,
        "after": learned.after,
        "details": details,
        "scores": scores,
    }


def _score(score: SliceScore) -> JsonObject:
    def side(one: Score | None) -> Json:
        if one is None:
            return None
        return {"audited": one.audited, "share": one.share, "low": one.low, "high": one.high}

    return {
        "slice": score.name,
        "before": side(score.before),
        "after": side(score.after),
        "difference": None
        if score.by is None
        else {"by": score.by, "low": score.low, "high": score.high},
    }


def _graph(picture: Picture | None) -> Json:
    if picture is None:
        return None
    figures: list[Json] = [
        {"id": f.id, "title": f.title, "shape": f.shape, "status": f.status,
         "lines": [line.text for line in f.lines], "inside": _graph(f.inside)}
        for f in picture.figures
    ]  # fmt: skip
    links: list[Json] = [
        {"from": x.source, "to": x.target, "kind": x.kind, "label": x.label, "status": x.status}
        for x in picture.links
    ]
    return {"nodes": figures, "links": links}


# ----------------------------------------------------------------------------------- schema


def diff_schema() -> JsonObject:
    """JSON Schema (2020-12) of what `to_json` gives."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What differs between two versions of definitions",
        **_object(
            before=_TEXT,
            after=_TEXT,
            definitions=_list({"$ref": "#/$defs/definition"}),
            breaks=_list({"$ref": "#/$defs/break"}),
        ),
        "$defs": {
            "definition": _definition_schema(),
            "break": _object(
                flow=_TEXT,
                node=_or_null(_TEXT),
                reason=_TEXT,
                adapted={"type": "boolean"},
                where=_or_null(_object(file=_TEXT, line=_WHOLE, column=_WHOLE)),
            ),
            "graph": _graph_schema(),
        },
    }


def _definition_schema() -> JsonObject:
    stamp = _or_null(_object(version=_or_null(_TEXT), hash=_or_null(_TEXT)))
    return _object(
        kind=_one_of("agent", "flow", "model", "memory", "prompt", "setting"),
        name=_TEXT,
        state=_STATE,
        before=stamp,
        after=stamp,
        capabilities=_list(
            _object(kind=_TEXT, direction=_one_of("more", "less", "other"), words=_TEXT)
        ),
        contract=_list(
            _object(
                side=_one_of("input", "output"),
                path=_TEXT,
                kind=_TEXT,
                words=_TEXT,
                breaking={"type": "boolean"},
            )
        ),
        breaks=_list({"$ref": "#/$defs/break"}),
        changes=_list(_change_schema()),
        code=_list(_code_schema()),
        used_by=_list(_TEXT),
        learned=_or_null(
            _object(
                before=_or_null(_TEXT),
                after=_or_null(_TEXT),
                details=_or_null(_ANY_OBJECT),
                scores=_list(_score_schema()),
            )
        ),
        graph=_or_null({"$ref": "#/$defs/graph"}),
    )


def _score_schema() -> JsonObject:
    side = _or_null(_object(audited=_WHOLE, share=_NUMBER, low=_NUMBER, high=_NUMBER))
    difference = _or_null(_object(by=_NUMBER, low=_NUMBER, high=_NUMBER))
    return _object(slice=_TEXT, before=side, after=side, difference=difference)


def _change_schema() -> JsonObject:
    return _object(
        path=_TEXT,
        state=_STATE,
        topic=_one_of("contract", "prompt", "tiers", "promise", "nodes", "other"),
        before={},
        after={},
        words=_list(_object(state=_one_of("same", "added", "removed"), text=_TEXT)),
    )


def _code_schema() -> JsonObject:
    return _object(
        path=_TEXT,
        state=_STATE,
        before=_or_null(_TEXT),
        after=_or_null(_TEXT),
        lines=_list(_TEXT),
        left_out=_WHOLE,
    )


def _graph_schema() -> JsonObject:
    status = _one_of("same", "added", "removed", "changed")
    node = _object(
        id=_TEXT,
        title=_TEXT,
        shape=_TEXT,
        status=status,
        lines=_list(_TEXT),
        inside=_or_null({"$ref": "#/$defs/graph"}),
    )
    link = _object(**{"from": _TEXT, "to": _TEXT, "kind": _TEXT, "label": _TEXT, "status": status})
    return _object(nodes=_list(node), links=_list(link))


def _one_of(*values: str) -> JsonObject:
    return {"enum": list(values)}


def _list(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


def _or_null(schema: JsonObject) -> JsonObject:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**fields: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": cast("dict[str, Any]", fields),
        "required": list(fields),
        "additionalProperties": False,
    }


_TEXT: JsonObject = {"type": "string"}
_WHOLE: JsonObject = {"type": "integer"}
_NUMBER: JsonObject = {"type": "number"}
_ANY_OBJECT: JsonObject = {"type": "object"}
_STATE = _one_of("added", "removed", "changed")
