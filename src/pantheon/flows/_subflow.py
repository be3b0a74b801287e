"""A flow as the body of a node: named, written inside it, or planned while the run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.agents import Reason
from pantheon.errors import SpecError
from pantheon.flows._conclusion import Conclusion
from pantheon.flows._ending import Ending, Note, failed, soonest, waiting
from pantheon.flows._plan import Plan, compile_flow
from pantheon.ids import JsonObject
from pantheon.spec import (
    ANY_OBJECT,
    ExpressionFault,
    NodeDef,
    describe_fields,
    flow_from_plan,
    omit_absent,
    validate_value,
)

if TYPE_CHECKING:
    from pantheon.flows._frame import Frame


async def run_flow_of(frame: Frame, node: NodeDef, given: JsonObject, path: str) -> Ending:
    """What the flow of a node comes to, as the ending of the node."""
    plan = _plan_of(frame, node)
    if isinstance(plan, Ending):
        return plan
    input = omit_absent(plan.flow.input, given)
    problems = validate_value(plan.flow.input, input)
    if problems:
        expected = describe_fields(plan.flow.input)
        message = f"The input of flow {plan.flow.name!r} does not satisfy its contract "
        return failed(Reason.INVALID_INPUT, f"{message}({expected}): {'; '.join(problems)}.")
    if path in frame.work.left:
        frame.work.reload(path)
    child = frame.work.make_frame(plan, frame.work, path, input)
    conclusion = await child.execute(plan.flow.timeout)
    if conclusion.state == "waiting":
        frame.work.left.add(path)
        message = f"The flow {plan.flow.name!r} inside it waits."
        return waiting(message, inside=path, **soonest(child.endings.values()))
    return _ending_of(conclusion, plan, path)


def _plan_of(frame: Frame, node: NodeDef) -> Plan | Ending:
    if node.body is not None:
        return frame.plan.bodies[node.name]
    if node.flow is not None:
        return frame.work.around.flows[node.flow]
    return _planned(frame, node)


def _planned(frame: Frame, node: NodeDef) -> Plan | Ending:
    """A plan is data from a model: it is checked like any flow before any of it is run."""
    assert node.plan is not None
    try:
        written = node.plan.source.evaluate(frame.scope)
        flow = flow_from_plan(
            written,
            node.plan,
            frame.work.around.definitions,
            name=node.name,
            input_schema=ANY_OBJECT,
        )
        return compile_flow(flow)
    except ExpressionFault as fault:
        return failed(Reason.INVALID_INPUT, fault.message)
    except SpecError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return failed(Reason.BAD_PLAN, error.message + hint)


def _ending_of(conclusion: Conclusion, plan: Plan, path: str) -> Ending:
    flow = plan.flow.name
    if conclusion.state == "done":
        return Ending("ok", conclusion.output, note=Note({"flow": flow}))
    failure = conclusion.failure or {}
    named = failure.get("node")
    node = f"{path}{named}" if named else None
    reason: JsonObject = {"reason": failure.get("reason"), "node": node}
    reason["message"] = f"The flow {flow!r} inside it failed: {failure.get('message')}"
    state = "timed_out" if failure.get("reason") == Reason.TIMEOUT.value else "failed"
    return Ending(state, reason=reason)
