"""What the agent and its tiers say to each other: a request, a tier, a tier's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from pantheon.agents._answer import Abstention, Reason, Waiting
from pantheon.ids import ContentHash, JsonObject, RunId
from pantheon.store import Source

AGAIN = "again"
"""The role of a request that the night puts a second time; see `Reason.AGAIN`."""
JUDGE = "judge"
"""The role of a request to say which of two answers is better, or whether they are the same."""
CROSS_CHECK = "cross_check"
"""The role, in the store, of the cloud's side of a cross-check: the local side is the request."""


@dataclass(slots=True)  # not frozen: one is made for every node, and this is twice as fast
class Request:
    """Who asks: the place in a run, if any, and which tiers may be asked. Never changed."""

    run: RunId | None = None
    node: str | None = None
    """Path of the node in the run: `loop#2/check`."""
    index: int = -1
    """Item of a map, round of a loop; −1 for the node itself."""
    attempt: int = 1
    """Counts from 1; a retry of a node is a request of its own."""
    only: Literal["local", "cloud"] | None = None
    """Ask only the tiers of one side, for a cross-check; nothing is audited then."""
    role: str = ""
    """What else is asked for the same node, e.g. `judge`."""
    key: str = ""
    """The idempotency key, where the place in a run does not say it."""
    seconds: float | None = None
    """How long whoever asks will wait; None: as long as it takes."""
    flow: str = ""
    priority: int = 0
    """Flow and priority of the run, for whoever shares out what is scarce."""
    on_token: Callable[[str], None] | None = None
    """Who wants to see a model's answer while it is made."""

    @property
    def recorded_role(self) -> str:
        """What its row says that it was for; empty: traffic."""
        return self.role or (CROSS_CHECK if self.only == "cloud" else "")

    @property
    def idempotency_key(self) -> str:
        """The same when the same is asked again after a crash; empty outside a run.

        Handed to remote models, programs and functions, so that they recognise a repeated call.
        """
        if self.key or self.run is None:
            return self.key
        parts = (self.run, self.node, str(self.index), str(self.attempt), self.only, self.role)
        return ":".join(part for part in parts if part)


@dataclass(slots=True)  # not frozen, like `Request`
class TierAnswer:
    """What a tier answered, before the contract and the validators have seen it. Never changed."""

    output: JsonObject
    source: Source
    accepted: str
    """Why the tier stands by its answer, as a short clause."""
    confidence: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


TierOutcome: TypeAlias = TierAnswer | Abstention | Waiting


class TierRunner(Protocol):
    """One way to fulfil the contract. It answers, abstains with a reason, or asks a person.

    A runner never raises for what an input, a user's program or a model did.
    """

    @property
    def kind(self) -> str:
        """What the answer's row calls this tier, e.g. `specialist`."""
        ...

    @property
    def sends_out(self) -> bool:
        """Whether asking it sends the input off this machine."""
        ...

    def unusable(self) -> Abstention | None:
        """Why it cannot be asked at all right now (no key, no model, no budget), if so."""
        ...

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        """Answer one input that satisfies the contract."""
        ...


class Prediction(Protocol):
    """What a specialist says about one text."""

    @property
    def label(self) -> str:
        """Canonical JSON of the output."""
        ...

    @property
    def confidence(self) -> float:
        """Its score of being right, in [0, 1]."""
        ...

    @property
    def accepted(self) -> bool:
        """Whether the calibrated acceptance region holds this prediction."""
        ...


class SpecialistModel(Protocol):
    """What the night promotes. Loaded through an injected function: agents never train."""

    def answer(self, texts: Sequence[str]) -> Sequence[Prediction]:
        """One prediction per text, in order."""
        ...


class Written(Prediction, Protocol):
    """What a specialist says that writes its answers, and what writing took."""

    @property
    def tokens_in(self) -> int: ...

    @property
    def tokens_out(self) -> int: ...


@runtime_checkable
class GenerativeModel(Protocol):
    """A specialist that writes its answers with a local language model: it has to be awaited."""

    @property
    def rung(self) -> str:
        """The way of learning that made it, e.g. `demos`."""
        ...

    @property
    def base(self) -> str:
        """The language model that it was certified with."""
        ...

    async def ask(self, text: str, request: Request) -> Written:
        """Answer one text, within `request.seconds`; raises ModelFailure."""
        ...


@dataclass(frozen=True, slots=True)
class Deployed:
    """The specialist that is live for an agent, and the hash of its version."""

    version: ContentHash
    model: SpecialistModel


def abstain(
    tier: str, reason: Reason, detail: str, *, confidence: float | None = None
) -> Abstention:
    """An abstention that has cost nothing yet."""
    return Abstention(tier, reason, detail, confidence=confidence)
