"""Shapes that several commands share, by the name under which the others refer to them."""

from __future__ import annotations

from pantheon.cli.shapes._terms import (
    ANY,
    HASH,
    NUMBER,
    OBJECT,
    TEXT,
    TIME,
    WHOLE,
    Shape,
    closed,
    either,
    listed,
    map_of,
    maybe,
    ref,
    word,
)
from pantheon.errors import KINDS

STATUS = word("applied", "already", "would")
"""What became of a change."""
PLACE = closed({"file": TEXT, "line": WHOLE, "column": WHOLE})
RUN_STATE = word("queued", "running", "waiting", "done", "failed", "cancelled")
CHANNEL = word("stable", "canary", "shadow")
RUN: dict[str, Shape] = {
    "run": TEXT,
    "flow": TEXT,
    "state": RUN_STATE,
    "cause": TEXT,
    "parent": maybe(TEXT),
    "release": maybe(TEXT),
    "channel": maybe(CHANNEL),
    "input": OBJECT,
    "output": maybe(OBJECT),
    "failure": maybe(OBJECT),
    "created": TIME,
    "nodes": listed(ref("node")),
    "answers": listed(ref("answer")),
}
"""A run with its nodes; some commands add to it."""
RELEASE: dict[str, Shape] = {
    "version": TEXT,
    "kind": word("flow", "agent", "model", "prompt"),
    "name": TEXT,
    "number": maybe(WHOLE),
    "hash": HASH,
    "definition": HASH,
    "label": maybe(TEXT),
    "parent": maybe(HASH),
    "cause": TEXT,
    "at": maybe(TIME),
    "who": maybe(TEXT),
    "why": maybe(TEXT),
    "evidence": OBJECT,
    "files": map_of(TEXT),
    "uses": map_of(TEXT),
}
"""A version of a definition with what it consists of."""
_POINTER = closed(
    {
        "version": WHOLE,
        "hash": HASH,
        "share?": NUMBER,
        "guards?": OBJECT,
        "fallback?": closed({"version": WHOLE, "hash": HASH}),
        "agents?": map_of(HASH),
    }
)
_ERROR = closed(
    {
        "kind": word(*KINDS),
        "message": TEXT,
        "hint": TEXT,
        "where": maybe(PLACE),
        "diagnostics?": listed(ref("diagnostic")),
    }
)
COMMON: dict[str, Shape] = {
    "error": closed({"error": _ERROR}),
    "diagnostic": {
        "type": "object",
        "properties": {
            "code": TEXT,
            "severity": word("error", "warning", "info"),
            "message": TEXT,
            "fix": TEXT,
            "file": TEXT,
            "line": WHOLE,
            "column": WHOLE,
        },
        "required": ["code", "severity", "message", "fix", "file", "line", "column"],
    },
    "run": closed(RUN),
    "node": closed(
        {
            "node": TEXT,
            "index": WHOLE,
            "state": TEXT,
            "output": ANY,
            "reason": maybe(OBJECT),
            "by": maybe(OBJECT),
            "attempts": WHOLE,
            "seconds": NUMBER,
        }
    ),
    "answer": closed(
        {
            "answer": TEXT,
            "node": maybe(TEXT),
            "agent": TEXT,
            "role": TEXT,
            "tier": maybe(TEXT),
            "source": TEXT,
            "accepted": maybe(TEXT),
            "confidence": maybe(NUMBER),
            "tokens": closed({"in": WHOLE, "out": WHOLE}),
            "cost_usd": NUMBER,
            "latency": NUMBER,
            "version": maybe(TEXT),
            "tried": listed(OBJECT),
            "output": ANY,
        }
    ),
    "event": closed(
        {
            "seq": WHOLE,
            "run": TEXT,
            "at": TIME,
            "kind": TEXT,
            "node": maybe(TEXT),
            "data": OBJECT,
        }
    ),
    "route": closed(
        {
            "flow": maybe(TEXT),
            "why": TEXT,
            "answer": maybe(TEXT),
            "candidates": listed(closed({"flow": TEXT, "score": NUMBER, "nearest": maybe(TEXT)})),
        }
    ),
    "release": closed(RELEASE),
    "standing": closed({"stable?": _POINTER, "canary?": _POINTER, "shadow?": _POINTER}),
    "move": closed(
        {
            "change": TEXT,
            "action": TEXT,
            "at": TIME,
            "who": TEXT,
            "why": TEXT,
            "before": ref("standing"),
            "after": ref("standing"),
        }
    ),
    "change": closed(
        {
            "status": STATUS,
            "action": TEXT,
            "change": maybe(TEXT),
            "lock": TEXT,
            "moves": listed(
                closed(
                    {
                        "kind": TEXT,
                        "name": TEXT,
                        "before": ref("standing"),
                        "after": ref("standing"),
                    }
                )
            ),
        }
    ),
    "files": closed(
        {
            "folder": TEXT,
            "status": STATUS,
            "items": listed(closed({"path": TEXT, "status": STATUS})),
        }
    ),
    "rewrites": closed(
        {
            "status": STATUS,
            "items": listed(closed({"path": TEXT, "status": STATUS, "diff": maybe(TEXT)})),
            "errors": listed(_ERROR),
        }
    ),
    "loss": OBJECT,
    "carried": either(
        closed({"losses": listed(ref("loss")), "text": TEXT}),
        closed({"losses": listed(ref("loss")), "status": STATUS, "path": TEXT}),
    ),
    "model": closed(
        {
            "name": TEXT,
            "state": TEXT,
            "origin": TEXT,
            "source": TEXT,
            "file": TEXT,
            "bytes": WHOLE,
            "quantisation": maybe(TEXT),
            "context": maybe(WHOLE),
            "licence": maybe(TEXT),
            "sha256": maybe(TEXT),
        }
    ),
    "interval": closed(
        {"value": maybe(NUMBER), "low": maybe(NUMBER), "high": maybe(NUMBER), "level": NUMBER}
    ),
}
