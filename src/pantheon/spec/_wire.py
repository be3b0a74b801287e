"""Inputs that a user may leave out, found by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pantheon.ids import JsonObject, canonical_json
from pantheon.spec._compatibility import kinds_of, properties_of, property_of
from pantheon.spec._draft import FlowDraft, NodeDraft, Wired, parse_at
from pantheon.spec._source import Findings, Scalar
from pantheon.spec._syntax import NAME


def wire_inputs(
    node: NodeDraft,
    contract: JsonObject,
    draft: FlowDraft,
    outputs: Mapping[str, JsonObject],
    item: JsonObject | None,
    findings: Findings,
) -> None:
    """Complete a node's inputs: a reviewer's from what it reviews, else from item and input."""
    ports = list(properties_of(contract))
    if node.reviews is not None:
        found = _review_sources(ports, node.reviews.text, draft, outputs)
        written, given = node.reviews, node.inputs or {}
    elif node.inputs is None:
        found = _input_sources(ports, draft.input, item)
        written, given = node.agent or node.key, {}
        node.by_name = True
    else:
        return
    missing = {port: source for port, source in found.items() if port not in node.input_keys}
    at = Scalar(written.text, written.place, written.text)
    parsed = {port: parse_at(source, at, findings) for port, source in missing.items()}
    node.inputs = {**given, **{port: wired for port, wired in parsed.items() if wired}}


def _review_sources(
    ports: list[str], reviewed: str, draft: FlowDraft, outputs: Mapping[str, JsonObject]
) -> dict[str, str]:
    """A port is the reviewed node's output field of that name, else its input of that name."""
    target = draft.nodes.get(reviewed)
    if target is None:
        return {}
    found = {name: wired.expression.source for name, wired in (target.inputs or {}).items()}
    if target.map is None:
        answered = properties_of(outputs[reviewed])
        found |= {name: field_path(reviewed, name) for name in answered}
    return {port: found[port] for port in ports if port in found}


def _input_sources(
    ports: list[str], flow_input: JsonObject, item: JsonObject | None
) -> dict[str, str]:
    """A port is the item's field of that name, the item itself, or the flow's input field."""
    found = {p: field_path("input", p) for p in ports if p in properties_of(flow_input)}
    if item is None:
        return found
    if len(ports) == 1 and kinds_of(item) != frozenset(("object",)):
        return {ports[0]: "item"}
    fields = {p: field_path("item", p) for p in ports if property_of(item, p) is not None}
    return {**found, **(fields if kinds_of(item) & {"object"} else {})}


def field_path(root: str, name: str) -> str:
    """`root.name`, or `root["odd name"]`."""
    return f"{root}.{name}" if NAME.fullmatch(name) else f"{root}[{canonical_json(name)}]"


def select_fields(
    root: str, fields: Iterable[str], written: Scalar, findings: Findings
) -> dict[str, Wired]:
    """One expression for each field of a node's output."""
    at = Scalar(written.text, written.place, written.text)
    parsed = {name: parse_at(field_path(root, name), at, findings) for name in fields}
    return {name: wired for name, wired in parsed.items() if wired is not None}
