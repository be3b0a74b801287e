"""Routes a prompt to a flow, says why, and keeps the decision like every other agent's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pantheon.agents import Agent, Answer, Outcome, Request
from pantheon.errors import InputError
from pantheon.ids import JsonObject
from pantheon.routing._definition import OTHERWISE, cloud_agent, router_agent, router_of
from pantheon.routing._input import flow_input
from pantheon.routing._similarity import Candidate, FlowTexts, OtherwiseRunner, SimilarityRunner

if TYPE_CHECKING:
    from pantheon.flows import Runtime
    from pantheon.models import Embedder

CLOUD = "cloud"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a prompt goes."""

    flow: str | None
    """None: no flow fits, and `otherwise` names none."""
    why: str
    answer: str
    """Id of the decision's row; feedback on the route names it."""
    candidates: tuple[Candidate, ...]
    """Every flow with its similarity, the nearest first, whoever decided."""
    input: JsonObject
    """What the flow is to be started with; empty without a flow."""
    tier: str
    """Who decided: `specialist`, `similarity` or `otherwise`."""
    confidence: float | None
    propensity: float
    """Probability with which the policy of this moment takes this route; 1, nothing is drawn."""
    to_cloud: bool
    """No flow fits, and the router says that the cloud then answers the prompt itself."""


class Router:
    """The router of one opened project."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._project = runtime.project
        self._definition = router_of(runtime.project)
        flows = {name: runtime.project.flows[name] for name in self._definition.flows}
        self._texts = FlowTexts(flows, _embedder(runtime))
        similarity = SimilarityRunner(self._texts, least=self._definition.min_similarity)
        self._agent = Agent(
            router_agent(runtime.project), runtime.context, then=(similarity, OtherwiseRunner())
        )

    @property
    def agent(self) -> Agent:
        """The router as an agent."""
        return self._agent

    async def route(self, prompt: str, request: Request | None = None) -> Route:
        """Where the prompt goes. The decision is kept; nothing runs.

        Raises:
            InputError: the prompt is empty or too long, or the flow needs more than a prompt.
        """
        if not prompt.strip():
            raise InputError("The prompt is empty.", hint="Say what you want done.")
        outcome = await self._agent.answer({"prompt": prompt}, request or Request())
        if not isinstance(outcome, Answer):
            raise InputError(
                f"The prompt cannot be routed: {getattr(outcome, 'message', 'a person was asked')}",
                hint="A prompt is a text of at most 1 MiB.",
            )
        return self._route(prompt, outcome)

    async def ask_cloud(self, prompt: str) -> Outcome:
        """What the cloud says to a prompt that fits no flow (`otherwise: cloud`).

        An answer's output is `{answer: text}`; without a cloud the failure says why.
        """
        agent = Agent(cloud_agent(), self._runtime.context)
        return await agent.answer({"prompt": prompt})

    def _route(self, prompt: str, answer: Answer) -> Route:
        chosen = cast("str", answer.output["flow"])
        fits = chosen != OTHERWISE
        flow = chosen if fits else self._otherwise_flow()
        return Route(
            flow,
            why=self._why(answer, fits=fits),
            answer=answer.id,
            candidates=tuple(self._texts.rank(prompt)),
            input=flow_input(self._runtime.flow(flow), prompt) if flow is not None else {},
            tier=answer.tier,
            confidence=answer.confidence,
            propensity=1.0,
            to_cloud=flow is None and self._definition.otherwise == CLOUD,
        )

    def _otherwise_flow(self) -> str | None:
        otherwise = self._definition.otherwise
        return otherwise if otherwise in self._project.flows else None

    def _why(self, answer: Answer, *, fits: bool) -> str:
        if fits:
            return f"{answer.tier}: {answer.accepted}"
        doubts = [a.detail for a in answer.tried if a.tier == SimilarityRunner.kind]
        said = doubts[-1] if doubts else f"The {answer.tier} says that no flow fits."
        where = self._definition.otherwise
        return f"{said} Otherwise: {where}." if where else said


def _embedder(runtime: Runtime) -> Embedder:
    if runtime.context.embedder is not None:
        return runtime.context.embedder
    from pantheon.models import embedder

    return embedder()
