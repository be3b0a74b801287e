"""A flow as a picture: its nodes as figures, what they read and wait for as arrows.

Every node may read the flow's input, so an arrow from it is drawn only to where nothing else comes
before. A condition stands on the arrow from the one node that it asks, else in the node itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pantheon.draw._picture import Figure, Line, Link, Picture
from pantheon.draw._tree import draw_tree
from pantheon.draw._words import LONGEST, describe, shape_of
from pantheon.spec import AgentDef, FlowDef, NodeDef, expressions_of
from pantheon.text import clean

INPUT, OUTPUT = " input", " output"
"""Ids that no node can have."""
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Known:
    """Definitions that a drawing may look into."""

    agents: Mapping[str, AgentDef] = field(default_factory=dict[str, AgentDef])
    """Their tiers are shown."""
    flows: Mapping[str, FlowDef] = field(default_factory=dict[str, FlowDef])
    """Flows that are drawn inside the nodes which run them."""


def draw_flow(
    flow: FlowDef,
    *,
    agents: Mapping[str, AgentDef] | None = None,
    flows: Mapping[str, FlowDef] | None = None,
) -> Picture:
    """The picture of a flow, or of its behaviour tree.

    With `agents` their tiers are shown; with `flows` those that its nodes run are drawn inside.
    """
    return picture_of(flow, Known(agents or {}, flows or {}), ends=True, depth=0)


def picture_of(flow: FlowDef, known: Known, *, ends: bool, depth: int) -> Picture:
    """The picture of a flow, `depth` frames down; `ends`: with its input and output."""
    figures = {node.name: _figure(node, flow, known, depth=depth) for node in flow.nodes.values()}
    if flow.tree is not None:
        return draw_tree(flow, figures)
    links = [link for node in flow.nodes.values() for link in _links(node, flow)]
    extra = _agents_that_stand_in(flow)
    drawn = [*figures.values(), *extra]
    if ends:
        drawn, links = _with_ends(flow, drawn, links)
    return Picture(flow.name, tuple(drawn), tuple(links))


def _figure(node: NodeDef, flow: FlowDef, known: Known, *, depth: int) -> Figure:
    inner = node.body or (known.flows.get(node.flow) if node.flow else None)
    inside = None
    if inner is not None and depth < _DEEPEST:
        inside = picture_of(inner, known, ends=False, depth=depth + 1)
    return Figure(
        id=node.name,
        shape=shape_of(node),
        title=clean(node.name, LONGEST),
        lines=describe(node, flow, known.agents, loose=_asked(node, flow) is None),
        repeated=node.map is not None,
        inside=inside,
    )


def _asked(node: NodeDef, flow: FlowDef) -> str | None:
    """The one node whose output the condition of a node is about."""
    if node.when is None or flow.tree is not None:
        return None
    asked = node.when.roots & set(flow.nodes) - {node.name}
    return next(iter(asked)) if len(asked) == 1 else None


def _links(node: NodeDef, flow: FlowDef) -> Iterator[Link]:
    """What a node reads and waits for, and who answers in its place."""
    asked = _asked(node, flow)
    every = node.when.roots if node.when else frozenset[str]()
    read = {root for e in expressions_of(node, condition=False) for root in e.roots} | every
    read |= set(node.merge.sources if node.merge else ())
    for name in flow.nodes:
        if name == node.name:
            continue
        if name == asked:
            yield Link(name, node.name, "condition", clean(f"if {node.when}", LONGEST))
        elif name == node.reviews:
            yield Link(name, node.name, "review", "reviews")
        elif name in read:
            yield Link(name, node.name)
        elif name in node.after:
            yield Link(name, node.name, "after", "then")
    if node.fallback is not None and node.fallback != node.name:
        yield Link(node.name, _stand_in(node.fallback, flow), "fallback", "if it fails")


def _stand_in(name: str, flow: FlowDef) -> str:
    return name if name in flow.nodes else f"agent {name}"


def _agents_that_stand_in(flow: FlowDef) -> list[Figure]:
    """Fallbacks that are agents rather than nodes, each drawn once."""
    names = dict.fromkeys(n.fallback for n in flow.nodes.values() if n.fallback)
    return [
        Figure(_stand_in(name, flow), "agent", clean(name, LONGEST), (Line("agent"),))
        for name in names
        if name not in flow.nodes
    ]


def _with_ends(
    flow: FlowDef, figures: list[Figure], links: list[Link]
) -> tuple[list[Figure], list[Link]]:
    later = {link.target for link in links}
    starts = [Link(INPUT, figure.id) for figure in figures if figure.id not in later]
    roots = {root for expression in flow.output.values() for root in expression.roots}
    ends = [Link(name, OUTPUT) for name in flow.nodes if name in roots]
    if not ends:
        ends = [Link(INPUT, OUTPUT)]
    first = Figure(INPUT, "input", "input", _fields(list(_names(flow))))
    last = Figure(OUTPUT, "output", "output", _fields(list(flow.output)))
    return [first, *figures, last], [*starts, *links, *ends]


def _names(flow: FlowDef) -> Iterator[str]:
    properties = flow.input.get("properties")
    if isinstance(properties, dict):
        yield from properties


def _fields(names: list[str]) -> tuple[Line, ...]:
    return (Line(clean(", ".join(names), LONGEST), code=True),) if names else ()
