"""The router as an agent: its contract follows from the project's flows."""

from __future__ import annotations

from pantheon.ids import Json, JsonObject
from pantheon.spec import AgentDef, CloudTier, Project, RouterDef, SpecialistTier

ROUTER = "router"
"""Name of the agent; its answers, feedback and versions are kept under it."""
OTHERWISE = "otherwise"
"""The answer when no flow fits."""


def router_of(project: Project) -> RouterDef:
    """The project's router; without one every flow is a candidate."""
    return project.router or RouterDef(flows=tuple(project.flows))


def agents_of(project: Project) -> dict[str, AgentDef]:
    """Every agent of the project by name, and the router, which is one too where flows are."""
    agents = dict(project.agents)
    if project.flows:
        agents.setdefault(ROUTER, router_agent(project))
    return agents


def router_agent(project: Project) -> AgentDef:
    """The router's definition: a prompt in, one of the flows (or `otherwise`) out.

    It has the specialist slot that every agent has, so that feedback on routes teaches it at night.
    What is asked when the slot abstains (similarity, then `otherwise`) comes with `Router`.
    """
    flows = router_of(project).flows
    return AgentDef(
        ROUTER,
        input=_object("prompt", {"type": "string"}),
        output=_object("flow", {"enum": list[Json](dict.fromkeys([*flows, OTHERWISE]))}),
        tiers=(SpecialistTier(),),
        description="Which flow is this prompt for?",
        privacy="local",
    )


def cloud_agent() -> AgentDef:
    """Who answers a prompt that fits no flow, when the router sends the rest to the cloud."""
    return AgentDef(
        OTHERWISE,
        input=_object("prompt", {"type": "string"}),
        output=_object("answer", {"type": "string"}),
        tiers=(CloudTier(),),
        description="Answer the request.",
    )


def _object(name: str, rule: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": {name: rule},
        "required": [name],
        "additionalProperties": False,
    }
