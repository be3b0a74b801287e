"""Pantheon from Python: open a project, run its flows, follow them, and write them in Python.

The one place where project, store and runtime are put together; the command line builds on it. May
use everything below it. What programs need is found in `pantheon` itself as well. Nothing is
imported until the name that needs it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.api._assembly import (
        build_runtime,
        open_store,
        read_project,
    )
    from pantheon.api._build import (
        agent,
        cloud,
        command,
        flow,
        human,
        node,
        project,
        prompt,
        python,
        rules,
        specialist,
    )
    from pantheon.api._definitions import (
        Definition,
        Part,
    )
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
    from pantheon.api._pantheon import (
        Pantheon,
    )
    from pantheon.api._places import (
        DATABASE,
        FILE_NAMES,
        STATE_FOLDER,
        find_project_file,
        make_state_folder,
    )
    from pantheon.api._result import (
        Pending,
        Result,
        RunDetails,
        RunFailure,
    )
    from pantheon.api._shared import Context, Memory, open_memory
    from pantheon.api._sync import (
        SyncPantheon,
    )
    from pantheon.api._trees import (
        budget,
        condition,
        guard,
        invert,
        leaf,
        once,
        parallel,
        repeat,
        retry,
        selector,
        sequence,
        timeout,
    )

_MODULES: dict[str, tuple[str, ...]] = {
    "_pantheon": ("Pantheon",),
    "_sync": ("SyncPantheon",),
    "_result": (
        "Pending",
        "Result",
        "RunDetails",
        "RunFailure",
    ),
    "_shared": ("Context", "Memory", "open_memory"),
    "_events": (
        "Answered",
        "Escalated",
        "FellBack",
        "FlowEvent",
        "ItemFinished",
        "NodeFinished",
        "NodeSkipped",
        "NodeStarted",
        "NodeWaiting",
        "Noted",
        "Retried",
        "RunFinished",
        "RunResumed",
        "RunStarted",
        "RunWaiting",
        "Tokens",
    ),
    "_build": (
        "agent",
        "cloud",
        "command",
        "flow",
        "human",
        "node",
        "project",
        "prompt",
        "python",
        "rules",
        "specialist",
    ),
    "_trees": (
        "budget",
        "condition",
        "guard",
        "invert",
        "leaf",
        "once",
        "parallel",
        "repeat",
        "retry",
        "selector",
        "sequence",
        "timeout",
    ),
    "_definitions": (
        "Definition",
        "Part",
    ),
    "_assembly": (
        "build_runtime",
        "open_store",
        "read_project",
    ),
    "_places": (
        "DATABASE",
        "FILE_NAMES",
        "STATE_FOLDER",
        "find_project_file",
        "make_state_folder",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "Answered",
    "Context",
    "DATABASE",
    "Definition",
    "Escalated",
    "FILE_NAMES",
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
    "STATE_FOLDER",
    "SyncPantheon",
    "Tokens",
    "agent",
    "budget",
    "build_runtime",
    "cloud",
    "command",
    "condition",
    "find_project_file",
    "flow",
    "guard",
    "human",
    "invert",
    "leaf",
    "make_state_folder",
    "node",
    "once",
    "open_memory",
    "open_store",
    "parallel",
    "project",
    "prompt",
    "python",
    "read_project",
    "repeat",
    "retry",
    "rules",
    "selector",
    "sequence",
    "specialist",
    "timeout",
]
