"""Two flows as one picture: what was added, removed and changed, beside what stayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pantheon.draw._flow import Known, picture_of
from pantheon.draw._picture import Figure, Link, Picture, Status
from pantheon.spec import AgentDef, FlowDef


@dataclass(frozen=True, slots=True)
class _Side:
    """A picture and the definitions it was made from."""

    flow: FlowDef
    picture: Picture


def compare_flows(
    before: FlowDef,
    after: FlowDef,
    *,
    agents_before: Mapping[str, AgentDef] | None = None,
    agents_after: Mapping[str, AgentDef] | None = None,
) -> Picture:
    """The later flow, with what is gone from the earlier one, each part with its status.

    A node is changed when it is defined otherwise, or when its agent is.
    """
    old, new = Known(agents_before or {}), Known(agents_after or {})
    return _merge(
        _Side(before, picture_of(before, old, ends=True, depth=0)),
        _Side(after, picture_of(after, new, ends=True, depth=0)),
        _Agents(old.agents, new.agents),
    )


@dataclass(frozen=True, slots=True)
class _Agents:
    before: Mapping[str, AgentDef] = field(default_factory=dict[str, AgentDef])
    after: Mapping[str, AgentDef] = field(default_factory=dict[str, AgentDef])

    def differ(self, name: str | None) -> bool:
        """Whether an agent is defined otherwise, where both sides know it."""
        if name is None or name not in self.before or name not in self.after:
            return False
        return self.before[name] != self.after[name]


def _merge(old: _Side, new: _Side, agents: _Agents) -> Picture:
    before = {figure.id: figure for figure in old.picture.figures}
    after = {figure.id: figure for figure in new.picture.figures}
    figures = [
        _compare(before[figure.id], figure, old, new, agents)
        if figure.id in before
        else mark_all(figure, "added")
        for figure in new.picture.figures
    ]
    gone = [figure for figure in old.picture.figures if figure.id not in after]
    for figure in gone:
        _insert(figures, mark_all(figure, "removed"), old.picture.figures)
    return Picture(new.picture.name, tuple(figures), _merge_links(old.picture, new.picture))


def _compare(before: Figure, after: Figure, old: _Side, new: _Side, agents: _Agents) -> Figure:
    one, other = old.flow.nodes.get(after.id), new.flow.nodes.get(after.id)
    differs = before.lines != after.lines or before.shape != after.shape or one != other
    differs = differs or agents.differ(other.agent if other else None)
    inside = after.inside
    if before.inside and inside and one and other and one.body and other.body:
        inside = _merge(_Side(one.body, before.inside), _Side(other.body, inside), agents)
        differs = differs or inside.changed
    return replace(after, status="changed" if differs else "same", inside=inside)


def mark_all(figure: Figure, status: Status) -> Figure:
    """The figure, and all inside it, with one status."""
    inside = figure.inside
    if inside is not None:
        figures = tuple(mark_all(part, status) for part in inside.figures)
        links = tuple(replace(link, status=status) for link in inside.links)
        inside = replace(inside, figures=figures, links=links)
    return replace(figure, status=status, inside=inside)


def _insert(figures: list[Figure], gone: Figure, order: Sequence[Figure]) -> None:
    """Put a removed figure after the one that it followed."""
    ids = [figure.id for figure in order]
    earlier = set(ids[: ids.index(gone.id)])
    places = [at for at, figure in enumerate(figures) if figure.id in earlier]
    figures.insert(max(places, default=-1) + 1, gone)


def _merge_links(old: Picture, new: Picture) -> tuple[Link, ...]:
    """Links of both; a label that changed is the earlier one removed, the later one added."""
    before, after = dict.fromkeys(old.links), dict.fromkeys(new.links)
    kept = [link if link in before else replace(link, status="added") for link in after]
    gone = [replace(link, status="removed") for link in before if link not in after]
    return (*kept, *gone)
