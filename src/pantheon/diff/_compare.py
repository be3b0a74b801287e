"""Two sides, compared definition by definition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from pantheon.diff._capabilities import compare_powers
from pantheon.diff._changes import find_changes
from pantheon.diff._code import compare_code
from pantheon.diff._contracts import compare_agents, compare_ends, find_consequences
from pantheon.diff._learned import compare_learned
from pantheon.diff._model import Change, DefinitionDiff, Diff, Kind, Source, Stamp, State
from pantheon.diff._powers import (
    Power,
    powers_of_agent,
    powers_of_flow,
    powers_of_model,
    powers_of_settings,
)
from pantheon.diff._views import (
    view_agent,
    view_flow,
    view_memory,
    view_model,
    view_settings,
)
from pantheon.draw import Picture, compare_flows, draw_flow
from pantheon.heap import uncollected
from pantheon.ids import Json, JsonObject
from pantheon.spec import (
    AgentDef,
    FlowDef,
    ModelDef,
    Project,
    agent_hash,
    agents_of,
    definitions_for,
    flow_hash,
)

if TYPE_CHECKING:
    from pantheon.store import Store

T = TypeVar("T")


def compare(before: Source, after: Source, *, store: Store | None = None) -> Diff:
    """Everything that differs; `store` tells what learned parts were taught and how they score."""
    with uncollected():
        return _compare(before, after, store)


def _compare(before: Source, after: Source, store: Store | None) -> Diff:
    old, new = before.project, after.project
    found = [
        *_agents(before, after),
        *_flows(before, after),
        *_models(old, new),
        *_memory(old, new),
    ]
    found += [*_settings(old, new), *_deployed(before.deployed, after.deployed)]
    found += [*_prompts(before.prompts, after.prompts)]
    found = _with_learned(found, before, after, store)
    return Diff(before.label, after.label, tuple(found))


def _pairs(
    before: Mapping[str, T], after: Mapping[str, T]
) -> Iterator[tuple[str, T | None, T | None]]:
    """What differs, by name, in the order written."""
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old is not new and old != new:
            yield name, old, new


def _definition(
    kind: Kind,
    name: str,
    views: tuple[JsonObject | None, JsonObject | None],
    powers: tuple[Iterable[Power], Iterable[Power]],
) -> DefinitionDiff:
    """What every kind of definition has: a state, changed paths, capabilities."""
    old, new = views
    state: State = "added" if old is None else "removed" if new is None else "changed"
    changes = find_changes(_told(old, state), _told(new, state))
    return DefinitionDiff(kind, name, state, changes=changes, capabilities=compare_powers(*powers))


def _told(view: JsonObject | None, state: State) -> JsonObject:
    """What is compared; the nodes of a flow that came or went are in its graph."""
    if view is None:
        return {}
    return view if state == "changed" else {k: v for k, v in view.items() if k != "nodes"}


def _view(view: Callable[[T], JsonObject], value: T | None) -> JsonObject | None:
    return None if value is None else view(value)


# ----------------------------------------------------------------------------------- agents


def _agents(one: Source, other: Source) -> Iterator[DefinitionDiff]:
    old, new = one.project, other.project
    models = {**old.models, **new.models}
    users: dict[str, dict[str, None]] | None = None
    consequences = find_consequences(old, new)
    for name in {**old.agents, **new.agents}:
        before, after = old.agents.get(name), new.agents.get(name)
        code = compare_code(one, other, before, after)
        if not code and before == after and _order(before) == _order(after):
            continue
        users = _users(old, new) if users is None else users
        found = _definition(
            "agent",
            name,
            (_view(view_agent, before), _view(view_agent, after)),
            (_agent_powers(before, models), _agent_powers(after, models)),
        )
        yield replace(
            found,
            before=_agent_stamp(before),
            after=_agent_stamp(after),
            changes=found.changes or _reordered(before, after),
            contract=compare_agents(before, after, found.changes),
            consequences=consequences.of(name),
            used_by=tuple(users.get(name, ())),
            code=code,
        )


def _users(old: Project, new: Project) -> dict[str, dict[str, None]]:
    """The flows that ask each agent, now or before."""
    users: dict[str, dict[str, None]] = {}
    for flow in (*new.flows.values(), *old.flows.values()):
        for name in agents_of(flow):
            users.setdefault(name, {})[flow.name] = None
    return users


def _order(agent: AgentDef | None) -> list[str]:
    """Names of the fields of a contract: learners and people see them in this order."""
    if agent is None:
        return []
    return [name for schema in (agent.input, agent.output) for name in _fields(schema)]


def _fields(schema: JsonObject) -> Iterator[str]:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from properties


def _reordered(before: AgentDef | None, after: AgentDef | None) -> tuple[Change, ...]:
    """Of agents that are equal but for the order of their fields."""
    if before is None or after is None:
        return ()
    old, new = list[Json](_order(before)), list[Json](_order(after))
    return (Change("order of fields", "changed", old, new, "contract"),) if old != new else ()


def _agent_powers(agent: AgentDef | None, models: Mapping[str, ModelDef]) -> list[Power]:
    """With the models as they are now on both sides: what became of a model is told once, there."""
    return [] if agent is None else list(powers_of_agent(agent, models))


def _agent_stamp(agent: AgentDef | None) -> Stamp | None:
    return None if agent is None else Stamp(agent.version, agent_hash(agent))


# ------------------------------------------------------------------------------------ flows


@dataclass(frozen=True, slots=True)
class _Flow:
    """A flow, and the versions that its constraints chose in the place of the files' agents."""

    flow: FlowDef
    chosen: Mapping[str, AgentDef]

    @property
    def view(self) -> JsonObject:
        """The flow under the keys of pantheon.yaml, with what was chosen."""
        chosen: JsonObject = {
            name: " ".join(part for part in (agent.version, agent_hash(agent)) if part)
            for name, agent in self.chosen.items()
        }
        return {**view_flow(self.flow), **({"versions": chosen} if chosen else {})}


