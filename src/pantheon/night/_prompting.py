"""What rungs that prompt a language model are given: larger local models, and better prompts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from pantheon.errors import PantheonError
from pantheon.models import ChatRequest, Message, ModelFailure
from pantheon.spec import CloudTier

if TYPE_CHECKING:
    from pantheon.flows import Runtime
    from pantheon.spec import AgentDef, Project

PROMPTS = 12
"""New prompts that the cloud is asked for in one lesson, at most."""
_TOKENS = 700
_DEFAULT = "embedded"

Reflect: TypeAlias = Callable[[str], Awaitable[str]]


def larger_models(project: Project) -> tuple[str, ...]:
    """Local models that the project names beside the default one, in its order."""
    default = project.models.get(_DEFAULT)
    weights = None if default is None else default.weights
    return tuple(
        name
        for name, model in project.models.items()
        if model.engine == "llama.cpp"
        and name != _DEFAULT
        and model.weights is not None
        and model.weights != weights
    )


def reflection_for(
    runtime: Runtime, agent: AgentDef, *, spent: Callable[[], bool]
) -> Reflect | None:
    """Asks an agent's cloud for a better prompt; None where nothing may be sent out.

    The question shows requests that the cloud has answered before. An answer that cannot be had
    is empty, and whoever asks makes do without.
    """
    cloud = next((tier for tier in agent.tiers if isinstance(tier, CloudTier)), None)
    if cloud is None or agent.privacy == "local":
        return None
    if runtime.models.problem(cloud.model) is not None:
        return None
    left = PROMPTS

    async def ask(question: str) -> str:
        nonlocal left
        if left <= 0 or spent():
            return ""
        left -= 1
        try:
            model = await runtime.models.get(cloud.model)
            asked = ChatRequest(
                (Message("user", question),),
                max_tokens=_TOKENS,
                timeout=runtime.models.timeout(cloud.model),
            )
            return (await model.chat(asked)).text
        except (ModelFailure, PantheonError):
            return ""

    return ask
