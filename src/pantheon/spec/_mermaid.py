"""A flow as a Mermaid flowchart: text that documents and web pages draw.

Arrows follow the data; a dotted arrow only waits, or leads to who answers when a node fails. A
behaviour tree is drawn from its root, its parts numbered in order. Names of the diagram are made
here, and every label is escaped: no text of a user or a model can become syntax, markup or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pantheon.spec._flow_model import (
    FlowDef,
    Merge,
    NodeDef,
    TreeDef,
    expressions_of,
)
from pantheon.text import clean

_LONGEST = 60
_PLAIN = " _.-"
_Shape = tuple[str, str]
_BOX: _Shape = ("[", "]")
_ROUND: _Shape = ("(", ")")
_STADIUM: _Shape = ("([", "])")
_DOUBLE: _Shape = ("[[", "]]")
_HEXAGON: _Shape = ("{{", "}}")
_RHOMBUS: _Shape = ("{", "}")
_SLANTED: _Shape = ("[/", "/]")
_FLAG: _Shape = (">", "]")


def to_mermaid(flow: FlowDef) -> str:
    """The flow as a Mermaid flowchart; equal flows give equal text."""
    drawing = _Drawing()
    drawing.draw(flow, ends=True)
    return "\n".join(["flowchart TD", *drawing.lines, ""])


def _escape(text: str) -> str:
    """Text in quotes: all but letters, digits and a few harmless signs as numbered characters.

    The colon is among the escaped: Mermaid takes `style …:…#…;` apart even inside of quotes.
    """
    line = clean(text, _LONGEST)
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in line)


def _label(lines: Iterable[str]) -> str:
    """Lines in quotes; Mermaid takes no empty label."""
    return f'"{"<br/>".join(map(_escape, lines)) or " "}"'


@dataclass(slots=True)
class _Drawing:
    """Lines of a diagram; `depth` is how many subgraphs are open."""

    lines: list[str] = field(default_factory=list[str])
    depth: int = 1
    count: int = 0

    def add(self, line: str) -> None:
        self.lines.append("  " * self.depth + line)

    def new_id(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def shape(self, shape: _Shape, *lines: str) -> str:
        """Draw one figure; returns its name in the diagram."""
        name = self.new_id()
        self.add(f"{name}{shape[0]}{_label(lines)}{shape[1]}")
        return name

    def arrow(self, source: str, target: str, label: str = "", *, dotted: bool = False) -> None:
        line = "-.->" if dotted else "-->"
        self.add(f"{source} {line}{f'|{_label([label])}|' if label else ''} {target}")

    def draw(self, flow: FlowDef, *, ends: bool) -> None:
        """The nodes of a flow with what joins them; `ends`: with its input and its output."""
        if flow.tree is not None:
            self.draw_tree(flow.tree, flow)
            return
        ids = {"input": self.shape(_STADIUM, "input")} if ends else {}
        ids |= {name: self.draw_node(node, flow) for name, node in flow.nodes.items()}
        for node in flow.nodes.values():
            self.draw_arrows(node, ids)
        if ends:
            self.draw_output(flow, ids)

    def draw_output(self, flow: FlowDef, ids: Mapping[str, str]) -> None:
        output = self.shape(_STADIUM, "output")
        roots = {root for expression in flow.output.values() for root in expression.roots}
        for name, source in ids.items():
            if name in roots:
                self.arrow(source, output)

    def draw_node(self, node: NodeDef, flow: FlowDef, *more: str) -> str:
        """One node; a flow that is written inside it becomes a frame around its own nodes."""
        shape, what = _describe(node)
        lines = [node.name, *([what] if what not in ("", node.name) else [])]
        lines += [*_describe_policies(node, flow), *more]
        if node.body is None:
            return self.shape(shape, *lines)
        name = self.new_id()
        self.add(f"subgraph {name}[{_label(lines)}]")
        self.depth += 1
        self.draw(node.body, ends=False)
        self.depth -= 1
        self.add("end")
        return name

    def draw_arrows(self, node: NodeDef, ids: Mapping[str, str]) -> None:
        """What a node reads, what it waits for, its rounds, and who answers in its place."""
        target = ids[node.name]
        read = {root for e in expressions_of(node, condition=False) for root in e.roots}
        read |= set(node.merge.sources if node.merge else ())
        asked = node.when.roots if node.when else frozenset[str]()
        for name, source in ids.items():
            if name == node.name:
                continue
            if name in asked:
                self.arrow(source, target, f"if {node.when}")
            elif name == node.reviews:
                self.arrow(source, target, "reviews")
            elif name in read:
                self.arrow(source, target)
            elif name in node.after:
                self.arrow(source, target, dotted=True)
        if node.loop is not None and node.body is None:
            self.arrow(target, target, _describe_loop(node))
        if node.fallback is not None:
            self.draw_fallback(target, ids.get(node.fallback), node.fallback)

    def draw_fallback(self, failing: str, substitute: str | None, name: str) -> None:
        """The way to a node that stands in, or to an agent that does."""
        target = substitute or self.shape(_BOX, name)
        self.arrow(failing, target, "if it fails", dotted=True)

    # ------------------------------------------------------------------------ behaviour trees

    def draw_tree(self, tree: TreeDef, flow: FlowDef) -> str:
        """A part of a tree with all below it; returns its name in the diagram."""
        name = self.draw_part(tree, flow)
        for number, child in enumerate(tree.children, 1):
            below = self.draw_tree(child, flow)
            self.arrow(name, below, str(number) if len(tree.children) > 1 else "")
        return name

    def draw_part(self, part: TreeDef, flow: FlowDef) -> str:
        if part.kind in {"sequence", "selector", "parallel"}:
            return self.shape(_HEXAGON, _describe_part(part))
        if part.kind == "condition":
            return self.shape(_RHOMBUS, str(part.test))
        if part.kind != "node":
            return self.shape(_ROUND, _describe_part(part))
        return self.draw_leaf(part, flow)

    def draw_leaf(self, leaf: TreeDef, flow: FlowDef) -> str:
        """A node as often as the tree names it, each time with who stands in for it."""
        node = flow.nodes.get(leaf.node or "")
        if node is None:
            return self.shape(_BOX, leaf.node or "")
        success = [f"succeeds if {leaf.test}"] if leaf.test else []
        name = first = self.draw_node(node, flow, *success)
        for stand_in in _stand_ins(node, flow):
            following = self.draw_node(stand_in, flow)
            self.draw_fallback(name, following, stand_in.name)
            name = following
        return first


def _stand_ins(node: NodeDef, flow: FlowDef) -> Iterator[NodeDef]:
    """Who answers when a node fails, and when that one does."""
    seen = {node.name}
    while (following := flow.nodes.get(node.fallback or "")) and following.name not in seen:
        yield following
        seen.add(following.name)
        node = following


# -------------------------------------------------------------------------------------- words


def _describe(node: NodeDef) -> tuple[_Shape, str]:
    """The figure of a node and what it does."""
    if node.merge is not None:
        return _HEXAGON, _describe_merge(node.merge)
    if node.flow is not None:
        return _DOUBLE, f"flow {node.flow}"
    if node.plan is not None:
        return _SLANTED, f"plan {node.plan.source} of {', '.join(node.plan.agents)}"
    if node.wait is not None:
        event, seconds = node.wait.event, node.wait.seconds
        return _FLAG, f"wait for {event}" if event is not None else f"wait {seconds} s"
    return _BOX, node.agent or ""


def _describe_merge(merge: Merge) -> str:
    by = f" by {merge.by}" if merge.by else ""
    count = f" of {merge.k}" if merge.k is not None else ""
    return f"{merge.policy}{count}{by}"


def _describe_policies(node: NodeDef, flow: FlowDef) -> Iterator[str]:
    """What the arrows of a node do not show."""
    shown = {"input", *flow.nodes} if flow.tree is None else set[str]()
    if node.when is not None and not node.when.roots & shown:
        yield f"if {node.when}"
    if node.map is not None:
        yield f"for each of {node.map}"
    if node.loop is not None and (node.body is not None or flow.tree is not None):
        yield _describe_loop(node)
    if node.cross_check is not None:
        yield "cross-checked"
    if node.writes:
        yield f"writes {', '.join(node.writes)}"
    if node.on_error != "fail":
        yield f"on error {node.on_error}"


def _describe_loop(node: NodeDef) -> str:
    assert node.loop is not None
    return f"until {node.loop.until}, at most {node.loop.max} times"


def _describe_part(part: TreeDef) -> str:
    match part.kind:
        case "parallel":
            return f"parallel, {'all' if part.count is None else part.count} must succeed"
        case "retry":
            return f"up to {part.count} attempts"
        case "timeout":
            return f"at most {part.seconds:g} s"
        case "guard":
            return f"while {part.test}"
        case "repeat":
            return f"up to {part.count} times{f', until {part.test}' if part.test else ''}"
        case "budget":
            return f"at most {describe_budget(part)}"
        case kind:
            return kind


def describe_budget(part: TreeDef) -> str:
    """What the nodes below a budget may cost and ask for: `0.5 USD and 10 requests`."""
    usd = [] if part.usd is None else [f"{part.usd:g} USD"]
    requests = [] if part.requests is None else [f"{part.requests} requests"]
    return " and ".join([*usd, *requests])
