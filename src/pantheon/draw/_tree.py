"""A behaviour tree as a picture: its parts from the root down, in order from left to right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pantheon.draw._picture import Figure, Line, Link, Picture
from pantheon.draw._words import LONGEST, describe_part
from pantheon.spec import FlowDef, TreeDef
from pantheon.text import clean


def draw_tree(flow: FlowDef, figures: Mapping[str, Figure]) -> Picture:
    """The tree of a flow; `figures` are its nodes."""
    assert flow.tree is not None
    drawing = _Tree(flow, figures)
    drawing.add(flow.tree, "", 0)
    return Picture(flow.name, tuple(drawing.figures), tuple(drawing.links))


@dataclass(slots=True)
class _Tree:
    flow: FlowDef
    nodes: Mapping[str, Figure]
    figures: list[Figure] = field(default_factory=list[Figure])
    links: list[Link] = field(default_factory=list[Link])

    def add(self, part: TreeDef, path: str, number: int) -> str:
        """Draw a part and all below it; returns its id.

        Ids name the way from the root by kinds, so that what is added beside a part renames none.
        """
        figure = self.draw(part, path, number)
        self.figures.append(figure)
        seen = Counter[str]()
        for count, child in enumerate(part.children, 1):
            key = child.node or child.kind
            seen[key] += 1
            place = count if len(part.children) > 1 else 0
            below = self.add(child, f"{figure.id}/{key}{seen[key]}", place)
            self.links.append(Link(figure.id, below, "order"))
        return figure.id

    def draw(self, part: TreeDef, path: str, number: int) -> Figure:
        lead = f"{number}. " if number else ""
        if part.kind != "node":
            shape = "condition" if part.kind == "condition" else "part"
            title = clean(f"{lead}{describe_part(part)}", LONGEST)
            return Figure(path or part.kind, shape, title)
        node = self.nodes.get(part.node or "")
        figure = node or Figure("", "agent", clean(part.node or "", LONGEST))
        lines = figure.lines
        if part.test:
            lines += (Line(clean(f"succeeds if {part.test}", LONGEST), code=True),)
        title = clean(f"{lead}{figure.title}", LONGEST)
        drawn = replace(figure, id=path or "node", title=title, lines=lines)
        self.add_stand_ins(drawn.id, part.node or "")
        return drawn

    def add_stand_ins(self, failing: str, name: str) -> None:
        """Who answers when a node fails, and when that one does."""
        seen = {name}
        while (node := self.flow.nodes.get(name)) and node.fallback and node.fallback not in seen:
            name = node.fallback
            seen.add(name)
            id = f"{failing}|{name}"
            found = self.nodes.get(name)
            figure = found or Figure("", "agent", clean(name, LONGEST), (Line("agent"),))
            self.figures.append(replace(figure, id=id))
            self.links.append(Link(failing, id, "fallback", "if it fails"))
            failing = id
