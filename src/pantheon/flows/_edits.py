"""Values that a user puts in place of what a run was given, or of what one of its nodes gave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from pantheon.errors import InputError, NotFound
from pantheon.flows._history import History, Scene
from pantheon.flows._places import plain, split
from pantheon.ids import Json, JsonObject
from pantheon.spec import NodeDef, describe_fields, did_you_mean, validate_value

Step: TypeAlias = "str | int"
"""A field of an object or a position in a list."""
_ROOT = re.compile(r"[^.\[]+")
_STEP = re.compile(r'\.([^.\[\]]+)|\[(\d+)\]|\["([^"]*)"\]')
INPUT = "input"


@dataclass(frozen=True, slots=True)
class Edit:
    """One value put somewhere: in `input.field`, or in the output of a node, `node.field`."""

    place: str
    """`input.text`, `triage.team`, `draft.parts[0].text`, `outer[1]/inner.n`, or a whole node."""
    value: Json
    written: str | None = None
    """As it was typed: taken so where the contract wants a text."""


@dataclass(frozen=True, slots=True)
class Target:
    """An edit whose place has been read."""

    edit: Edit
    node: str
    """Path of the node as a person writes it; `input` for the run's input."""
    fields: tuple[Step, ...]

    @property
    def path(self) -> tuple[str, ...]:
        """The fields as expressions have them."""
        return tuple(map(str, self.fields))


def read_edit(edit: Edit) -> Target:
    """Where an edit goes. InputError when that is no path."""
    head, last = split(edit.place)
    root = _ROOT.match(last)
    rest = last[root.end() :] if root else last
    steps = _STEP.findall(rest)
    if root is None or _STEP.sub("", rest):
        raise InputError(
            f"`{edit.place}` is no path to a value.",
            hint="Write node.field, outer/inner.field, node.list[0].field, or input.field.",
        )
    fields = tuple(int(number) if number else name or quoted for name, number, quoted in steps)
    return Target(edit, head + root[0], fields)


def find_places(history: History, wanted: str) -> list[str]:
    """The places of the run that a person's path means. NotFound with the nearest name."""
    history.check_known(wanted)
    found = history.places(wanted)
    if not found and not _is_open(history, wanted):
        raise NotFound(
            f"The node `{wanted}` has not run in run {history.run.id}.",
            hint=f"`pantheon runs why {history.run.id} {plain(wanted)}` says why.",
        )
    return found or [wanted]


def _is_open(history: History, wanted: str) -> bool:
    """Whether the path is one that the node will have when it runs."""
    head, _ = split(wanted)
    return "[" not in head and not any(
        node is not None and (node.map is not None or node.loop is not None)
        for node in map(history.node, _parents(head))
    )


def _parents(head: str) -> list[str]:
    parts = head.split("/")[:-1]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def find_one(history: History, wanted: str) -> str:
    """The one place that a path means. InputError when it means several."""
    places = find_places(history, wanted)
    if len(places) > 1:
        shown = ", ".join(f"`{_choice(place)}`" for place in places[:4])
        raise InputError(
            f"The node `{wanted}` ran {len(places)} times in run {history.run.id}.",
            hint=f"Say which one: {shown}{', …' if len(places) > 4 else ''}",
        )
    return places[0]


def _choice(place: str) -> str:
    return re.sub(r"#(\d+)", r"[\1]", place)


# ------------------------------------------------------------------------------------- values


def edit_input(schema: JsonObject, input: JsonObject, targets: Sequence[Target]) -> JsonObject:
    """The input with edits in it. InputError when it does not satisfy the contract."""
    value: Json = input
    for target in targets:
        value = put(value, target, schema)
    problems = validate_value(schema, value)
    if problems:
        raise InputError(
            f"The edited input does not satisfy the contract: {'; '.join(problems)}.",
            hint=f"It expects {describe_fields(schema)}.",
        )
    return cast("JsonObject", value)


def edit_output(schema: JsonObject | None, output: Json, targets: Sequence[Target]) -> Json:
    """An output with edits in it. InputError when it does not satisfy the node's contract."""
    value = output
    for target in targets:
        value = put(value, target, schema or {})
    problems = validate_value(schema, value) if schema is not None else []
    if problems:
        raise InputError(
            f"The edited output of `{targets[0].node}` does not satisfy its contract: "
            f"{'; '.join(problems)}.",
            hint=f"It gives {describe_fields(schema or {})}.",
        )
    return value


def put(value: Json, target: Target, schema: JsonObject) -> Json:
    """A copy of a value with one edit in it."""
    return _put(value, target.fields, target, schema)


def _put(value: Json, steps: tuple[Step, ...], target: Target, schema: Json) -> Json:
    if not steps:
        return _as_wanted(target.edit, schema)
    step, *rest = steps
    below = _below(schema, step)
    if isinstance(step, int):
        return _put_item(value, step, tuple(rest), target, below)
    fields: JsonObject = {} if value is None else value if isinstance(value, dict) else _no(target)
    _check_field(step, fields, target, schema)
    return {**fields, step: _put(fields.get(step), tuple(rest), target, below)}


def _put_item(value: Json, step: int, rest: tuple[Step, ...], target: Target, below: Json) -> Json:
    if not isinstance(value, list) or step >= len(value):
        count = f"a list of {len(value)}" if isinstance(value, list) else "no list"
        raise InputError(
            f"`{target.edit.place}` cannot be set: there is {count} before `[{step}]`.",
            hint="Positions count from 0; set the whole list to make it longer.",
        )
    return [*value[:step], _put(value[step], rest, target, below), *value[step + 1 :]]


def _no(target: Target) -> JsonObject:
    raise InputError(
        f"`{target.edit.place}` cannot be set: the value before the last fields is no object.",
        hint=f"Set all of it: --set {target.node}=JSON",
    )


def _check_field(step: str, fields: JsonObject, target: Target, schema: Json) -> None:
    """A field that the contract does not have is told with the nearest one that it has."""
    known = schema.get("properties") if isinstance(schema, dict) else None
    closed = isinstance(schema, dict) and schema.get("additionalProperties") is False
    if isinstance(known, dict) and closed and step not in known and step not in fields:
        fix = did_you_mean(step, known)
        raise InputError(
            f"`{target.edit.place}` cannot be set: there is no field `{step}`.",
            hint=f"{fix[0].upper()}{fix[1:]}",
        )


def _below(schema: Json, step: Step) -> Json:
    if not isinstance(schema, dict):
        return {}
    if isinstance(step, int):
        return schema.get("items", {})
    properties = schema.get("properties")
    return properties.get(step, {}) if isinstance(properties, dict) else {}


def _as_wanted(edit: Edit, schema: Json) -> Json:
    wants_text = isinstance(schema, dict) and schema.get("type") == "string"
    if wants_text and edit.written is not None and not isinstance(edit.value, str):
        return edit.written
    return edit.value


def contract_of(history: History, scene: Scene, node: NodeDef) -> JsonObject | None:
    """JSON Schema of what a node gives; None where nothing is known."""
    schema = _contract_once(history, scene, node)
    if schema is None or node.map is None:
        return schema
    return {"type": "array", "items": schema}


def _contract_once(history: History, scene: Scene, node: NodeDef) -> JsonObject | None:
    if node.agent is not None:
        agent = history.plans.agents.get(node.agent)
        return None if agent is None else agent.output
    if node.wait is not None and node.wait.event is not None:
        return node.wait.schema
    inner = history.plans.inside(scene.plan, node)
    return None if inner is None else inner.flow.output_schema
