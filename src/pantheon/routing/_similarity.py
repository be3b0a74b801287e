"""Cold start: how near is a prompt to what the user wrote about each flow?

Measured with MiniLM on CLINC150 (`bench/routing/cold_start.py`: 3, 5 or 8 flows of five intents,
five draws), at the default least similarity of 0.3, for a description and 0 / 2 / 5 / 10 examples
a flow: 42 / 58 / 80 / 88 % of the prompts go to their flow, 2 / 5 / 2 / 1 % to a wrong one, and
the rest is left alone; of prompts for none of the flows 3 / 7 / 4 / 7 % are taken (CLINC150's
`oos` class), or 3 / 17 / 9 / 21 % (neighbouring domains). At 0.35: 29 / 50 / 70 / 84 % right,
1 / 2 / 1 / 4 % of `oos` taken. Five examples a flow are worth writing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pantheon.agents import Abstention, Reason, Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import JsonObject
from pantheon.routing._definition import OTHERWISE
from pantheon.spec import FlowDef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pantheon.models import Embedder

FEW = 3
"""A flow with more texts than this is scored by its two nearest instead of its nearest one: the
more texts there are, the more often one of them is near by chance."""
MIN_MARGIN = 0.03
"""The best flow must be that much nearer than the second."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A flow a prompt may be for."""

    flow: str
    score: float
    """Cosine of the prompt and the flow's nearest text, or the mean of the two nearest where the
    flow has more than three; in [−1, 1]."""
    nearest: str
    """The description or example that is nearest."""


class FlowTexts:
    """The descriptions and examples of flows as vectors, embedded once."""

    def __init__(self, flows: Mapping[str, FlowDef], embedder: Embedder) -> None:
        self._texts = [(name, text) for name, flow in flows.items() for text in texts_of(flow)]
        self._names = tuple(flows)
        self._embedder = embedder
        self._made: NDArray[np.float32] | None = None

    def rank(self, prompt: str) -> list[Candidate]:
        """Every flow with its score, the nearest first; ties in the order written."""
        similarities = self._vectors() @ self._embedder.embed([prompt])[0]
        scored = [self._candidate(name, similarities) for name in self._names]
        return sorted(scored, key=lambda candidate: -candidate.score)

    def _vectors(self) -> NDArray[np.float32]:
        if self._made is None:
            self._made = self._embedder.embed([text for _, text in self._texts])
        return self._made

    def _candidate(self, name: str, similarities: NDArray[np.float32]) -> Candidate:
        own = [
            (float(similarity), text)
            for (flow, text), similarity in zip(self._texts, similarities, strict=True)
            if flow == name
        ]
        nearest = sorted(own, key=lambda pair: -pair[0])[: 2 if len(own) > FEW else 1]
        return Candidate(name, sum(score for score, _ in nearest) / len(nearest), nearest[0][1])


def texts_of(flow: FlowDef) -> list[str]:
    """What tells a flow from others: its description and examples, or at least its name."""
    texts = [text for text in (flow.description, *flow.examples) if text.strip()]
    return texts or [flow.name.replace("_", " ").replace("-", " ")]


class SimilarityRunner:
    """A tier of the router: the nearest flow, if it is near enough and clearly the nearest."""

    kind = "similarity"
    sends_out = False

    def __init__(self, texts: FlowTexts, *, least: float, margin: float = MIN_MARGIN) -> None:
        self._texts = texts
        self._least = least
        self._margin = margin

    def unusable(self) -> Abstention | None:
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        ranked = self._texts.rank(cast("str", input["prompt"]))
        doubt = self.doubt(ranked)
        if doubt:
            confidence = ranked[0].score if ranked else None
            return abstain(self.kind, Reason.LOW_CONFIDENCE, doubt, confidence=confidence)
        best = ranked[0]
        accepted = f"{best.score:.2f} to {best.nearest!r}"
        return TierAnswer({"flow": best.flow}, "code", accepted, confidence=best.score)

    def doubt(self, ranked: Sequence[Candidate]) -> str | None:
        """Why the nearest flow is not taken; None when it is."""
        if not ranked:
            return "There is no flow to choose."
        best = ranked[0]
        if best.score < self._least:
            return f"The nearest flow, {best.flow!r}, has similarity {best.score:.2f} < {self._least:g}."
        if len(ranked) > 1 and best.score - ranked[1].score < self._margin:
            return (
                f"{best.flow!r} ({best.score:.2f}) and {ranked[1].flow!r} ({ranked[1].score:.2f}) "
                f"are too close to tell apart."
            )
        return None


class OtherwiseRunner:
    """The last tier of the router: no flow fits."""

    kind = "otherwise"
    sends_out = False

    def unusable(self) -> Abstention | None:
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        return TierAnswer({"flow": OTHERWISE}, "code", "no flow is near enough")
