"""What a definition may do, know and spend, as sets and amounts that can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from pantheon.diff._model import CapabilityKind
from pantheon.spec import (
    AgentDef,
    CloudTier,
    CommandTier,
    FlowDef,
    ModelDef,
    NodeDef,
    Project,
    PromptTier,
    PythonTier,
    Tier,
)


@dataclass(frozen=True, slots=True)
class Power:
    """One thing that may be done; `amount` where it is how much rather than whether."""

    kind: CapabilityKind
    words: str
    """Continues "it"; `{}` stands for the amount."""
    amount: float | None = None
    restrains: bool = False
    """Having it means less, not more."""
    unit: str = ""


def powers_of_agent(agent: AgentDef, models: Mapping[str, ModelDef]) -> Iterator[Power]:
    """What an agent may do when it is asked."""
    for tier in agent.tiers:
        yield from _of_tier(tier, models, agent)
    yield from (Power("tool", f"may use the tool `{name}`") for name in agent.tools)
    yield from (Power("function", f"calls `{name}` to check answers") for name in agent.validators)
    for file in agent.context:
        yield Power("path", f"reads `{file.path}` with every question")
    yield from (Power("skill", f"has the skill `{skill.name}`") for skill in agent.skills)
    properties = agent.input.get("properties")
    if isinstance(properties, dict):
        yield from (Power("data", f"is given `{name}`") for name in properties)
    if agent.privacy == "local":
        yield Power("privacy", "keeps everything on this machine", restrains=True)
    held = agent.resources
    if held.cpu:
        yield Power("resources", "holds {} of processors", held.cpu, unit="cores")
    if held.memory:
        yield Power("resources", "holds {} of memory", held.memory / 2**20, unit="MiB")
    if held.gpu:
        yield Power("resources", "holds {} of graphics processors", held.gpu, unit="shares")


def _of_tier(tier: Tier, models: Mapping[str, ModelDef], agent: AgentDef) -> Iterator[Power]:
    match tier:
        case CloudTier() | PromptTier():
            yield from _of_model(tier.model, models.get(tier.model or ""), agent)
        case PythonTier():
            yield Power("function", f"calls `{tier.function}`")
        case CommandTier():
            yield Power("program", f"runs `{' '.join(tier.argv)}`")
            paths = [part for part in tier.argv if _is_path(part)]
            yield from (Power("path", f"names the path `{path}`") for path in paths)
        case _:
            yield from _of_plain_tier(tier.kind)


def _of_plain_tier(kind: str) -> Iterator[Power]:
    if kind == "human":
        yield Power("person", "asks a person")
    if kind == "specialist":
        yield Power("learning", "answers by what it learned")


def _is_path(part: str) -> bool:
    return "/" in part.strip("/") or part.startswith(("/", "~", ".."))


def _of_model(name: str | None, model: ModelDef | None, agent: AgentDef) -> Iterator[Power]:
    if model is None:
        yield Power("model", f"asks the model `{name}`" if name else "asks the embedded model")
        return
    known = model.model or model.weights or model.name
    yield Power("model", f"asks `{known}` (model `{model.name}`)")
    if model.remote and agent.privacy != "local":
        yield Power("cloud", "may send its input to the cloud")
        yield Power("network", f"sends its input to `{_host(model)}`")


def _host(model: ModelDef) -> str:
    """Host and port; credentials that stand in an address are nobody's business."""
    return urlsplit(model.base_url or "").netloc.rpartition("@")[2] or "its provider"


def powers_of_flow(flow: FlowDef) -> Iterator[Power]:
    """What a flow may do besides what its agents may."""
    for node in flow.nodes.values():
        yield from _of_node(node)
    for name, key in flow.context.items():
        for verb, nodes in (("read", key.readers), ("write", key.writers)):
            who = "any node" if nodes is None else ", ".join(f"`{n}`" for n in nodes)
            if who:
                yield Power("context", f"lets {who} {verb} the shared value `{name}`")


def _of_node(node: NodeDef) -> Iterator[Power]:
    asked = [node.agent, *(node.plan.agents if node.plan else ())]
    yield from (Power("agent", f"asks the agent `{name}`") for name in asked if name)
    if node.flow:
        yield Power("agent", f"runs the flow `{node.flow}`")
    if node.wait and node.wait.event:
        yield Power("event", f"goes on at the event `{node.wait.event}`")
    if node.cross_check and node.cross_check.compare:
        yield Power("function", f"calls `{node.cross_check.compare}` to compare answers")
    if node.cross_check:
        yield Power("cloud", f"asks the cloud beside the local answer of `{node.name}`")
    if node.reviews:
        yield Power("review", f"has `{node.reviews}` reviewed by `{node.name}`", restrains=True)
    yield from _of_memory(node)
    if node.body is not None:
        yield from powers_of_flow(node.body)


def _of_memory(node: NodeDef) -> Iterator[Power]:
    for key in node.writes:
        if key.startswith("memory."):
            yield Power("memory", f"writes `{key}`")
    read = [*node.inputs.values(), *([node.when] if node.when else [])]
    if any("memory" in expression.roots for expression in read):
        yield Power("memory", f"`{node.name}` reads what is remembered")


def powers_of_model(model: ModelDef) -> Iterator[Power]:
    """Where a model is and what asking it costs."""
    if model.remote:
        yield Power("network", f"sends what it is asked to `{_host(model)}`")
        yield Power("budget", "costs {} a million tokens in", model.price.input, unit="USD")
        yield Power("budget", "costs {} a million tokens out", model.price.output, unit="USD")
    if model.weights and _is_path(model.weights):
        yield Power("path", f"reads the weights `{model.weights}`")


def powers_of_settings(project: Project) -> dict[str, list[Power]]:
    """What the router, the night and the limits allow, by section."""
    router: list[Power] = []
    if project.router is not None:
        flows = project.router.flows
        router = [Power("agent", f"may choose the flow `{name}`") for name in flows]
        if project.router.otherwise:
            words = f"sends what fits no flow to `{project.router.otherwise}`"
            kind = "cloud" if project.router.otherwise == "cloud" else "agent"
            router.append(Power(cast("CapabilityKind", kind), words))
    return {"router": router, "night": list(_of_night(project)), "limits": list(_limits(project))}


def _of_night(project: Project) -> Iterator[Power]:
    budget = project.night.budget
    unlimited = float("inf")
    yield _amount("may spend {} of cloud calls a night", budget.cloud_usd, "USD", unlimited)
    yield _amount("may use {} a night", budget.cpu, "cores", unlimited)
    memory = None if budget.memory is None else budget.memory / 2**20
    yield _amount("may hold {} of memory a night", memory, "MiB", unlimited)
    yield _amount("may take {} a night", budget.seconds, "seconds", unlimited)
    if project.night.promote == "auto":
        yield Power("review", "promotes what it taught without a person's review")


def _limits(project: Project) -> Iterator[Power]:
    limits, unlimited = project.limits, float("inf")
    yield _amount("runs may hold {} together", limits.cpu or None, "cores", unlimited)
    memory = limits.memory / 2**20 if limits.memory else None
    yield _amount("runs may hold {} of memory together", memory, "MiB", unlimited)
    yield _amount("runs may hold {} together", limits.gpu or None, "graphics processors", unlimited)


def _amount(words: str, value: float | None, unit: str, otherwise: float) -> Power:
    kind = "budget" if unit == "USD" else "resources"
    return Power(
        cast("CapabilityKind", kind), words, otherwise if value is None else value, unit=unit
    )
