"""A pause that holds no task: for a time, or for an event from outside.

What a node waits for stands in the store; the run ends as `waiting`, and goes on when it is resumed
after the time has come or the event was signalled.
"""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.agents import Reason
from pantheon.clock import iso
from pantheon.flows._ending import Ending, Note, due_of, failed, waiting
from pantheon.flows._work import Work
from pantheon.ids import Json
from pantheon.spec import ExpressionFault, NodeDef, validate_value
from pantheon.store import Timer

_LONGEST = 1e10
"""Seconds: three hundred years. What is longer has no date that everybody can write."""


def pause(work: Work, node: NodeDef, scope: Mapping[str, Json], *, path: str, index: int) -> Ending:
    """How a `wait` node ends: waiting, or with what it waited for."""
    assert node.wait is not None
    known = work.results.get(path, {}).get(index)
    began = known if known is not None and known.state == "waiting" else None
    if node.wait.event is not None:
        return _await_event(work, node, began, path=path, index=index)
    return _await_time(work, node, scope, began, path=path, index=index)


def _await_time(
    work: Work,
    node: NodeDef,
    scope: Mapping[str, Json],
    began: Ending | None,
    *,
    path: str,
    index: int,
) -> Ending:
    due = None if began is None else due_of(began)
    if due is None:
        seconds = _seconds(node, scope)
        if isinstance(seconds, Ending):
            return seconds
        due = work.clock.now() + seconds
    if work.clock.now() >= due:
        return Ending("ok", {})
    work.store.timers.set(Timer(work.run.id, path, index, due))
    return waiting(f"It goes on at {iso(due)}.", due=due)


def _seconds(node: NodeDef, scope: Mapping[str, Json]) -> float | Ending:
    assert node.wait is not None
    assert node.wait.seconds is not None
    try:
        value = node.wait.seconds.evaluate(scope)
    except ExpressionFault as fault:
        return failed(Reason.INVALID_INPUT, fault.message)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST:
        message = f"`{node.wait.seconds.source}` is no time in seconds but {value!r}."
        return failed(Reason.INVALID_INPUT, message)
    return float(value)


def _await_event(
    work: Work, node: NodeDef, began: Ending | None, *, path: str, index: int
) -> Ending:
    assert node.wait is not None
    name = node.wait.event or ""
    signal = work.store.signals.get(work.run.id, name)
    if signal is not None:
        return _received(node, signal.payload)
    due = None if began is None else due_of(began)
    if due is None and node.timeout is not None:
        due = work.clock.now() + node.timeout
    if due is not None and work.clock.now() >= due:
        message = f"The event {name!r} did not come within {node.timeout:g} s."
        return failed(Reason.TIMEOUT, message)
    if due is None:
        return waiting(f"It waits for the event {name!r}.", event=name)
    work.store.timers.set(Timer(work.run.id, path, index, due))
    return waiting(f"It waits for the event {name!r} until {iso(due)}.", event=name, due=due)


def _received(node: NodeDef, payload: Json) -> Ending:
    assert node.wait is not None
    problems = validate_value(node.wait.schema, payload)
    if problems:
        message = f"What was signalled does not satisfy the contract: {'; '.join(problems)}."
        return failed(Reason.INVALID_INPUT, message)
    return Ending("ok", payload, note=Note({"event": node.wait.event}))
