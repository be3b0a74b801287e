"""How a prompt is made, and asking a local model with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pantheon.agents import instruction_of
from pantheon.ids import canonical_json
from pantheon.learn._rows import hash_unit
from pantheon.learn._task import output_of
from pantheon.models import ChatRequest, FailureReason, Message, ModelFailure, spell
from pantheon.spec import AgentDef, omit_absent

if TYPE_CHECKING:
    from pantheon.ids import ContentHash, JsonObject
    from pantheon.learn._rows import Row
    from pantheon.learn._task import Task
    from pantheon.learn.rungs._examples import Examples, Near
    from pantheon.models import ChatModel

SHOWN = 5
"""Demonstrations in a prompt; each costs about a third of a second on two cores."""
PATIENCE = 60.0
"""Seconds for one answer, if whoever asks has no less."""
_ROOM = 6000
"""Characters of demonstrations at most: about half of the context window of 4096 tokens."""
_FEWEST, _MOST = 24, 384
"""Tokens an answer may have, whatever the known ones are like."""
_OF_THE_REQUEST = frozenset(
    {FailureReason.BAD_REPLY, FailureReason.CONTEXT_OVERFLOW, FailureReason.TIMEOUT}
)
"""Failures that say something about one request; others say it about the model."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A prompt: instruction, demonstrations nearest to the request, the request.

    - schema: of the answer, which is held to it token by token
    - shown: number of demonstrations
    - order: seed of their order; 0 puts the nearest last
    - max_tokens: of an answer
    - model: name under `models`; None: the default one
    """

    instruction: str
    schema: JsonObject
    shown: int = SHOWN
    order: int = 0
    max_tokens: int = _MOST
    model: str | None = None

    def messages(self, text: str, examples: Examples, near: Near) -> tuple[Message, ...]:
        """What the model is asked."""
        turns = [Message("system", self.instruction)]
        for place in self._choose(examples, near):
            answer = spell(output_of(examples.labels[place]), self.schema)
            turns.append(Message("user", examples.texts[place]))
            turns.append(Message("assistant", answer))
        return (*turns, Message("user", text))

    def _choose(self, examples: Examples, near: Near) -> list[int]:
        """The nearest that fit; what the order of demonstrations does is luck (Lu et al. 2022)."""
        chosen: list[int] = []
        room = _ROOM
        for place in near.places[: self.shown]:
            room -= len(examples.texts[place]) + len(examples.labels[place])
            if room < 0:
                break
            chosen.append(place)
        if self.order:
            return sorted(chosen, key=lambda it: hash_unit("order", self.order, examples.ids[it]))
        return chosen[::-1]

    def to_json(self) -> dict[str, Any]:
        """For the head of an archive."""
        return asdict(self)


def first_recipe(task: Task, rows: Sequence[Row], *, model: str | None) -> Recipe:
    """The prompt that is made from the contract, as prompt tiers get it."""
    agent = AgentDef(task.agent, task.input, task.output, tiers=(), description=task.description)
    return Recipe(instruction_of(agent), task.output, max_tokens=_longest(task, rows), model=model)


def _longest(task: Task, rows: Sequence[Row]) -> int:
    """Room for nearly all known answers: two characters a token are few for any tokenizer."""
    lengths = [len(spell(output_of(row.label), task.output)) for row in rows]
    usual = float(np.quantile(lengths, 0.99)) if lengths else 2.0 * _MOST
    return int(np.clip(usual / 2 + 16, _FEWEST, _MOST))


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote, canonical JSON; empty if it wrote nothing that fits."""

    said: str
    logprobs: tuple[float, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0


async def write(
    chat: ChatModel,
    recipe: Recipe,
    messages: tuple[Message, ...],
    *,
    adapter: ContentHash | None = None,
    seconds: float = PATIENCE,
) -> Draft:
    """Ask once; raises ModelFailure."""
    asked = ChatRequest(
        messages,
        schema=recipe.schema,
        max_tokens=recipe.max_tokens,
        timeout=seconds,
        adapter=adapter,
    )
    reply = await chat.chat(asked)
    if not isinstance(reply.output, dict):
        return Draft("", tokens_in=reply.tokens_in, tokens_out=reply.tokens_out)
    said = canonical_json(omit_absent(recipe.schema, reply.output))
    return Draft(said, reply.logprobs, reply.tokens_in, reply.tokens_out)


async def try_to_write(
    chat: ChatModel,
    recipe: Recipe,
    messages: tuple[Message, ...],
    *,
    adapter: ContentHash | None = None,
    seconds: float = 2 * PATIENCE,
) -> Draft:
    """Ask once; a failure of this request alone is an empty draft, any other is raised."""
    await asyncio.sleep(0)  # a model that answers at once must not keep the loop to itself
    try:
        return await write(chat, recipe, messages, adapter=adapter, seconds=seconds)
    except ModelFailure as failure:
        if failure.reason in _OF_THE_REQUEST:
            return Draft("")
        raise
