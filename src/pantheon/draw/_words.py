"""What the figures of a drawing say about nodes, tiers and parts of behaviour trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pantheon.draw._picture import Line, Shape
from pantheon.spec import AgentDef, FlowDef, Merge, NodeDef, Tier, TreeDef, describe_budget
from pantheon.text import clean

LONGEST = 72
"""Characters of one line; what is longer can be read in the file."""


def shape_of(node: NodeDef) -> Shape:
    """The figure of a node."""
    if node.body is not None:
        return "frame"
    parts: tuple[tuple[Shape, object], ...] = (
        ("merge", node.merge),
        ("flow", node.flow),
        ("plan", node.plan),
        ("wait", node.wait),
    )
    for shape, part in parts:
        if part is not None:
            return shape
    return "agent"


def describe(
    node: NodeDef, flow: FlowDef, agents: Mapping[str, AgentDef], *, loose: bool = False
) -> tuple[Line, ...]:
    """What a node does and its policies; `loose`: no arrow shows its condition."""
    return tuple(
        Line(clean(line.text, LONGEST), line.code)
        for line in (*_what(node, agents), *_policies(node, flow, loose=loose))
    )


def _what(node: NodeDef, agents: Mapping[str, AgentDef]) -> Iterator[Line]:
    if node.merge is not None:
        yield Line(describe_merge(node.merge))
    if node.flow is not None:
        yield Line(f"flow {node.flow}")
    if node.plan is not None:
        yield Line(f"plan from {node.plan.source}")
        yield Line(f"of {', '.join(node.plan.agents)}; {node.plan.max_nodes} nodes at most")
    if node.wait is not None:
        event, seconds = node.wait.event, node.wait.seconds
        yield Line(f"wait for {event}" if event is not None else f"wait {seconds} seconds")
    if node.agent is not None:
        yield from _agent(node, agents.get(node.agent))


def _agent(node: NodeDef, agent: AgentDef | None) -> Iterator[Line]:
    if node.agent != node.name or node.constraint:
        yield Line(f"agent {node.agent}{f' {node.constraint}' if node.constraint else ''}")
    if agent is not None:
        yield Line(" → ".join(describe_tier(tier) for tier in agent.tiers))
        if agent.privacy == "local":
            yield Line("stays on this machine")


def describe_tier(tier: Tier) -> str:
    """A tier in a word or two."""
    match tier.kind:
        case "prompt":
            return f"prompt {tier.model}" if tier.model else "prompt"
        case "cloud":
            return "cloud" if tier.model == "cloud" else f"cloud {tier.model}"
        case "python":
            return f"python {tier.function.rpartition(':')[2]}"
        case "command":
            return f"command {tier.argv[0].rpartition('/')[2]}" if tier.argv else "command"
        case kind:
            return kind


def describe_merge(merge: Merge) -> str:
    """Which of the outputs a merge gives."""
    by = f" by {merge.by}" if merge.by else ""
    count = f" of {merge.k}" if merge.k is not None else ""
    within = f" within {say_seconds(merge.timeout)}" if merge.timeout is not None else ""
    return f"merge: {merge.policy}{count}{by}{within}"


def _policies(node: NodeDef, flow: FlowDef, *, loose: bool) -> Iterator[Line]:
    if node.when is not None and loose:
        yield Line(f"if {node.when}", code=True)
    if node.map is not None:
        yield Line(f"for each of {node.map}", code=True)
    if node.loop is not None:
        yield Line(f"again until {node.loop.until}, {node.loop.max} times at most", code=True)
    if node.cross_check is not None:
        yield Line("local and cloud, the better one kept")
    if node.writes:
        yield Line(f"writes {', '.join(node.writes)}")
    yield from _when_it_fails(node, flow)


def _when_it_fails(node: NodeDef, flow: FlowDef) -> Iterator[Line]:
    limits = [f"{node.retry.attempts} attempts"] if node.retry else []
    limits += [f"{say_seconds(node.timeout)} at most"] if node.timeout is not None else []
    if limits:
        yield Line(", ".join(limits))
    if node.on_error != "fail":
        yield Line(f"on error {node.on_error}")
    if node.give is not None:
        yield Line("gives a fixed output when it fails")


def describe_part(part: TreeDef) -> str:
    """A part of a behaviour tree that is no node."""
    match part.kind:
        case "sequence":
            return "sequence: all, in order"
        case "selector":
            return "selector: the first that succeeds"
        case "parallel":
            return f"parallel: {'all' if part.count is None else part.count} must succeed"
        case "retry":
            return f"{part.count} attempts"
        case "timeout":
            return f"{say_seconds(part.seconds or 0)} at most"
        case "guard":
            return f"while {part.test}"
        case "condition":
            return f"is {part.test}?"
        case "repeat":
            return f"{part.count} times at most{f', until {part.test}' if part.test else ''}"
        case "budget":
            return f"{describe_budget(part)} at most"
        case kind:
            return kind


_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def say_seconds(seconds: float) -> str:
    """A time in the largest unit that it is a whole number of."""
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
