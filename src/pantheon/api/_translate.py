"""From the events of the store to the typed ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypedDict

from pantheon.api._events import (
    Answered,
    Escalated,
    FellBack,
    FlowEvent,
    ItemFinished,
    NodeFinished,
    NodeSkipped,
    NodeStarted,
    NodeWaiting,
    Noted,
    Retried,
    RunFinished,
    RunResumed,
    RunStarted,
    RunWaiting,
    Tokens,
)
from pantheon.ids import Json, RunId
from pantheon.store import Event, Store


class _When(TypedDict):
    run: RunId
    seq: int
    at: float


class _Where(_When):
    node: str
    index: int


def translate(event: Event, store: Store) -> Iterator[FlowEvent]:
    """What one event of the store tells; outputs are looked up where they are kept."""
    when = _When(run=event.run, seq=event.seq, at=event.at)
    data: dict[str, Any] = event.data
    if event.kind.startswith("run_"):
        yield _of_run(event.kind, when, data, store)
        return
    where = _Where(**when, node=event.node or "", index=data.get("index", -1))
    match event.kind:
        case "node_finished" | "item_finished":
            yield from _ended(event.kind, where, data, store)
        case "node_started":
            yield NodeStarted(**where)
        case "node_skipped":
            yield NodeSkipped(**where, reason=_text(data, "reason"), message=_text(data, "message"))
        case "node_waiting":
            yield NodeWaiting(**where, message=_text(data, "message"))
        case "node_retried":
            yield _retried(where, data)
        case "node_fell_back":
            yield _fell_back(where, data)
        case "tokens":
            yield Tokens(**where, text=_text(data, "text"))
        case _:
            yield Noted(**when, what=event.kind, node=event.node, data=data)


def _of_run(kind: str, when: _When, data: dict[str, Any], store: Store) -> FlowEvent:
    match kind:
        case "run_started":
            return RunStarted(**when, flow=_text(data, "flow"), cause=_text(data, "cause"))
        case "run_resumed":
            return RunResumed(**when, kept=int(data.get("kept", 0)))
        case "run_waiting":
            return RunWaiting(**when)
        case "run_finished":
            output = store.runs.get(when["run"]).output if data["state"] == "done" else None
            failure = data.get("failure")
            return RunFinished(**when, state=data["state"], output=output, failure=failure)
        case _:
            return Noted(**when, what=kind, node=None, data=data)


def _ended(kind: str, where: _Where, data: dict[str, Any], store: Store) -> Iterator[FlowEvent]:
    """Who was asked in vain, who answered, and the end."""
    output = _output_of(where, store) if data["state"] == "ok" else None
    if "tier" in data:
        yield from _escalations(where, data)
        yield Answered(
            **where,
            tier=data["tier"],
            source=_text(data, "source"),
            answer=data.get("answer"),
            output=output,
        )
    made = NodeFinished if kind == "node_finished" else ItemFinished
    yield made(
        **where,
        state=data["state"],
        output=output,
        reason=_text(data, "reason"),
        message=_text(data, "message"),
    )


def _escalations(where: _Where, data: dict[str, Any]) -> Iterator[Escalated]:
    tried: list[dict[str, Any]] = data.get("tried", [])
    for before, after in pairwise([*tried, data]):
        yield Escalated(
            **where, tier=before["tier"], reason=_text(before, "reason"), to=after["tier"]
        )


def _output_of(where: _Where, store: Store) -> Json:
    found = store.journal.get(where["run"], where["node"], where["index"])
    return None if found is None else found.output


def _retried(where: _Where, data: dict[str, Any]) -> Retried:
    return Retried(
        **where,
        attempt=int(data.get("attempt", 0)),
        seconds=float(data.get("seconds", 0.0)),
        reason=_text(data, "reason"),
        message=_text(data, "message"),
    )


def _fell_back(where: _Where, data: dict[str, Any]) -> FellBack:
    why: dict[str, Any] = data.get("reason") or {}
    to = _text(data, "to")
    return FellBack(**where, to=to, reason=_text(why, "reason"), message=_text(why, "message"))


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    return "" if value is None else str(value)
