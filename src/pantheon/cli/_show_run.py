"""How a run is shown: its nodes, who answered, and why something did not run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pantheon.cli._output import echo, echo_json, echo_table, note
from pantheon.clock import iso
from pantheon.errors import ExitCode
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.store import AnswerRow, Event, NodeResult, Run, Store


def run_to_json(store: Store, run: Run) -> dict[str, Any]:
    """The run with its nodes and answers, as `--json` prints it."""
    return {
        "run": run.id,
        "flow": run.flow,
        "state": run.state,
        "input": run.input,
        "output": run.output,
        "failure": run.failure,
        "created": iso(run.created),
        "nodes": [_node_to_json(result) for result in store.journal.results(run.id)],
        "answers": [answer_to_json(answer) for answer in store.answers.list(run=run.id)],
    }


def _node_to_json(result: NodeResult) -> dict[str, Any]:
    return {
        "node": result.node,
        "index": result.index,
        "state": result.state,
        "output": result.output,
        "reason": result.reason,
        "attempts": result.attempts,
        "seconds": round(result.finished - result.started, 6),
    }


def answer_to_json(answer: AnswerRow) -> dict[str, Any]:
    """One answer with its tier, acceptance, cost and version."""
    return {
        "answer": answer.id,
        "node": answer.node,
        "agent": answer.agent,
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


def show_run(store: Store, run: Run, *, as_json: bool) -> int:
    """Print the run; the exit code tells how it ended."""
    if as_json:
        echo_json(run_to_json(store, run))
    else:
        _print_run(store, run)
    return int(exit_code(run))


def exit_code(run: Run) -> ExitCode:
    """What a program is told about how the run ended."""
    if run.state == "waiting":
        return ExitCode.HUMAN
    return ExitCode.OK if run.state == "done" else ExitCode.RUN_FAILED


def _print_run(store: Store, run: Run) -> None:
    answers = {(a.node, a.index): a for a in store.answers.list(run=run.id)}
    rows = [_node_row(r, answers.get((r.node, r.index))) for r in store.journal.results(run.id)]
    echo(f"run {run.id}  {run.flow}  {run.state}")
    echo_table(("node", "state", "tier", "confidence", "seconds", "why"), rows)
    if run.output is not None:
        echo("")
        echo(json.dumps(run.output, indent=2, ensure_ascii=False))
    if run.failure is not None:
        note(f"failed at {run.failure.get('node') or 'the run'}: {run.failure.get('message')}")
    _print_waits(store, run)


def _node_row(result: NodeResult, answer: AnswerRow | None) -> tuple[object, ...]:
    name = result.node if result.index < 0 else f"{result.node}[{result.index}]"
    seconds = f"{result.finished - result.started:.3f}"
    if answer is None:
        return (name, result.state, "", "", seconds, _why(result))
    confidence = "" if answer.confidence is None else f"{answer.confidence:.2f}"
    return (name, result.state, _tier(answer), confidence, seconds, _why(result, answer))


def _tier(answer: AnswerRow) -> str:
    labelled = answer.source in {"recorded", "scripted"}
    return f"{answer.tier} ({answer.source})" if labelled else answer.tier


def _why(result: NodeResult, answer: AnswerRow | None = None) -> str:
    reason = result.reason or {}
    text = str(reason.get("message") or reason.get("reason") or "")
    if result.state == "ok" and "fallback" in reason:
        text = f"{reason['fallback']} stood in: {text}"
    return clean(text or (answer.accepted if answer else ""), 100)


def _print_waits(store: Store, run: Run) -> None:
    for item in store.inbox.list(state="open"):
        if item.run == run.id:
            note(f"waits for a person: {clean(item.question, 60)}")
            note(f"  answer with: pantheon inbox answer {item.id} FIELD=VALUE")


def show_event(event: Event) -> None:
    """Print one event as a line."""
    data = ", ".join(f"{key}={_brief(value)}" for key, value in event.data.items())
    note(f"{iso(event.at)}  {event.kind:<14} {event.node or '':<16} {data}".rstrip())


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
    return clean(json.dumps(value, ensure_ascii=False), 40)
