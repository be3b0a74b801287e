"""Short ways to define agents, nodes and flows from Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pantheon.agents import Prediction, SpecialistModel
from pantheon.clock import Clock
from pantheon.flows import Runtime
from pantheon.ids import JsonObject
from pantheon.models import ChatModel
from pantheon.spec import (
    ANY_OBJECT,
    NOWHERE,
    AgentDef,
    Expression,
    FlowDef,
    HumanTier,
    NodeDef,
    Project,
    PythonTier,
    Tier,
    parse_expression,
)
from pantheon.store import NodeResult, Run, Store


def e(text: str) -> Expression:
    """An expression."""
    return parse_expression(text, NOWHERE)


def agent(name: str, *tiers: Tier) -> AgentDef:
    """An agent that takes and gives any object; by default the function of its name in `work`."""
    used = tiers or (PythonTier(f"tests.flows.work:{name}"),)
    return AgentDef(name, input=ANY_OBJECT, output=ANY_OBJECT, tiers=used)


def node(
    name: str, agent: str | None = None, /, *, given: Mapping[str, str], **policy: Any
) -> NodeDef:
    """A node; `given` are its inputs as text, `when` and `map` too."""
    for key in ("when", "map"):
        if key in policy:
            policy[key] = e(policy[key])
    inputs = {port: e(text) for port, text in given.items()}
    return NodeDef(name, agent, inputs=inputs, **policy)


def flow(*nodes: NodeDef, name: str = "flow", **fields: Any) -> FlowDef:
    """A flow of nodes; its output is `output`, as text, or the `n` of the last node."""
    output: dict[str, str] = fields.pop("output", {"n": f"{nodes[-1].name}.n"})
    return FlowDef(
        name,
        input=fields.pop("input", ANY_OBJECT),
        nodes={n.name: n for n in nodes},
        output={port: e(text) for port, text in output.items()},
        **fields,
    )


PERSON = agent("person", HumanTier("What is it?"))
AGENTS = (
    "add", "step", "traced", "flaky", "boom", "slow", "stuck", "gated", "odd_is_wrong", "judge", "noted", "act",
    "timed", "grow",
)  # fmt: skip


def project(root: Path, *flows: FlowDef, agents: tuple[AgentDef, ...] = ()) -> Project:
    """A project with these flows and all agents of `work`."""
    known = [*(agent(name) for name in AGENTS), PERSON, *agents]
    return Project(root, agents={a.name: a for a in known}, flows={f.name: f for f in flows})


class NoSpecialist:
    """Nothing is promoted in these tests."""

    def answer(self, texts: object) -> list[Prediction]:
        """Never asked."""
        raise AssertionError


def load_no_specialist(artifact: bytes) -> SpecialistModel:
    """Loads nothing."""
    return NoSpecialist()


def runtime(
    project: Project,
    store: Store,
    *,
    clock: Clock,
    seed: int = 0,
    models: Mapping[str, ChatModel] | None = None,
) -> Runtime:
    """A runtime that has no specialists."""
    return Runtime(
        project, store, clock=clock, load_specialist=load_no_specialist, seed=seed, models=models
    )


class RunFlow(Protocol):
    """Runs a flow of `building` to its end."""

    def __call__(
        self, flow: FlowDef, input: JsonObject | None = None, *agents: AgentDef, **options: Any
    ) -> Run: ...


def states(store: Store, run: Run) -> dict[str, str]:
    """State by node; items as `node[index]`."""
    return {_name(result): result.state for result in store.journal.results(run.id)}


def why(store: Store, run: Run, node: str) -> tuple[str, str]:
    """Reason and message of a node."""
    result = store.journal.get(run.id, node)
    assert result is not None
    assert result.reason is not None
    return str(result.reason.get("reason")), str(result.reason.get("message"))


def _name(result: NodeResult) -> str:
    return result.node if result.index < 0 else f"{result.node}[{result.index}]"
