"""Sentences about results: who answered and why that counts, and what made a condition false."""

from __future__ import annotations

import json

from pantheon.errors import NotFound
from pantheon.flows._ending import message_of
from pantheon.flows._history import History
from pantheon.flows._places import split
from pantheon.ids import Json, JsonObject
from pantheon.spec import NodeDef, paths_of
from pantheon.store import AnswerRow, NodeResult, Store
from pantheon.text import clean

_MOST_VALUES = 3


def tell_answer(store: Store, result: NodeResult, node: NodeDef | None) -> tuple[str, JsonObject]:
    """How a node came to its output: a sentence, and the facts behind it."""
    note, reason = result.note or {}, result.reason or {}
    if note.get("edited"):
        return "A user put its output there when the run was forked.", note
    if note.get("given"):
        return f"It failed, and its definition says what to give then: {message_of(reason)}", note
    row = _row_of(store, note)
    told = _tell_source(note, node, row)
    facts: JsonObject = {**note, **(_facts_of(row) if row else {})}
    if "fallback" in reason:
        return f"{reason['fallback']} stood in for it: {message_of(reason)} {told}", facts
    tries = f" It took {result.attempts} attempts." if result.attempts > 1 else ""
    return told + tries, facts


def _tell_source(note: JsonObject, node: NodeDef | None, row: AnswerRow | None) -> str:
    if "tier" in note:
        accepted = f": {row.accepted}" if row is not None else ""
        return f"The tier `{note['tier']}` answered{accepted}."
    if "took" in note or (node is not None and node.merge is not None):
        return _tell_merge(note)
    if "rounds" in note:
        rounds = note["rounds"]
        return f"It came to its end after {rounds} round{'' if rounds == 1 else 's'}."
    if "flow" in note:
        return f"The flow {note['flow']!r} inside it came to its output."
    if "event" in note:
        return f"The event {note['event']!r} was signalled."
    if node is not None and node.map is not None:
        return "Every item gave something."
    if node is not None and node.wait is not None:
        return "Its time had come."
    return "It gave its output."


def _tell_merge(note: JsonObject) -> str:
    took, without = note.get("took"), note.get("without")
    if isinstance(without, list):
        return f"The merge took what there was in time, without {_names(without)}."
    if took is None:
        return "The merge took all its sources."
    facts = [f"{key} {note[key]}" for key in ("score", "votes", "against") if key in note]
    names = _names(took) if isinstance(took, list) else str(took)
    return f"The merge took {names} ({', '.join(facts)})." if facts else f"The merge took {names}."


def _names(names: list[Json]) -> str:
    return ", ".join(map(str, names))


def _row_of(store: Store, note: JsonObject) -> AnswerRow | None:
    answer = note.get("answer")
    if not isinstance(answer, str):
        return None
    try:
        return store.answers.get(answer)
    except NotFound:
        return None


def _facts_of(row: AnswerRow) -> JsonObject:
    return {
        "agent": row.agent,
        "accepted": row.accepted,
        "confidence": row.confidence,
        "tried": list[Json](row.tried),
    }


def tell_condition(history: History, result: NodeResult) -> str:
    """The values that a condition read, to follow its sentence; empty where they are not known."""
    prefix, _ = split(result.node)
    scene, node = history.scene(prefix), history.node(result.node)
    if scene is None or node is None or node.when is None:
        return ""
    scope = history.scope(scene)
    known = [path for path in sorted(paths_of(node.when)) if path[0] in scope and len(path) > 1]
    values = [f"{'.'.join(path)} is {_brief(_at(scope, path))}" for path in known[:_MOST_VALUES]]
    return f" ({'; '.join(values)})" if values else ""


def _at(scope: JsonObject, path: tuple[str, ...]) -> Json:
    value: Json = scope
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _brief(value: Json) -> str:
    return clean(json.dumps(value, ensure_ascii=False), 60)
