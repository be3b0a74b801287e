"""The acceptance test: does a value satisfy the contract, and do the user's validators agree?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pantheon.agents._answer import Reason
from pantheon.agents._functions import FunctionFault, UserFunctions
from pantheon.agents._plain import own_object
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec import AgentDef, validate_value

INPUT_CAP = 1 << 20
"""Bytes of an input's canonical JSON; more is refused before any tier is asked."""
VALIDATOR_SECONDS = 30.0
"""How long one validator may think; one that does not return rejects."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an answer does not count."""

    by: Literal["schema", "validator"]
    reason: Reason
    detail: str


class Contract:
    """The typed input and output of one agent, and the user's own checks."""

    def __init__(self, agent: AgentDef, functions: UserFunctions) -> None:
        self._agent = agent
        self._functions = functions

    def input_problems(self, input: JsonObject) -> list[str]:
        """What is wrong with an input; empty when it may be answered."""
        too_big = size_problem(input)
        return [too_big] if too_big else list(validate_value(self._agent.input, input))

    def output_problems(self, output: Json) -> list[str]:
        """What is wrong with an output; empty when it satisfies the contract."""
        return list(validate_value(self._agent.output, output))

    async def rejection(self, input: JsonObject, output: JsonObject) -> Rejection | None:
        """The first objection to an answer: of the schema, then of the validators in order."""
        problems = self.output_problems(output)
        if problems:
            return Rejection("schema", Reason.INVALID_OUTPUT, listed(problems))
        for validator in self._agent.validators:
            objection = await self._objection(validator, input, output)
            if objection is not None:
                return objection
        return None

    async def _objection(
        self, validator: str, input: JsonObject, output: JsonObject
    ) -> Rejection | None:
        """Only `True` lets an answer pass: a check that breaks must not wave answers through."""
        try:
            # Copies: a check says whether an answer counts, it does not write it.
            seen = own_object(input), own_object(output)
            verdict = await self._functions.call(validator, *seen, timeout=VALIDATOR_SECONDS)
        except FunctionFault as fault:
            return Rejection("validator", Reason.REJECTED, fault.detail)
        if verdict is True:
            return None
        said = verdict if isinstance(verdict, str) else f"returned {verdict!r}"
        return Rejection("validator", Reason.REJECTED, f"{validator}: {said}")


def size_problem(input: JsonObject) -> str | None:
    """Why an input is too big, or no JSON at all; None when it can be handled."""
    try:
        size = len(canonical_json(input).encode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, RecursionError) as error:
        return f"The input is not JSON: {error}."
    if size > INPUT_CAP:
        return f"The input has {size} bytes; the limit is {INPUT_CAP} (1 MiB)."
    return None


def listed(problems: list[str]) -> str:
    """The first problems as one sentence."""
    more = len(problems) - _SHOWN
    return "; ".join(problems[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
