"""Signals from outside, checked before they are kept: the first one of a name stands."""

from __future__ import annotations

from pantheon.errors import InputError
from pantheon.flows._history import read_history
from pantheon.ids import Json, RunId
from pantheon.spec import describe_fields, validate_value
from pantheon.store import Store


def check_signal(store: Store, run_id: RunId | str, event: str, payload: Json) -> bool:
    """Whether a node of the run waits for this event now.

    Raises NotFound, and InputError when what is signalled breaks the contract of such a node, or
    when an event of this name was signalled before.
    """
    run = store.runs.get(run_id)
    if store.signals.get(run.id, event) is not None:
        raise InputError(
            f"The event {event!r} was signalled to run {run.id} before; the first one stands.",
            hint="A fork can have another: pantheon runs fork RUN --set NODE.FIELD=VALUE",
        )
    history = read_history(store, run)
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
