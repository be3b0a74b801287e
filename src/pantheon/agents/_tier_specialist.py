"""The `specialist` tier: whatever the night has promoted for this agent.

The slot is looked up for every request, so that a promotion or rollback by another process is seen
at once; the model itself is loaded only when the version changes. While a version is on probation
it answers its share of the requests: which ones depends on the version and the input alone, so the
same question gets the same version's answer as long as the probation lasts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from pantheon.agents._answer import Abstention, Reason, Waiting
from pantheon.agents._tier import (
    Deployed,
    GenerativeModel,
    Prediction,
    Request,
    SpecialistModel,
    TierAnswer,
    TierOutcome,
    abstain,
)
from pantheon.errors import PantheonError
from pantheon.ids import ContentHash, Json, JsonObject, derive_seed, hash_json
from pantheon.models import ModelFailure
from pantheon.spec import render_text
from pantheon.store import Store

KIND = "specialist"


class SpecialistSlot:
    """The place of one agent that a promotion fills."""

    def __init__(self, agent: str, store: Store, load: Callable[[bytes], SpecialistModel]) -> None:
        self._agent = agent
        self._store = store
        self._load = load
        self._loaded: dict[str, Deployed] = {}
        """The model of each channel."""

    def version(self, input: JsonObject | None = None) -> ContentHash | None:
        """Hash of the version that is live now for an input; None: for those without a canary.

        Two indexed queries at most.
        """
        return self._pick(input)[1]

    def stepped_back(self, version: ContentHash | None = None) -> bool:
        """Whether the audit has said that the promise is broken; never said of a canary, which is
        taken back instead.
        """
        if version is not None and version != self._store.channels.current(self._agent):
            return False
        state = self._store.monitors.get(self._agent)
        return bool(state and state.get("stepped_back"))

    def deployed(self, input: JsonObject | None = None) -> Deployed | None:
        """The live specialist for an input, loaded; None when the slot is empty."""
        stable, version = self._pick(input)
        if version is None:
            self._loaded.clear()
            return None
        channel = "stable" if version == stable else "canary"
        found = self._loaded.get(channel)
        if found is None or found.version != version:
            found = self._loaded[channel] = self._load_version(version)
        return found

    def _load_version(self, version: ContentHash) -> Deployed:
        for loaded in self._loaded.values():
            if loaded.version == version:
                return loaded  # a canary that was settled
        artifact = self._store.versions.get(version).artifact
        return Deployed(version, self._load(self._store.blobs.get(artifact)))

    def _pick(self, input: JsonObject | None) -> tuple[ContentHash | None, ContentHash | None]:
        """The stable version, and the one that is live for the input."""
        stable = self._store.channels.current(self._agent)
        canary = None if stable is None or input is None else self._canary(input)
        return stable, canary or stable

    def _canary(self, input: JsonObject) -> ContentHash | None:
        """The version on probation, if this input is one of its share."""
        move = self._store.channels.last(self._agent, "canary")
        if move is None or move.version is None:
            return None
        drawn = derive_seed(0, "canary", move.version, hash_json(input)) / 2**32
        return move.version if drawn < move.share else None


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
        if isinstance(deployed.model, GenerativeModel):
            return  # it writes its answers one by one, and each request may give up on its own
        texts = list(dict.fromkeys(render_text(self._schema, input) for input in inputs))
        with suppress(Exception):  # it fails again, and is told, when asked one by one
            self._ready = dict(zip(texts, deployed.model.answer(texts), strict=True))
        self._ready_for = deployed.version

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        if self._slot.stepped_back(self._slot.version(input)):
            detail = "The audit says the promise is broken; waiting for a new version."
            return abstain(KIND, Reason.STEPPED_BACK, detail)
        deployed = self._safely_deployed(input)
        if isinstance(deployed, Abstention):
            return deployed
        text = render_text(self._schema, input)
        if isinstance(deployed.model, GenerativeModel):
            return await _write(deployed.model, text, request)
        return _as_outcome(self._predict(deployed, text))

    def _predict(self, deployed: Deployed, text: str) -> Prediction:
        if deployed.version == self._ready_for and text in self._ready:
            return self._ready[text]
        return deployed.model.answer([text])[0]

    def _safely_deployed(self, input: JsonObject | None = None) -> Deployed | Abstention:
        """A version that cannot be loaded must not stop the day: the next tier answers."""
        try:
            deployed = self._slot.deployed(input)
        except PantheonError as error:
            return abstain(KIND, Reason.UNAVAILABLE, f"It cannot be loaded: {error.message}")
        if deployed is None:
            return abstain(KIND, Reason.EMPTY_SLOT, "No specialist has been promoted yet.")
        return deployed


async def _write(model: GenerativeModel, text: str, request: Request) -> TierOutcome:
    """Have a language model write the answer; whatever keeps it from that, the next tier is asked."""
    try:
        written = await model.ask(text, request)
    except ModelFailure as failure:
        return abstain(KIND, Reason(failure.reason.value), failure.message)
    outcome = _as_outcome(written)
    if isinstance(outcome, TierAnswer):
        outcome.accepted = f"{model.rung} on {model.base}: {outcome.accepted}"
    if not isinstance(outcome, Waiting):
        outcome = replace(outcome, tokens_in=written.tokens_in, tokens_out=written.tokens_out)
    return outcome


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
