"""The `specialist` tier: whatever the night has promoted for this agent.

The slot is looked up for every request, so that a promotion or rollback by another process is seen
at once; the model itself is loaded only when the version changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._tier import (
    Deployed,
    Prediction,
    Request,
    SpecialistModel,
    TierAnswer,
    TierOutcome,
    abstain,
)
from pantheon.errors import PantheonError
from pantheon.ids import ContentHash, Json, JsonObject
from pantheon.spec import render_text
from pantheon.store import Store

KIND = "specialist"


class SpecialistSlot:
    """The place of one agent that a promotion fills."""

    def __init__(self, agent: str, store: Store, load: Callable[[bytes], SpecialistModel]) -> None:
        self._agent = agent
        self._store = store
        self._load = load
        self._deployed: Deployed | None = None

    def version(self) -> ContentHash | None:
        """Hash of the version that is live now; one indexed query."""
        return self._store.channels.current(self._agent)

    def stepped_back(self) -> bool:
        """Whether the audit has said that the promise is broken."""
        state = self._store.monitors.get(self._agent)
        return bool(state and state.get("stepped_back"))

    def deployed(self) -> Deployed | None:
        """The live specialist, loaded; None when the slot is empty."""
        version = self.version()
        if version is None:
            self._deployed = None
        elif self._deployed is None or self._deployed.version != version:
            artifact = self._store.versions.get(version).artifact
            self._deployed = Deployed(version, self._load(self._store.blobs.get(artifact)))
        return self._deployed


class SpecialistRunner:
    """Asks the promoted specialist; an empty slot, a doubt or a broken promise abstains."""

    kind = KIND
    sends_out = False

    def __init__(self, slot: SpecialistSlot, *, input_schema: JsonObject) -> None:
        self._slot = slot
        self._schema = input_schema
        self._ready: dict[str, Prediction] = {}
        self._ready_for: ContentHash | None = None

    def unusable(self) -> Abstention | None:
        return None

    def prepare(self, inputs: Sequence[JsonObject]) -> None:
        """Ask the specialist about many inputs at once; `ask` then finds the answers ready."""
        self._ready = {}
        deployed = self._safely_deployed()
        if not inputs or isinstance(deployed, Abstention):
            return
        texts = list(dict.fromkeys(render_text(self._schema, input) for input in inputs))
        with suppress(Exception):  # it fails again, and is told, when asked one by one
            self._ready = dict(zip(texts, deployed.model.answer(texts), strict=True))
        self._ready_for = deployed.version

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        if self._slot.stepped_back():
            detail = "The audit says the promise is broken; waiting for a new version."
            return abstain(KIND, Reason.STEPPED_BACK, detail)
        deployed = self._safely_deployed()
        if isinstance(deployed, Abstention):
            return deployed
        return _as_outcome(self._predict(deployed, render_text(self._schema, input)))

    def _predict(self, deployed: Deployed, text: str) -> Prediction:
        if deployed.version == self._ready_for and text in self._ready:
            return self._ready[text]
        return deployed.model.answer([text])[0]

    def _safely_deployed(self) -> Deployed | Abstention:
        """A version that cannot be loaded must not stop the day: the next tier answers."""
        try:
            deployed = self._slot.deployed()
        except PantheonError as error:
            return abstain(KIND, Reason.UNAVAILABLE, f"It cannot be loaded: {error.message}")
        if deployed is None:
            return abstain(KIND, Reason.EMPTY_SLOT, "No specialist has been promoted yet.")
        return deployed


def _as_outcome(prediction: Prediction) -> TierOutcome:
    confidence = float(prediction.confidence)
    if not prediction.accepted:
        detail = f"Confidence {confidence:.3f} is outside the certified region."
        return abstain(KIND, Reason.LOW_CONFIDENCE, detail, confidence=confidence)
    try:
        output: Json = json.loads(prediction.label)
    except ValueError:
        output = None
    if not isinstance(output, dict):
        detail = f"Its label {prediction.label[:80]!r} is not an output object."
        return abstain(KIND, Reason.INVALID_OUTPUT, detail, confidence=confidence)
    accepted = f"confidence {confidence:.3f} is inside the certified region"
    return TierAnswer(output, "specialist", accepted, confidence=confidence)
