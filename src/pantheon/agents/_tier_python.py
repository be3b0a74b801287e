"""The `python` tier: a deterministic agent, made of a function the user wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._current import REQUEST
from pantheon.agents._functions import FunctionFault, UserFunctions
from pantheon.agents._plain import copied, own_object
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import JsonObject
from pantheon.spec import AgentDef, PythonTier


class PythonRunner:
    """Calls `module:function` with the inputs by name; it returns the output object."""

    kind = "python"
    sends_out = False

    def __init__(
        self, tier: PythonTier, functions: UserFunctions, fields: Sequence[str] = ()
    ) -> None:
        """`fields` are those of the contract's output, for objects that return more."""
        self._tier = tier
        self._functions = functions
        self._fields = fields
        self._accepted = f"{tier.function} returned it"

    def unusable(self) -> Abstention | None:
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        token = REQUEST.set(request)
        try:
            returned = await self._functions.call(
                self._tier.function,
                timeout=self._tier.timeout,
                named=_own(input),
                fields=self._fields,
            )
        except FunctionFault as fault:
            return abstain(self.kind, fault.reason, fault.detail)
        finally:
            REQUEST.reset(token)
        return as_output(returned, self._tier.function, self._accepted)


def _own(input: JsonObject) -> JsonObject:
    """What a function may change without changing what other nodes read."""
    for item in input.values():
        if type(item) is dict or type(item) is list:
            return {name: copied(value) for name, value in input.items()}
    return input


def output_fields(agent: AgentDef) -> tuple[str, ...]:
    """The fields of the contract's output; none where it says nothing of them."""
    properties = agent.output.get("properties")
    return tuple(properties) if isinstance(properties, dict) else ()


def as_output(returned: object, reference: str, accepted: str) -> TierOutcome:
    """What a function returned, as the answer of its tier."""
    if returned is None:
        return abstain("python", Reason.DECLINED, f"{reference} has no answer to this.")
    if not isinstance(returned, Mapping):
        said = type(returned).__name__
        detail = f"{reference} returned {said}; it must return the output object (a dict)."
        return abstain("python", Reason.INVALID_OUTPUT, detail)
    try:
        output = own_object(cast("Mapping[str, object]", returned))
    except (TypeError, ValueError, RecursionError) as error:
        detail = f"{reference} returned a value that is not JSON: {error}."
        return abstain("python", Reason.INVALID_OUTPUT, detail)
    return TierAnswer(output, "code", accepted)
