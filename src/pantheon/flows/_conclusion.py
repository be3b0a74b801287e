"""What a run comes to, from what its nodes came to. Pure: the same results, the same conclusion.

A run fails when a node ran and gave nothing, and nobody who uses the node says what to do then
(`exists`, `default`, a merge of any). A node that was skipped fails nothing; what it would have
given is null in the output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pantheon.agents import Reason
from pantheon.flows._ending import Ending, cancelled, message_of, skipped
from pantheon.flows._plan import Plan
from pantheon.ids import Json, JsonObject
from pantheon.spec import ExpressionFault, validate_value
from pantheon.store import RunState

NEVER_ENDED = "It waited for a node that never came to an end."
"""Of nodes that had not had their turn when the run failed."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The end (or the pause) of a run."""

    state: RunState
    output: JsonObject | None = None
    failure: JsonObject | None = None
    """`{reason, message, node}`; node is null when the run as a whole failed."""
    unfinished: Mapping[str, Ending] | None = None
    """Nodes that will not run any more, and why."""


def conclude(
    plan: Plan,
    scope: Mapping[str, Json],
    endings: Mapping[str, Ending],
    *,
    out_of_time: bool,
    stopped: str | None = None,
) -> Conclusion:
    """The conclusion from the endings so far; nodes without one could not start.

    `stopped`: the node whose failure ended the run at once.
    """
    if out_of_time:
        return _out_of_time(plan, endings)
    if stopped is not None:
        return _stopped(plan, endings, stopped)
    broken = _first_unforgiven(plan, endings)
    if broken is None and any(ending.state == "waiting" for ending in endings.values()):
        return Conclusion("waiting")
    if broken is not None:
        return _failed(plan, endings, broken)
    return _done(plan, scope)


def _first_unforgiven(plan: Plan, endings: Mapping[str, Ending]) -> str | None:
    """In the order written, so that the same run always names the same node."""
    for name in plan.steps:
        if name in endings and endings[name].broken and name not in plan.forgiven:
            return name
    return None


def _stopped(plan: Plan, endings: Mapping[str, Ending], broken: str) -> Conclusion:
    """What was under way or still to come is cancelled."""
    why = f"The node {broken!r} failed, and its failure ends the run."
    rest = _without_end(plan, endings)
    unfinished = {name: cancelled(Reason.CANCELLED, why) for name in rest}
    return replace(_failed(plan, endings, broken), unfinished=unfinished)


def interrupted(plan: Plan, endings: Mapping[str, Ending], why: str) -> Conclusion:
    """Somebody cancelled the run."""
    message = f"The run was cancelled: {why}"
    unfinished = {
        name: cancelled(Reason.CANCELLED, message) for name in _without_end(plan, endings)
    }
    failure: JsonObject = {"reason": Reason.CANCELLED.value, "message": message, "node": None}
    return Conclusion("cancelled", failure=failure, unfinished=unfinished)


def _without_end(plan: Plan, endings: Mapping[str, Ending]) -> list[str]:
    """Nodes that have not come to an end: never begun, cut short, or waiting."""
    return [name for name in plan.steps if name not in endings or not endings[name].final]


def _failed(plan: Plan, endings: Mapping[str, Ending], broken: str) -> Conclusion:
    reason = endings[broken].reason or {}
    message = message_of(reason)
    failure: JsonObject = {"reason": reason.get("reason"), "message": message, "node": broken}
    unfinished = {
        name: skipped(Reason.UPSTREAM, NEVER_ENDED) for name in plan.steps if name not in endings
    }
    return Conclusion("failed", failure=failure, unfinished=unfinished)


def _out_of_time(plan: Plan, endings: Mapping[str, Ending]) -> Conclusion:
    limit = plan.flow.timeout
    shown = "" if limit is None else f" of {limit:g} s"
    message = f"The run's time limit{shown} was over."
    reason: JsonObject = {"reason": Reason.TIMEOUT.value, "message": message}
    unfinished = {
        name: cancelled(Reason.CANCELLED, message) for name in _without_end(plan, endings)
    }
    return Conclusion("failed", failure={**reason, "node": None}, unfinished=unfinished)


def _done(plan: Plan, scope: Mapping[str, Json]) -> Conclusion:
    try:
        output = {name: e.evaluate(scope) for name, e in plan.flow.output.items()}
    except ExpressionFault as fault:
        return bad_output(fault.message)
    if plan.output_fits(output):
        return Conclusion("done", output=output)
    problems = validate_value(plan.flow.output_schema, output)
    return bad_output("; ".join(problems)) if problems else Conclusion("done", output=output)


def bad_output(message: str) -> Conclusion:
    """The run did all it had to, but what it comes to cannot be given."""
    failure: JsonObject = {
        "reason": Reason.INVALID_OUTPUT.value,
        "message": f"The output of the flow cannot be made: {message}",
        "node": None,
    }
    return Conclusion("failed", failure=failure)
