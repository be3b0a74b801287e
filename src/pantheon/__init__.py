"""Local agents with a statistical promise: answer here where evidence allows, else ask the cloud.

From Python: `from pantheon import Pantheon, agent, flow, node, project, python`. Nothing is imported
until it is used.

The tree is the architecture; imports point downward only:
cli → api → demo → report, night → learn, routing → flows → agents → models → store, spec → errors,
ids, clock, text.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; importing `typing` would cost most of all

if TYPE_CHECKING:
    from pantheon.agents import current_request
    from pantheon.api import (
        Answered,
        Context,
        Definition,
        Escalated,
        FellBack,
        FlowEvent,
        ItemFinished,
        Memory,
        NodeFinished,
        NodeSkipped,
        NodeStarted,
        NodeWaiting,
        Noted,
        Pantheon,
        Part,
        Pending,
        Result,
        Retried,
        RunDetails,
        RunFailure,
        RunFinished,
        RunResumed,
        RunStarted,
        RunWaiting,
        SyncPantheon,
        Tokens,
        agent,
        budget,
        cloud,
        command,
        condition,
        flow,
        guard,
        human,
        invert,
        leaf,
        node,
        once,
        parallel,
        project,
        prompt,
        python,
        repeat,
        retry,
        rules,
        selector,
        sequence,
        specialist,
        timeout,
    )

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = "pantheon.agents" if name == "current_request" else "pantheon.api"
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


__all__ = [
    "__version__",
    "Answered",
    "Context",
    "Definition",
    "Escalated",
    "FellBack",
    "FlowEvent",
    "ItemFinished",
    "Memory",
    "NodeFinished",
    "NodeSkipped",
    "NodeStarted",
    "NodeWaiting",
    "Noted",
    "Pantheon",
    "Part",
    "Pending",
    "Result",
    "Retried",
    "RunDetails",
    "RunFailure",
    "RunFinished",
    "RunResumed",
    "RunStarted",
    "RunWaiting",
    "SyncPantheon",
    "Tokens",
    "agent",
    "budget",
    "cloud",
    "command",
    "condition",
    "current_request",
    "flow",
    "guard",
    "human",
    "invert",
    "leaf",
    "node",
    "once",
    "parallel",
    "project",
    "prompt",
    "python",
    "repeat",
    "retry",
    "rules",
    "selector",
    "sequence",
    "specialist",
    "timeout",
]
