"""What commands print about versions: what is deployed, what was, and what may be changed."""

from __future__ import annotations

from pantheon.cli.shapes._common import CHANNEL, COMMON, RELEASE, STATUS
from pantheon.cli.shapes._terms import (
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
    of_fields,
    ref,
)

_RUNS = closed({"total": WHOLE, "done": WHOLE, "failed": WHOLE, "cost_usd": NUMBER})
_HISTORY = closed(
    {
        "kind": TEXT,
        "name": TEXT,
        "channels": ref("standing"),
        "working_files": maybe(closed({"hash": HASH, "version": maybe(TEXT)})),
        "versions": listed(closed({**RELEASE, "runs?": _RUNS})),
        "moves": listed(ref("move")),
    }
)
_SPECIALIST = closed(
    {
        "version": TEXT,
        "hash": HASH,
        "parent": maybe(HASH),
        "cause": TEXT,
        "created": TIME,
        "state": TEXT,
        "night": maybe(TEXT),
        "evidence": OBJECT,
    }
)
_AGENT: dict[str, Shape] = {
    "agent": TEXT,
    "description": TEXT,
    "tiers": listed(TEXT),
    "deployed": maybe(TEXT),
    "canary": maybe(closed({"version": TEXT, "share": NUMBER, "since": TIME})),
    "definition": maybe(TEXT),
    "stepped_back": FLAG,
    "hash": maybe(HASH),
    "examples": WHOLE,
    "promise": TEXT,
    "privacy": TEXT,
}
_CHANNEL_MOVE = closed(
    {
        "at": TIME,
        "channel": CHANNEL,
        "share": NUMBER,
        "to": maybe(HASH),
        "from": maybe(HASH),
        "who": TEXT,
        "why": TEXT,
    }
)
_MOVED = closed(
    {"agent": TEXT, "deployed": maybe(TEXT), "hash": maybe(HASH), "share": NUMBER, "status": STATUS}
)
_EVIDENCE = closed(
    {
        "agent": TEXT,
        "tests": listed(
            closed(
                {
                    "test": TEXT,
                    "subject": TEXT,
                    "nights": WHOLE,
                    "rows": WHOLE,
                    "wins": WHOLE,
                    "losses": WHOLE,
                    "e_value": NUMBER,
                    "e_needed": maybe(NUMBER),
                    "decided": maybe(FLAG),
                    "state": maybe(TEXT),
                }
            )
        ),
        "holdout": closed(
            {
                "rows": WHOLE,
                "resting": WHOLE,
                "bits": NUMBER,
                "bits_allowed": NUMBER,
                "bits_left": NUMBER,
                "looks": listed(
                    closed({"at": TIME, "night": maybe(TEXT), "purpose": TEXT, "rows": WHOLE})
                ),
            }
        ),
        "budget": closed(
            {
                "alpha": NUMBER,
                "tests": WHOLE,
                "rejected": WHOLE,
                "spent": NUMBER,
                "left": NUMBER,
                "e_needed_next": NUMBER,
            }
        ),
    }
)
_FLOW_SHAPE = closed(
    {"name": TEXT, "description": TEXT, "input": OBJECT, "output": OBJECT, "nodes": listed(TEXT)}
)
_ESTIMATE: dict[str, Shape] = {
    "estimate": maybe(NUMBER),
    "low": maybe(NUMBER),
    "high": maybe(NUMBER),
}
_GUARDED = closed(
    {
        "kind": TEXT,
        "name": TEXT,
        "channel": CHANNEL,
        "problem": maybe(COMMON["error"]["properties"]["error"]),
        "change": maybe(ref("change")),
        "version?": TEXT,
        "hash?": HASH,
        "share?": NUMBER,
        "since?": TIME,
        "runs?": closed({"ended": WHOLE, "under_way": WHOLE}),
        "agreement?": maybe(OBJECT),
        "same?": maybe(closed(_ESTIMATE)),
        "promote_after?": maybe(WHOLE),
        "decision?": TEXT,
        "guards?": listed(
            closed(
                {
                    "guard": TEXT,
                    "bound": NUMBER,
                    "relative": FLAG,
                    "written": TEXT,
                    "verdict": TEXT,
                    "seen": WHOLE,
                    "beside": maybe(WHOLE),
                    **_ESTIMATE,
                }
            )
        ),
    }
)
_DRIFT = closed(
    {
        "kind": TEXT,
        "subject": TEXT,
        "channel": maybe(CHANNEL),
        "expected": TEXT,
        "found": TEXT,
        "message": TEXT,
        "fix": TEXT,
    }
)
_LINEAGE = items(ref("release"))
_SHAPES: dict[str, Shape] = {
    "deploy": ref("change"),
    "promote": ref("change"),
    "rollback": ref("change"),
    "retire": ref("change"),
    "guards": closed({"status": STATUS, "items": listed(_GUARDED)}),
    "verify": closed({"clean": FLAG, "pins": WHOLE, "versions": WHOLE, "drifts": listed(_DRIFT)}),
    "versions list": items(
        closed(
            {
                "kind": TEXT,
                "name": TEXT,
                "channels": ref("standing"),
                "files": TEXT,
                "held": FLAG,
            }
        )
    ),
    "versions record": closed({"status": STATUS, "versions": listed(ref("release"))}),
    "agents evidence": _EVIDENCE,
    "agents history": closed(
        {
            "versions": listed(_SPECIALIST),
            "moves": listed(_CHANNEL_MOVE),
            "definitions": _HISTORY,
        }
    ),
    "agents lineage": _LINEAGE,
    "agents list": items(closed(_AGENT)),
    "agents promote": _MOVED,
    "agents rollback": _MOVED,
    "agents show": either(
        closed({**_AGENT, "versions": listed(_SPECIALIST)}),
        closed({**RELEASE, "definition": OBJECT}),
    ),
    "flows history": _HISTORY,
    "flows lineage": _LINEAGE,
    "flows list": items(
        closed(
            {
                "flow": TEXT,
                "description": TEXT,
                "nodes": listed(TEXT),
                "deployed": TEXT,
                "channels": ref("standing"),
            }
        )
    ),
    "flows show": closed({**RELEASE, "flow": _FLOW_SHAPE}),
    "models history": _HISTORY,
    "models lineage": _LINEAGE,
    "prompts history": _HISTORY,
    "prompts lineage": _LINEAGE,
    "prompts list": items(
        closed({"prompt": TEXT, "version": maybe(TEXT), "agents": listed(TEXT), "hash": HASH})
    ),
    "prompts show": closed({**RELEASE, "text": TEXT}),
}


def shapes() -> dict[str, Shape]:
    """Command → what it prints."""
    from pantheon.report import VersionDiff

    return {**_SHAPES, "agents diff": of_fields(VersionDiff)}
