"""JSON values as a function gave them, and the short way to an answer of code.

An agent that only runs code costs nothing, teaches nothing and asks nobody. Inside a run its answer
leaves no row of its own: the journal of the run says all there is to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, cast

from pantheon.agents._answer import Answer
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, TierRunner
from pantheon.ids import ContentHash, Json, JsonObject, canonical_json
from pantheon.spec import AgentDef, conforms_to

if TYPE_CHECKING:
    from collections.abc import Awaitable

_EXACT: frozenset[type] = frozenset({str, int, bool, type(None)})


class NotPlain(Exception):
    """Internal: a value that JSON would not give back as it is."""


def copied(value: object) -> Json:
    """A copy of a JSON value that shares nothing with it. Raises NotPlain for anything else.

    Exact types only: what needs a conversion (tuples, numpy numbers) takes the longer way.
    """
    kind = type(value)
    if kind in _EXACT:
        return cast("str | bool | int | None", value)
    if kind is float and isfinite(cast("float", value)):
        return cast("float", value)
    if kind is dict:
        return copied_object(cast("dict[object, object]", value))
    if kind is list:
        return [copied(item) for item in cast("list[object]", value)]
    raise NotPlain


def copied_object(value: Mapping[object, object]) -> JsonObject:
    """The copy of an object whose keys are texts."""
    made: JsonObject = {}
    for key, item in value.items():
        if type(key) is not str:
            raise NotPlain
        kind = type(item)
        exact = kind is str or kind is int
        made[key] = cast("str | int", item) if exact else copied(item)
    return made


def own_object(value: Mapping[str, object]) -> JsonObject:
    """A copy of an object as JSON would carry it: tuples become lists, keys become texts.

    Raises TypeError, ValueError or RecursionError for what is no JSON.
    """
    with suppress(NotPlain):
        return copied_object(cast("Mapping[object, object]", value))
    return cast("JsonObject", json.loads(canonical_json(cast("JsonObject", dict(value)))))


class PlainPath:
    """Asks the first tier of an agent of code, and accepts what satisfies the contract."""

    def __init__(
        self,
        definition: AgentDef,
        runner: TierRunner,
        *,
        version: Callable[[], ContentHash],
        ask: Callable[[TierRunner, JsonObject, Request], Awaitable[TierOutcome]],
    ) -> None:
        self._runner = runner
        self._version = version
        self._ask = ask
        self._input_fits = conforms_to(definition.input)
        self._output_fits = conforms_to(definition.output)

    async def answer(self, input: JsonObject, request: Request) -> Answer | TierOutcome | None:
        """The answer; or what the tier said, when that does not count; None: not this way."""
        if not self._input_fits(input):
            return None
        said = await self._ask(self._runner, input, request)
        if type(said) is not TierAnswer or not self._output_fits(said.output):
            return said
        kind, version = self._runner.kind, self._version()
        return Answer("", said.output, kind, said.accepted, said.source, version)
