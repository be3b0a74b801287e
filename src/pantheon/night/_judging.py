"""Asking the agent that a contract names as judge about pairs of outputs, while lessons are given.

Every rung compares hundreds of answers with the teacher's, many of them again the next night; so a
verdict is kept in the store under what was compared and how the judge is defined. What the judge
cannot say counts as different, which errs on the safe side, and is asked again another time.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from pantheon.agents import NoVerdict, compare
from pantheon.errors import NotFound
from pantheon.ids import hash_json
from pantheon.spec import VERDICT, render_text
from pantheon.store import CacheEntry

if TYPE_CHECKING:
    from pantheon.flows import Runtime
    from pantheon.ids import ContentHash, JsonObject
    from pantheon.spec import AgentDef

MOST = 400
"""Questions to a judge in one lesson; a pair beyond them counts as different."""

Pair: TypeAlias = tuple[str, str, str]
"""A request's text and two outputs, canonical JSON."""
Judge: TypeAlias = Callable[[Sequence[Pair]], Awaitable[list[bool]]]


def judge_for(
    runtime: Runtime,
    agent: AgentDef,
    *,
    most: int = MOST,
    spent: Callable[[], bool] = lambda: False,
) -> Judge | None:
    """Who says of an agent's outputs whether they are the same; None without a judge.

    `spent`: whether the night's money for the cloud is; then nothing new is asked.
    """
    if agent.same.kind != "judge":
        return None
    return _NightJudge(runtime, agent, most, spent).judge


class _NightJudge:
    """One lesson's questions to one judge."""

    def __init__(
        self, runtime: Runtime, agent: AgentDef, most: int, spent: Callable[[], bool]
    ) -> None:
        self._runtime = runtime
        self._agent = agent
        self._left = most
        self._spent = spent
        self._inputs: dict[str, JsonObject] | None = None

    async def judge(self, pairs: Sequence[Pair]) -> list[bool]:
        """Whether the two outputs of each pair are the same; asked one after the other."""
        return [await self._one(*pair) for pair in pairs]

    async def _one(self, text: str, left: str, right: str) -> bool:
        input = self._input_of(text)
        if input is None or not left or not right:
            return False
        key = self._key(input, left, right)
        kept = self._runtime.store.cache.get(key, self._runtime.clock.now())
        if kept is not None:
            return bool(kept.output[VERDICT])
        if self._left <= 0 or self._spent():
            return False
        self._left -= 1
        said = await compare(
            self._agent,
            self._runtime.context,
            input=input,
            outputs=(json.loads(left), json.loads(right)),
            key=key,
        )
        if isinstance(said, NoVerdict):
            return False
        self._keep(key, same=said.same, answer=said.judge)
        return said.same

    def _input_of(self, text: str) -> JsonObject | None:
        """The input that a text stands for: rows know their requests as texts only."""
        if self._inputs is None:
            examples = self._runtime.store.examples.list(self._agent.name)
            schema = self._agent.input
            self._inputs = {render_text(schema, it.input): it.input for it in examples}
        return self._inputs.get(text)

    def _key(self, input: JsonObject, left: str, right: str) -> ContentHash:
        first, second = sorted((left, right))
        name = self._agent.same.judge
        try:
            judge = hash_json(repr(self._runtime.agent(name).definition))
        except NotFound:
            judge = hash_json(name)
        return hash_json(["verdict", self._agent.name, judge, input, first, second])

    def _keep(self, key: ContentHash, *, same: bool, answer: str | None) -> None:
        self._runtime.store.cache.put(
            CacheEntry(
                key,
                self._agent.same.judge,
                key,
                {VERDICT: same},
                answer,
                "model",
                self._runtime.clock.now(),
            )
        )
