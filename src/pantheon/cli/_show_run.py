"""How a run is shown: its nodes, who answered, and why something did not run; and its events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pantheon.cli._output import echo, echo_json, note
from pantheon.clock import iso
from pantheon.errors import ExitCode
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.store import AnswerRow, Event, NodeResult, Run, Store

_EVENT_DATA = 52


def run_to_json(store: Store, run: Run) -> dict[str, Any]:
    """The run with its nodes and answers, as `--json` prints it."""
    return {
        "run": run.id,
        "flow": run.flow,
        "state": run.state,
        "cause": run.cause,
        "parent": run.parent,
        "release": release_title(store, run),
        "channel": run.channel,
        "input": run.input,
        "output": run.output,
        "failure": run.failure,
        "created": iso(run.created),
        "nodes": [node_to_json(result) for result in store.journal.results(run.id)],
        "answers": [answer_to_json(answer) for answer in store.answers.list(run=run.id)],
    }


def release_title(store: Store, run: Run) -> str | None:
    """The version that answered: `support@3`; None for the working files."""
    if run.release is None:
        return None
    row = store.releases.find(run.release)
    return f"{run.flow}@{row.number}" if row else run.release


def node_to_json(result: NodeResult) -> dict[str, Any]:
    """One result: the node by its path in the journal; `by` says who answered."""
    return {
        "node": result.node,
        "index": result.index,
        "state": result.state,
        "output": result.output,
        "reason": result.reason,
        "by": result.note,
        "attempts": result.attempts,
        "seconds": round(max(0.0, result.finished - result.started), 6),
    }


def answer_to_json(answer: AnswerRow) -> dict[str, Any]:
    """One answer with its tier, acceptance, cost and version."""
    return {
        "answer": answer.id,
        "node": answer.node,
        "agent": answer.agent,
        "role": answer.role,
        "tier": answer.tier,
        "source": answer.source,
        "accepted": answer.accepted,
        "confidence": answer.confidence,
        "tokens": {"in": answer.tokens_in, "out": answer.tokens_out},
        "cost_usd": answer.cost_usd,
        "latency": round(answer.latency, 6),
        "version": answer.version,
        "tried": list(answer.tried),
        "output": answer.output,
    }


def show_run(store: Store, run: Run, *, as_json: bool, status: str | None = None) -> int:
    """Print the run; the exit code tells how it ended. `status` is that of a change before."""
    if as_json:
        echo_json(run_to_json(store, run) | ({"status": status} if status else {}))
    else:
        _print_run(store, run)
    return int(exit_code(run))


def exit_code(run: Run) -> ExitCode:
    """What a program is told about how the run ended."""
    if run.state == "waiting":
        return ExitCode.HUMAN
    return ExitCode.OK if run.state == "done" else ExitCode.RUN_FAILED


def _print_run(store: Store, run: Run) -> None:
    from pantheon.cli._run_tree import print_nodes

    origin = f"  forked from {run.parent}" if run.parent else ""
    title = release_title(store, run)
    version = f"  {title} ({run.channel})" if title else ""
    origin += f"  {run.cause}" if run.cause.startswith("fallback of") else ""
    echo(f"run {run.id}  {run.flow}  {run.state}{version}{origin}")
    print_nodes(store, run)
    if run.output is not None:
        echo("")
        echo(json.dumps(run.output, indent=2, ensure_ascii=False))
    if run.failure is not None:
        note(f"failed at {run.failure.get('node') or 'the run'}: {run.failure.get('message')}")
    if run.state == "waiting":
        _print_waits(store, run)


def _print_waits(store: Store, run: Run) -> None:
    """What it waits for, and how to let it go on."""
    for item in store.inbox.list(run=run.id):
        note(f"waits for a person: {clean(item.question, 60)}")
        note(f"  answer with: pantheon inbox answer {item.id} FIELD=VALUE")
    waiting = [r.reason or {} for r in store.journal.results(run.id) if r.state == "waiting"]
    for name in sorted({str(reason["event"]) for reason in waiting if "event" in reason}):
        note(f"waits for the event {clean(name, 60)!r}")
        note(f"  signal it with: pantheon runs signal {run.id} {name} --data JSON")
    timers = store.timers.of(run.id)
    if timers:
        note(f"waits until {iso(timers[0].due)}")
        note("  then go on with: pantheon runs wake")


# -------------------------------------------------------------------------------------- events


def show_event(event: Event) -> None:
    """Tell one event while a run is under way."""
    note(event_to_text(event))


def event_to_text(event: Event) -> str:
    """The event as a line: number, time of day (UTC), kind, node, facts."""
    from pantheon.flows import written

    time = iso(event.at)[11:-1]
    facts = {**event.data}
    index = facts.pop("index", -1)
    node = written(event.node or "", index if isinstance(index, int) else -1)
    data = ", ".join(f"{key}={_brief(value)}" for key, value in facts.items())
    line = f"{event.seq:>5}  {time}  {event.kind:<13}  {node:<16}  {clean(data, _EVENT_DATA)}"
    return line.rstrip()


def event_to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON line."""
    return {
        "seq": event.seq,
        "run": event.run,
        "at": iso(event.at),
        "kind": event.kind,
        "node": event.node,
        "data": event.data,
    }


def _brief(value: object) -> str:
    if isinstance(value, str):
        return clean(value, 40)
    return clean(json.dumps(value, ensure_ascii=False), 40)
