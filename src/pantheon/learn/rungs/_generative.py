"""A specialist that writes its answers: a prompt on a local language model, and a verifier.

What is promoted is the prompt, the examples it shows, the adapter if it has one, and the verifier
that says how far an answer can be trusted. The base model is named, not held; where another one
stands behind the name by now, nothing is answered, for nothing is known about what it would say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError
from pantheon.ids import hash_bytes
from pantheon.learn import _archive
from pantheon.learn._certainty import UNKNOWN, Certainty
from pantheon.learn._rows import Embed, Prediction
from pantheon.learn._same import same_labels
from pantheon.learn._specialist import check_space
from pantheon.learn._verifier import REFUSED, Verifier
from pantheon.learn.rungs._examples import Examples, Near
from pantheon.learn.rungs._recipe import PATIENCE, Draft, Recipe, write
from pantheon.models import Adaptable, FailureReason, ModelFailure
from pantheon.spec import EXACT, Same, parse_same

if TYPE_CHECKING:
    from pantheon.agents import Request
    from pantheon.learn._load import Around
    from pantheon.learn._rung import LocalModels
    from pantheon.models import ChatModel


@dataclass(frozen=True, slots=True)
class GenerativeModel:
    """A prompt with its examples, its verifier, and what it needs to be asked.

    - rung: which way of learning made it; told with every answer
    - base: what the language model calls itself that it was judged with
    - adapter: bytes of a LoRA adapter; empty without one
    """

    rung: str
    recipe: Recipe
    examples: Examples
    verifier: Verifier
    base: str
    embed: Embed
    space: str
    chat: LocalModels | None = None
    same: Same = EXACT
    adapter: bytes = b""
    threshold: float = np.inf
    certainty: Certainty = UNKNOWN
    kind = "generative"

    def accepting(self, threshold: float, certainty: Certainty) -> GenerativeModel:
        """The same model with an acceptance region and the meaning of its score."""
        return replace(self, threshold=threshold, certainty=certainty)

    def answer(self, texts: Sequence[str]) -> list[Prediction]:
        """It cannot answer without waiting: InputError."""
        del texts
        raise InputError(
            f"A specialist of the rung {self.rung!r} writes its answers.",
            hint="Await its `ask`, one text at a time.",
        )

    async def ask(self, text: str, request: Request) -> Prediction:
        """Write an answer and say how far it can be trusted; raises ModelFailure.

        A foreign request is refused before anything is written.
        """
        near = self.examples.nearest(self.embed([text])[0])
        if not text.strip() or not near.likeness or near.likeness[0] < self.verifier.reach:
            return self._weigh(text, Draft(""), near)
        chat = await self._model()
        asked = self.recipe.messages(text, self.examples, near)
        left = PATIENCE if request.seconds is None else min(PATIENCE, max(request.seconds, 1e-3))
        name = hash_bytes(self.adapter) if self.adapter else None
        draft = await write(chat, self.recipe, asked, adapter=name, seconds=left)
        return self._weigh(text, draft, near)

    def _weigh(self, text: str, draft: Draft, near: Near) -> Prediction:
        written = self.examples.describe(text, draft.said, draft.logprobs, near)
        margin = self.verifier.score([written], same_labels(self.same))
        accepted = bool(margin[0] > REFUSED and margin[0] >= self.threshold)
        return Prediction(
            draft.said or "{}",
            float(self.certainty.of(margin)[0]),
            accepted=accepted,
            nearest=tuple(self.examples.ids[place] for place in near.places[:3]),
            tokens_in=draft.tokens_in,
            tokens_out=draft.tokens_out,
        )

    async def _model(self) -> ChatModel:
        if self.chat is None:
            said = "No local language model may be asked from here."
            raise ModelFailure(FailureReason.UNAVAILABLE, said)
        chat = await self.chat(self.recipe.model)
        if chat.name != self.base:
            said = f"It was certified with {self.base}; the model is {chat.name} now."
            raise ModelFailure(FailureReason.UNAVAILABLE, said)
        if self.adapter:
            await hand_over(chat, self.adapter)
        return chat

    def dumps(self) -> bytes:
        """As bytes; the same contents give the same bytes."""
        head = {
            "kind": self.kind,
            "rung": self.rung,
            "recipe": self.recipe.to_json(),
            "examples": self.examples.head(),
            "verifier": self.verifier.to_json(),
            "base": self.base,
            "space": self.space,
            "same": str(self.same),
            "threshold": self.threshold if np.isfinite(self.threshold) else None,
            "certainty": (self.certainty.slope, self.certainty.offset),
        }
        arrays: dict[str, NDArray[Any]] = {"vectors": self.examples.vectors}
        if self.adapter:
            arrays["adapter"] = np.frombuffer(self.adapter, dtype=np.uint8)
        return _archive.pack(head, arrays)

    @classmethod
    def loads(cls, artifact: bytes, around: Around) -> GenerativeModel:
        """From what `dumps` packed; InputError if it does not fit together."""
        head, arrays = _archive.unpack(artifact)
        _archive.expect(head, arrays, _fits_together)
        check_space(head["space"], around.space)
        adapter = arrays.get("adapter")
        return cls(
            head["rung"],
            Recipe(**head["recipe"]),
            Examples.from_head(head["examples"], arrays["vectors"]),
            Verifier.from_json(head["verifier"]),
            head["base"],
            around.embed,
            head["space"],
            around.chat,
            parse_same(head["same"]),
            b"" if adapter is None else adapter.tobytes(),
            np.inf if head["threshold"] is None else head["threshold"],
            Certainty(*head["certainty"]),
        )


async def hand_over(chat: ChatModel, adapter: bytes) -> None:
    """Give a model the adapter's bytes, unless it fetches them itself."""
    if isinstance(chat, Adaptable):
        await chat.add_adapter(hash_bytes(adapter), adapter)


def _fits_together(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bool:
    Recipe(**head["recipe"])
    Verifier.from_json(head["verifier"])
    Examples.from_head(head["examples"], arrays["vectors"])
    parse_same(head["same"])
    return isinstance(head["rung"], str) and isinstance(head["base"], str)
