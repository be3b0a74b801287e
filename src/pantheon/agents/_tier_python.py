"""The `python` tier: a deterministic agent, made of a function the user wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._functions import FunctionFault, UserFunctions
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec import PythonTier


class PythonRunner:
    """Calls `module:function` with the inputs by name; it returns the output object."""

    kind = "python"
    sends_out = False

    def __init__(self, tier: PythonTier, functions: UserFunctions) -> None:
        self._tier = tier
        self._functions = functions

    def unusable(self) -> Abstention | None:
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        reference = self._tier.function
        try:
            returned = await self._functions.call(
                reference, timeout=self._tier.timeout, named=input
            )
        except FunctionFault as fault:
            return abstain(self.kind, fault.reason, fault.detail)
        return self._as_output(returned)

    def _as_output(self, returned: object) -> TierOutcome:
        reference = self._tier.function
        if returned is None:
            return abstain(self.kind, Reason.DECLINED, f"{reference} has no answer to this.")
        if not isinstance(returned, Mapping):
            said = type(returned).__name__
            detail = f"{reference} returned {said}; it must return the output object (a dict)."
            return abstain(self.kind, Reason.INVALID_OUTPUT, detail)
        try:
            output = as_json(cast("Mapping[str, Json]", returned))
        except (TypeError, ValueError, RecursionError) as error:
            detail = f"{reference} returned a value that is not JSON: {error}."
            return abstain(self.kind, Reason.INVALID_OUTPUT, detail)
        return TierAnswer(output, "code", f"{reference} returned it")


def as_json(value: Mapping[str, Json]) -> JsonObject:
    """The value as JSON would carry it (tuples become lists); raises TypeError or ValueError."""
    return cast("JsonObject", json.loads(canonical_json(dict(value))))
