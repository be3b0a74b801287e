"""What commands print that run things, look at runs, and keep what they need."""

from __future__ import annotations

from pantheon.cli.shapes._common import CHANNEL, RUN, RUN_STATE, STATUS
from pantheon.cli.shapes._terms import (
    ANY,
    FLAG,
    HASH,
    NUMBER,
    OBJECT,
    TEXT,
    TIME,
    WHOLE,
    Shape,
    closed,
    either,
    items,
    listed,
    maybe,
    ref,
    word,
)

_AGAIN = listed(closed({"node": TEXT, "index": WHOLE, "why": TEXT}))
_KEY: Shape = {"type": "array", "prefixItems": [TEXT, WHOLE], "items": False}
_FORK = closed({"parent": TEXT, "kept": WHOLE, "again": _AGAIN, "edited": listed(TEXT)})
_NODE_CHANGES = listed(closed({"node": TEXT, "kind": TEXT, "why": TEXT}))
_VALUE_CHANGES = listed(closed({"path": TEXT, "kind": TEXT, "before": ANY, "after": ANY}))
_END = closed({"state": TEXT, "reason": maybe(TEXT), "tier": maybe(TEXT), "seconds": NUMBER})
_COMPARED_RUN = closed(
    {
        "id": TEXT,
        "flow": TEXT,
        "flow_hash": HASH,
        "state": RUN_STATE,
        "cause": TEXT,
        "parent": maybe(TEXT),
        "created": TIME,
    }
)
_LISTED_RUN = closed(
    {
        "id": TEXT,
        "flow": TEXT,
        "state": RUN_STATE,
        "cause": TEXT,
        "created": TIME,
        "parent": maybe(TEXT),
        "channel": maybe(CHANNEL),
        "release": maybe(TEXT),
    }
)
_RESUMED = closed({**RUN, "status": STATUS})
_SIGNALLED = closed(
    {"run": TEXT, "event": TEXT, "state": RUN_STATE, "awaited": FLAG, "status": STATUS}
)
_QUESTION = closed(
    {
        "question": TEXT,
        "agent": TEXT,
        "run": maybe(TEXT),
        "node": maybe(TEXT),
        "state": word("open", "answered", "withdrawn"),
        "asked": TIME,
        "text": TEXT,
        "input": ANY,
        "schema": OBJECT,
        "answer": ANY,
    }
)
_WRITE = closed(
    {
        "scope": word("flow", "agent", "user"),
        "owner": TEXT,
        "name": TEXT,
        "value": ANY,
        "at": TIME,
        "run": maybe(TEXT),
        "node": maybe(TEXT),
    }
)
_MIGRATION = closed(
    {
        "run": TEXT,
        "from": HASH,
        "to": HASH,
        "same": FLAG,
        "applied": FLAG,
        "status": STATUS,
        "changes": _NODE_CHANGES,
        "kept": listed(_KEY),
        "again": _AGAIN,
        "new": listed(TEXT),
        "dropped": listed(_KEY),
        "withdrawn": listed(TEXT),
        "problems": listed(TEXT),
    }
)
_REPLAY = closed(
    {
        "run": TEXT,
        "state": RUN_STATE,
        "same": FLAG,
        "taken": WHOLE,
        "worked_out": WHOLE,
        "differences": listed(
            closed({"where": TEXT, "what": TEXT, "recorded": ANY, "replayed": ANY})
        ),
        "events": listed(ref("event")),
    }
)
_STANDINGS = closed(
    {
        "run": TEXT,
        "until": WHOLE,
        "nodes": listed(closed({"node": TEXT, "index": WHOLE, "state": TEXT, "seq": maybe(WHOLE)})),
    }
)
_RUN_DIFF = closed(
    {
        "same": FLAG,
        "runs": listed(_COMPARED_RUN),
        "flow": maybe(_NODE_CHANGES),
        "input": _VALUE_CHANGES,
        "nodes": listed(
            closed(
                {
                    "node": TEXT,
                    "same": FLAG,
                    "before": maybe(_END),
                    "after": maybe(_END),
                    "output": _VALUE_CHANGES,
                }
            )
        ),
        "output": _VALUE_CHANGES,
    }
)
SHAPES: dict[str, Shape] = {
    "run": ref("run"),
    "ask": either(
        closed({"route": ref("route"), **RUN}),
        closed({"route": ref("route"), "answer": ref("answer")}),
    ),
    "route": ref("route"),
    "submit": closed(
        {
            "item": maybe(TEXT),
            "flow": TEXT,
            "state": word("queued"),
            "waiting": WHOLE,
            "status": STATUS,
        }
    ),
    "resume": ref("run"),
    "runs cancel": closed({"run": TEXT, "state": RUN_STATE, "was": RUN_STATE, "status": STATUS}),
    "runs diff": _RUN_DIFF,
    "runs events": ref("event"),
    "runs fork": either(
        closed({**RUN, "fork": _FORK, "status": STATUS}),
        closed({"fork": _FORK, "status": STATUS}),
    ),
    "runs list": items(_LISTED_RUN),
    "runs migrate": _MIGRATION,
    "runs replay": either(_REPLAY, _STANDINGS),
    "runs resume": ref("run"),
    "runs show": ref("run"),
    "runs signal": either(_SIGNALLED, _RESUMED),
    "runs wake": items(
        closed({"run": TEXT, "flow": TEXT, "state": RUN_STATE}), next_due=maybe(TIME)
    ),
    "runs why": closed(
        {
            "run": TEXT,
            "node": TEXT,
            "why": listed(closed({"node": TEXT, "state": TEXT, "sentence": TEXT, "facts": OBJECT})),
        }
    ),
    "inbox answer": either(
        closed({"question": TEXT, "state": word("answered"), "status": STATUS}), _RESUMED
    ),
    "inbox list": items(_QUESTION),
    "inbox show": _QUESTION,
    "memory delete": closed({"name": TEXT, "deleted": FLAG, "status": STATUS}),
    "memory get": closed({"name": TEXT, "value": ANY}),
    "memory history": items(_WRITE),
    "memory list": items(_WRITE),
    "memory set": closed({"name": TEXT, "value": ANY, "status": STATUS}),
}
