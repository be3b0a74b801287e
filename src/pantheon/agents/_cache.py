"""Results kept for equal inputs of the same version of an agent."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from pantheon.agents._answer import Answer
from pantheon.agents._tier import Request
from pantheon.ids import ContentHash, JsonObject, hash_bytes, hash_json
from pantheon.spec import AgentDef, PythonTier
from pantheon.store import CacheEntry

if TYPE_CHECKING:
    from pantheon.agents._context import AgentContext


class ResultCache:
    """The results of one agent. Only agents whose definition says so have one."""

    def __init__(
        self, agent: str, lifetime: float, context: AgentContext, code: ContentHash | None = None
    ) -> None:
        """`lifetime` in seconds; infinite: for ever. `code`: of the files its functions are in."""
        self._agent = agent
        self._code = code
        self._lifetime = lifetime
        self._store = context.store
        self._clock = context.clock

    @classmethod
    def of(cls, definition: AgentDef, context: AgentContext) -> ResultCache | None:
        """The cache that the definition asks for; by default only deterministic agents have one."""
        default = inf if definition.deterministic else 0.0
        lifetime = default if definition.cache is None else definition.cache
        if lifetime <= 0:
            return None
        return cls(definition.name, lifetime, context, _code_of(definition, context))

    def find(self, version: ContentHash, input: JsonObject, request: Request) -> Answer | None:
        """The answer to an equal input. A cross-check wants both sides to answer anew."""
        if request.only is not None:
            return None
        kept = self._store.cache.get(self._key(version, input), self._clock.now())
        if kept is None:
            return None
        accepted = "an equal input was answered before"
        return Answer(kept.answer or "", kept.output, "cache", accepted, kept.source, version)

    def keep(
        self, version: ContentHash, input: JsonObject, answer: Answer, request: Request
    ) -> None:
        """Remember an answer.

        One of a person is not the agent's to repeat; one of a specialist that was deployed in the
        meantime is another version's.
        """
        if request.only is not None or answer.source == "human" or answer.version != version:
            return
        now = self._clock.now()
        kept = CacheEntry(
            key=self._key(version, input),
            agent=self._agent,
            version=version,
            output=answer.output,
            answer=answer.id or None,
            source=answer.source,
            at=now,
            expires=None if self._lifetime == inf else now + self._lifetime,
        )
        self._store.cache.put(kept)

    def _key(self, version: ContentHash, input: JsonObject) -> str:
        code: JsonObject = {} if self._code is None else {"code": self._code}
        return hash_json({"input": input, "version": version, **code})


def _code_of(definition: AgentDef, context: AgentContext) -> ContentHash | None:
    """Of the files in which the agent's functions are: with other code it answers otherwise."""
    named = {tier.function for tier in definition.tiers if isinstance(tier, PythonTier)}
    found = context.functions.files_of({*named, *definition.validators})
    return hash_json([hash_bytes(file.read_bytes()) for file in found]) if found else None