def _flows_of(project: Project) -> dict[str, _Flow]:
    return {n: _Flow(flow, project.resolved.get(n, {})) for n, flow in project.flows.items()}


def _flows(left: Source, right: Source) -> Iterator[DefinitionDiff]:
    old, new = left.project, right.project
    was, now = _flows_of(old), _flows_of(new)
    for name in {**was, **now}:
        one, other = was.get(name), now.get(name)
        before, after = one.flow if one else None, other.flow if other else None
        code = compare_code(left, right, before, after)
        if one == other and not code:
            continue
        found = _definition(
            "flow",
            name,
            (one.view if one else None, other.view if other else None),
            (_flow_powers(before), _flow_powers(after)),
        )
        yield replace(
            found,
            before=_flow_stamp(before, old),
            after=_flow_stamp(after, new),
            contract=compare_ends(before, after, found.changes),
            picture=_picture(before, after, old, new) if one != other else None,
            code=code,
        )


def _flow_powers(flow: FlowDef | None) -> list[Power]:
    return [] if flow is None else list(powers_of_flow(flow))


def _flow_stamp(flow: FlowDef | None, project: Project) -> Stamp | None:
    return None if flow is None else Stamp(None, flow_hash(flow, project))


def _picture(
    before: FlowDef | None, after: FlowDef | None, old: Project, new: Project
) -> Picture | None:
    if after is None:
        return None
    agents = definitions_for([after.name], new)
    if before is None:
        return draw_flow(after, agents=agents)
    earlier = definitions_for([before.name], old)
    return compare_flows(before, after, agents_before=earlier, agents_after=agents)


# --------------------------------------------------------------------- models, memory, settings


def _models(old: Project, new: Project) -> Iterator[DefinitionDiff]:
    for name, before, after in _pairs(old.models, new.models):
        powers = [list(powers_of_model(m)) if m else list[Power]() for m in (before, after)]
        views = (_view(view_model, before), _view(view_model, after))
        yield _definition("model", name, views, (powers[0], powers[1]))


def _memory(old: Project, new: Project) -> Iterator[DefinitionDiff]:
    for name, before, after in _pairs(old.memory, new.memory):
        views = (_view(view_memory, before), _view(view_memory, after))
        yield _definition("memory", name, views, ((), ()))


def _settings(old: Project, new: Project) -> Iterator[DefinitionDiff]:
    before, after = view_settings(old), view_settings(new)
    powers = powers_of_settings(old), powers_of_settings(new)
    for name, one, other in _pairs(before, after):
        pair = (powers[0].get(name, []), powers[1].get(name, []))
        yield _definition("setting", name, (one, other), pair)


def _deployed(
    old: Mapping[str, JsonObject], new: Mapping[str, JsonObject]
) -> Iterator[DefinitionDiff]:
    if old != new:
        yield _definition("setting", "deployed", ({**old}, {**new}), ((), ()))


def _prompts(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[DefinitionDiff]:
    for name, before, after in _pairs(old, new):
        views = (_view(_text, before), _view(_text, after))
        yield _definition("prompt", name, views, ((), ()))


def _text(prompt: str) -> JsonObject:
    return {"template": prompt}


# ------------------------------------------------------------------------------ learned parts


def _with_learned(
    found: list[DefinitionDiff], before: Source, after: Source, store: Store | None
) -> list[DefinitionDiff]:
    """The definitions, those of agents with what they learned in the meantime."""
    learned = compare_learned(before.specialists, after.specialists, store)
    named = {definition.name for definition in found if definition.kind == "agent"}
    known = [replace(d, learned=learned.get(d.name)) if d.kind == "agent" else d for d in found]
    others = [name for name in learned if name not in named]
    return [*known, *(DefinitionDiff("agent", n, "changed", learned=learned[n]) for n in others)]
