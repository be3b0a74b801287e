"""Plain records for tests that do not care about the details."""

from __future__ import annotations

from pantheon.ids import ContentHash, Json, RunId, hash_json
from pantheon.store import (
    AnswerRow,
    CacheEntry,
    ContextWrite,
    Example,
    InboxItem,
    MemoryWrite,
    NodeResult,
    NodeState,
    QueueItem,
    ReleaseRow,
    Run,
)

VERSION = hash_json("version")


def run(id: str = "r1", *, created: float = 1.0, flow: str = "support") -> Run:
    """A queued run."""
    return Run(
        id=RunId(id),
        flow=flow,
        flow_hash=hash_json(flow),
        input={"text": "hello"},
        state="queued",
        created=created,
        cause="api",
    )


def answer(id: str, *, agent: str = "triage", at: float = 1.0, cost: float = 0.0) -> AnswerRow:
    """An answer of a local tier."""
    return AnswerRow(
        id=id,
        agent=agent,
        version=VERSION,
        at=at,
        input={"text": f"message {id}"},
        output={"team": "cards"},
        tier="specialist",
        accepted="confident",
        source="specialist",
        cost_usd=cost,
    )


def result(
    node: str, *, index: int = -1, state: NodeState = "ok", value: int = 1, seq: int = 1
) -> NodeResult:
    """What a node of run r1 came to."""
    return NodeResult(
        run=RunId("r1"),
        node=node,
        index=index,
        state=state,
        output={"n": value},
        reason=None,
        attempts=1,
        started=1.0,
        finished=2.0,
        seq=seq,
    )


def example(id: str, *, agent: str = "triage", group: str = "g") -> Example:
    """A training example."""
    return Example(
        id=id,
        agent=agent,
        input={"text": id},
        output={"team": "cards"},
        source="cloud",
        drawn="bootstrap",
        at=1.0,
        group=hash_json(group),
        split="train",
    )


def question(id: str = "q1") -> InboxItem:
    """An open question."""
    return InboxItem(
        id=id,
        agent="person",
        question="Is this right?",
        input={},
        schema={"type": "object"},
        asked=1.0,
        state="open",
    )


def queued(id: str, *, priority: int = 0, submitted: float = 1.0) -> QueueItem:
    """Work for the night."""
    return QueueItem(
        id=id,
        flow="support",
        input={},
        priority=priority,
        submitted=submitted,
        state="queued",
    )


def context_write(seq: int, node: str = "a", *, index: int = -1, value: Json = 1) -> ContextWrite:
    """A write to the context of run r1."""
    return ContextWrite(RunId("r1"), seq, "draft", value, node, index, at=1.0)


def memory_write(value: Json, *, owner: str = "ann", name: str = "tone") -> MemoryWrite:
    """What a user's memory is to hold."""
    return MemoryWrite("user", owner, name, value, at=1.0)


def cached(key: str, *, agent: str = "triage", expires: float | None = None) -> CacheEntry:
    """An answer to be given again."""
    return CacheEntry(key, agent, VERSION, {"n": 1}, None, "code", at=1.0, expires=expires)


def release(hash: ContentHash) -> ReleaseRow:
    """A version of a flow."""
    number = int(hash[3:14], 16)
    return ReleaseRow(hash, "flow", "support", number, hash_json(1), None, "edit", 1.0, "me", "so")
