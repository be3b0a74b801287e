"""Signals from outside, checked before they are kept: the first one of a name stands."""

from __future__ import annotations

from pantheon.errors import InputError, NotFound
from pantheon.flows._history import Plans, read_history
from pantheon.ids import Json, RunId
from pantheon.spec import describe_fields, did_you_mean, validate_value
from pantheon.store import Store


def check_signal(store: Store, run_id: RunId | str, event: str, payload: Json) -> bool:
    """Whether a node of the run waits for this event now.

    Raises NotFound (no such run, or its flow knows no such event), and InputError when what is
    signalled breaks the contract of such a node, or an event of this name was signalled before.
    """
    run = store.runs.get(run_id)
    if store.signals.get(run.id, event) is not None:
        raise InputError(
            f"The event {event!r} was signalled to run {run.id} before; the first one stands.",
            hint="A fork can have another: pantheon runs fork RUN --set NODE.FIELD=VALUE",
        )
    history = read_history(store, run)
    known = sorted(_events(history.plans))
    if event not in known:
        fix = did_you_mean(event, known)
        raise NotFound(
            f"Nothing in flow {run.flow!r} waits for an event {event!r}.",
            hint=f"{fix[0].upper()}{fix[1:]}",
        )
    waiting = [r for r in history.results.values() if (r.reason or {}).get("event") == event]
    for result in waiting:
        node = history.node(result.node)
        schema = node.wait.schema if node is not None and node.wait is not None else {}
        problems = validate_value(schema, payload)
        if problems:
            raise InputError(
                f"The event {event!r} does not satisfy its contract: {'; '.join(problems)}.",
                hint=f"It expects {describe_fields(schema)}.",
            )
    return any(result.state == "waiting" for result in waiting)


def _events(plans: Plans) -> set[str]:
    """The events that the flows of a run may wait for."""
    pending, found = [plans.pin.flow, *plans.pin.flows.values()], set[str]()
    for flow in pending:  # grows while it is read
        for node in flow.nodes.values():
            pending += [node.body] if node.body is not None else []
            found |= {node.wait.event} if node.wait and node.wait.event else set()
    return found
