"""The original dialect → the full form (version 1), with comments and order kept.

What a flow means is taken from the definition that the loader made of it, so the upgraded file
means the same; only where each line stands is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pantheon.editing._brackets import unfold
from pantheon.editing._comments import Comment, comments_of
from pantheon.editing._spell import spell
from pantheon.editing._tree import Piece, lines_of, parse
from pantheon.ids import Json, JsonObject
from pantheon.spec import Project, write_agent, write_flow

_KEYS = {"rootInputType": "input", "nodes": "nodes", "outputNode": "output"}
STEP = 2


def is_original(root: Piece | None) -> bool:
    """Whether a file has flows of the original dialect, or none and no version."""
    if root is None or root.kind != "mapping":
        return False
    return any(_is_original_flow(flow) for _, flow in _flows(root))


def upgrade_original(text: str, project: Project, *, first: bool) -> str:
    """The text of one file in the full form.

    Args:
        text: as it is.
        project: the whole project, as it was loaded.
        first: whether this is the project's first file, which says the version.
    """
    root = parse(text)
    if root is None or root.kind != "mapping":
        return text
    if is_original(root):
        text = unfold(unfold(text), "flows")  # its flows become several lines
        root = parse(text) or root
    lines = lines_of(text)
    writer = _Writer(lines, comments_of(lines, root), project)
    writer.agents(root)
    for key, flow in _flows(root):
        if _is_original_flow(flow) and key.value in project.flows:
            writer.flow(key, flow)
    if first and root.get("version") is None:
        writer.version(root)
    return "\n".join(writer.result())


def _flows(root: Piece) -> list[tuple[Piece, Piece]]:
    flows = root.get("flows")
    return list(flows.pairs) if flows is not None and flows.kind == "mapping" else []


def _is_original_flow(flow: Piece) -> bool:
    if flow.kind != "mapping":
        return False
    nodes = flow.get("nodes")
    marks = flow.get("rootInputType") or flow.get("outputNode")
    return marks is not None or (nodes is not None and nodes.kind == "sequence")


@dataclass(slots=True)
class _Writer:
    """Replaces stretches of lines, the last first."""

    lines: Sequence[str]
    comments: Sequence[Comment]
    project: Project
    _instead: dict[int, tuple[int, list[str]]] | None = None
    """By first line: how many lines go, and what stands there instead."""

    def result(self) -> list[str]:
        """The new lines."""
        done = list(self.lines)
        for first, (count, instead) in sorted(self.changes.items(), reverse=True):
            done[first : first + count] = instead
        return done

    @property
    def changes(self) -> dict[int, tuple[int, list[str]]]:
        """What has been decided so far."""
        if self._instead is None:
            self._instead = {}
        return self._instead

    def version(self, root: Piece) -> None:
        """`version: 1` before the first key; a comment that heads the file stays its head."""
        line = root.children[0].start[0] if root.children else 0
        before = line
        while before and self.lines[before - 1].lstrip().startswith("#"):
            before -= 1
        # Comments right above the first key belong to it, unless they begin the file.
        place = before or line
        self.changes[place] = self._joined(place, ["version: 1"])

    def _joined(self, line: int, text: list[str]) -> tuple[int, list[str]]:
        count, known = self.changes.get(line, (0, []))
        return count, [*text, *known]

    # ------------------------------------------------------------------ agents

    def agents(self, root: Piece) -> None:
        """Tags become contracts."""
        agents = root.get("agents")
        for key, agent in agents.pairs if agents is not None else ():
            definition = self.project.agents.get(key.value)
            if definition is None or agent.kind != "mapping":
                continue
            written = write_agent(definition)
            for side in ("input", "output"):
                tag = agent.get(side)
                if tag is not None and tag.kind == "scalar":
                    self._respell(tag, written[side])

    def _respell(self, piece: Piece, value: Json) -> None:
        line, start = piece.start
        if piece.end[0] != line:
            return
        _, (text,) = self.changes.get(line, (1, [self.lines[line]]))
        moved = len(text) - len(self.lines[line])  # two tags may stand on one line
        start, end = start + moved, piece.end[1] + moved
        self.changes[line] = (1, [text[:start] + spell(value) + text[end:]])

    # ------------------------------------------------------------------ flows

    def flow(self, key: Piece, flow: Piece) -> None:
        """The body of a flow, below its key."""
        body = write_flow(self.project.flows[key.value])
        last = flow.end[0] if flow.end[1] else flow.end[0] - 1
        if flow.flow:
            column = key.start[1] + STEP
            head = self.lines[key.start[0]][: flow.start[1]].rstrip()
            loose = [c for c in self.comments if key.start[0] <= c.line <= last]
            text = [head, *self._above(loose, column), *_plain_body(body, column)]
            self.changes[key.start[0]] = (last - key.start[0] + 1, text)
            return
        first = flow.children[0].start[0]
        written = self._body(flow, body, flow.children[0].start[1], above=first)
        self.changes[first] = (last - first + 1, written)

    def _body(self, flow: Piece, body: JsonObject, column: int, *, above: int) -> list[str]:
        """Each old key in its place, with the comments before it and behind it."""
        done: list[str] = []
        position = above
        for key, value in flow.pairs:
            end = value.end[0] if value.end[1] else value.end[0] - 1
            name = _KEYS.get(key.value, key.value)
            if name == "nodes":
                done += self._nodes(key, value, body, column, position)
            else:
                done += self._entry(f"{name}: {spell(body[name])}", position, end, column)
            position = end + 1
        return done

    def _entry(self, text: str, first: int, last: int, column: int) -> list[str]:
        """One line that stands for a stretch of lines, with the comments of the stretch."""
        found = [c for c in self.comments if first <= c.line <= last]
        behind = next((c for c in found if not c.alone), None)
        above = self._above([c for c in found if c is not behind], column)
        tail = f"  {behind.text}" if behind else ""
        return [*above, f"{' ' * column}{text}{tail}"]

    def _above(self, comments: Sequence[Comment], column: int) -> list[str]:
        return [f"{' ' * column}{comment.text}" for comment in comments]

    def _nodes(
        self, key: Piece, nodes: Piece, body: JsonObject, column: int, position: int
    ) -> list[str]:
        written = cast("Mapping[str, Json]", body["nodes"])
        if nodes.flow or len(written) != len(nodes.children):
            end = nodes.end[0]
            done = self._entry("nodes:", position, end, column)
            return [*done, *(_node(name, node, column + STEP) for name, node in written.items())]
        done = self._entry("nodes:", position, key.start[0], column)
        position = key.start[0] + 1
        for item, (name, node) in zip(nodes.children, written.items(), strict=True):
            end = item.end[0] if item.end[1] else item.end[0] - 1
            text = f"{spell(name)}: {spell(node)}"
            done += self._entry(text, position, end, column + STEP)
            position = end + 1
        return done


def _plain_body(body: JsonObject, column: int) -> list[str]:
    """A flow that was written in brackets."""
    indent = " " * column
    nodes = cast("Mapping[str, Json]", body["nodes"])
    inside = [_node(name, node, column + STEP) for name, node in nodes.items()]
    return [
        f"{indent}input: {spell(body['input'])}",
        f"{indent}nodes:",
        *inside,
        f"{indent}output: {spell(body['output'])}",
    ]


def _node(name: str, node: Json, column: int) -> str:
    return f"{' ' * column}{spell(name)}: {spell(node)}"
