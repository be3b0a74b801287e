"""Answers in place of a model's: from a script, or as the store has recorded them.

Whatever they answer says so in its source, so that nothing of it can pass for a model's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pantheon.clock import iso
from pantheon.ids import JsonObject, hash_json
from pantheon.models import ChatReply, ChatRequest, FailureReason, ModelFailure, ScriptedModel
from pantheon.spec import AgentDef, PromptTier, Scripted, Tier, holds_part

if TYPE_CHECKING:
    from pantheon.store import AnswerRow, Audit, Store

MOST_RECORDS = 50_000
"""Of one agent, the newest."""
_CERTAIN = 0.0
"""Logarithm of the probability 1."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Which tier of which agent is being asked."""

    agent: AgentDef
    tier: Tier


ASKING: ContextVar[Asking | None] = ContextVar("pantheon_asking", default=None)


class Script:
    """Answers in the order in which they are written, each to the first that it fits."""

    def __init__(self, entries: Iterable[Scripted] = ()) -> None:
        self._entries: list[Scripted] = list(entries)

    def take(self, agent: str, input: JsonObject, *, named: bool = False) -> Scripted | None:
        """The next answer for an agent and an input; `named`: only if it names the agent."""
        for position, entry in enumerate(self._entries):
            if _fits(entry, agent, input, named=named):
                if not entry.repeat:
                    del self._entries[position]
                return entry
        return None

    @property
    def left(self) -> Sequence[Scripted]:
        """What nobody has asked for."""
        return [entry for entry in self._entries if not entry.repeat]


def _fits(entry: Scripted, agent: str, input: JsonObject, *, named: bool) -> bool:
    if entry.agent != agent and (named or entry.agent is not None):
        return False
    return entry.input is None or holds_part(entry.input, input)


class ScriptModel:
    """Every model of a sandbox whose answers come from a script."""

    kind = "scripted"
    remote = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.script = Script()
        """Of the attempt that is under way."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """The next answer of the script, held to the schema as a model's would be."""
        asking = ASKING.get()
        agent = asking.agent.name if asking else ""
        entry = self.script.take(agent, request.input or {})
        if entry is None:
            said = f"The script has no answer for agent {agent!r} and this input."
            raise ModelFailure(FailureReason.UNAVAILABLE, said)
        if entry.output is None:
            reason = FailureReason(entry.fails or FailureReason.UNAVAILABLE)
            raise ModelFailure(reason, f"The script says that it fails ({entry.where}).")
        reply = await ScriptedModel([entry.output], name="script").chat(request)
        return _sure_enough(reply, asking)

    async def close(self) -> None:
        """There is nothing to give back."""


def _sure_enough(reply: ChatReply, asking: Asking | None) -> ChatReply:
    """A tier that asks for a confidence gets one: a script is sure of what it says."""
    tier = asking.tier if asking else None
    wants = isinstance(tier, PromptTier) and tier.min_confidence > 0
    return replace(reply, logprob=_CERTAIN) if wants else reply


@dataclass(frozen=True, slots=True)
class Record:
    """What a tier once answered to an equal input."""

    row: AnswerRow
    """With the output, and what it took then."""
    told: str


class Records:
    """What agents answered before, by the kind of tier and the input; the newest counts."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._agents: dict[str, dict[tuple[str, str], Record]] = {}
        self._first: dict[tuple[str, str, str], list[Record]] = {}
        self.taken: list[AnswerRow] = []
        """What was given since `begin`, in order."""

    def begin(self, first: Iterable[AnswerRow]) -> None:
        """Another attempt begins; answers of `first` go before all others, each once."""
        self.taken.clear()
        self._first.clear()
        for row in first:
            if row.output is not None:
                key = (row.agent, row.tier, hash_json(row.input))
                self._first.setdefault(key, []).append(_record(row))

    def take(self, agent: str, kind: str, input: JsonObject) -> Record | None:
        """The answer, or None where nothing was recorded."""
        key = hash_json(input)
        first = self._first.get((agent, kind, key))
        if agent not in self._agents:
            self._agents[agent] = dict(self._read(agent))
        found = first.pop(0) if first else self._agents[agent].get((kind, key))
        if found is not None:
            self.taken.append(found.row)
        return found

    def of_run(self, agent: str, input: JsonObject) -> Sequence[AnswerRow]:
        """The answers of `begin` that an agent gave to an input, and that are left; in order."""
        digest = hash_json(input)
        found = [
            record.row
            for (name, _, key), records in self._first.items()
            if name == agent and key == digest
            for record in records
        ]
        return sorted(found, key=lambda row: row.at)

    def _read(self, agent: str) -> Iterable[tuple[tuple[str, str], Record]]:
        if self._store is None:
            return
        audits = {audit.answer: audit for audit in self._store.audits.list(agent)}
        for row in self._store.answers.list(agent, limit=MOST_RECORDS):
            key = hash_json(row.input)
            if row.output is not None:
                yield (row.tier, key), _record(row)
            audit = audits.get(row.id)
            if audit is not None and audit.cloud_output is not None:
                yield ("cloud", key), _audited(row, audit)


def _record(row: AnswerRow) -> Record:
    return Record(row, f"answer {row.id} of {iso(row.at)}")


def _audited(row: AnswerRow, audit: Audit) -> Record:
    """What the cloud said when it was asked as well; how long that took is not known."""
    said = replace(
        row,
        tier="cloud",
        at=audit.at,
        output=audit.cloud_output,
        source=audit.source,
        cost_usd=audit.cost_usd,
        tokens_in=audit.tokens_in,
        tokens_out=audit.tokens_out,
        latency=0.0,
        local=False,
        confidence=None,
    )
    return Record(said, f"the audit of answer {row.id} on {iso(audit.at)}")
