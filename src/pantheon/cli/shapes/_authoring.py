"""What commands print that write, check, try and compare definitions, or look after the machine."""

from __future__ import annotations

from pantheon.cli.shapes._common import COMMON, PLACE, STATUS
from pantheon.cli.shapes._terms import (
    ANY,
    FLAG,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Shape,
    closed,
    either,
    items,
    listed,
    map_of,
    maybe,
    plus,
    ref,
    several,
    word,
)

_STAMP = closed({"version": maybe(TEXT), "hash": maybe(TEXT)})
_BREAK = closed(
    {
        "flow": TEXT,
        "node": maybe(TEXT),
        "reason": TEXT,
        "adapted": FLAG,
        "where": maybe(PLACE),
    }
)
_DIFF = closed(
    {
        "before": TEXT,
        "after": TEXT,
        "definitions": listed(
            closed(
                {
                    "kind": TEXT,
                    "name": TEXT,
                    "state": TEXT,
                    "before": maybe(_STAMP),
                    "after": maybe(_STAMP),
                    "capabilities": listed(
                        closed({"kind": TEXT, "direction": TEXT, "words": TEXT})
                    ),
                    "contract": listed(OBJECT),
                    "breaks": listed(_BREAK),
                    "code": listed(OBJECT),
                    "changes": listed(
                        closed(
                            {
                                "path": TEXT,
                                "state": TEXT,
                                "topic": TEXT,
                                "before": ANY,
                                "after": ANY,
                                "words": listed(closed({"state": TEXT, "text": TEXT})),
                            }
                        )
                    ),
                    "used_by": listed(TEXT),
                    "learned": maybe(OBJECT),
                    "graph": maybe(OBJECT),
                }
            )
        ),
        "breaks": listed(_BREAK),
    }
)
_STEP = closed(
    {
        "node": TEXT,
        "state": TEXT,
        "answered_by": maybe(TEXT),
        "agent": maybe(TEXT),
        "tier": maybe(TEXT),
        "model": maybe(TEXT),
        "version": maybe(TEXT),
        "confidence": maybe(NUMBER),
        "accepted": maybe(TEXT),
        "output": ANY,
        "reason": maybe(OBJECT),
        "cost_usd": NUMBER,
        "tokens": closed({"in": WHOLE, "out": WHOLE}),
        "seconds": NUMBER,
        "tried": listed(OBJECT),
    }
)
_ATTEMPT = closed(
    {
        "kind": word("agent", "flow"),
        "name": TEXT,
        "version": TEXT,
        "sandbox": word(True),
        "state": word("done", "failed", "waiting"),
        "input": OBJECT,
        "output": maybe(OBJECT),
        "failure": maybe(OBJECT),
        "answered_by": listed(TEXT),
        "steps": listed(_STEP),
        "cost_usd": NUMBER,
        "seconds": NUMBER,
        "skipped_seconds": NUMBER,
        "notes": listed(TEXT),
    }
)
_ATTEMPTS = closed(
    {
        "sandbox": word(True),
        "count": WHOLE,
        "done": WHOLE,
        "compared": WHOLE,
        "same": WHOLE,
        "answered_by": map_of(WHOLE),
        "cost_usd": NUMBER,
        "attempts": listed(plus(_ATTEMPT, {"same": maybe(FLAG)})),
    }
)
_TESTED = closed(
    {
        "id": TEXT,
        "kind": TEXT,
        "subject": TEXT,
        "name": TEXT,
        "version": TEXT,
        "outcome": word("passed", "failed", "flaky", "error", "skipped", "absent"),
        "problems": listed(closed({"check": TEXT, "kind": TEXT, "message": TEXT})),
        "answered_by": listed(TEXT),
        "output": ANY,
        "times": WHOLE,
        "passed": WHOLE,
        "seconds": NUMBER,
        "cost_usd": NUMBER,
        "note": TEXT,
        "where": PLACE,
    }
)
_FINDING = plus(
    COMMON["diagnostic"],
    {"number": TEXT, "fixable": FLAG, "ignored": maybe(TEXT), "excerpt": maybe(OBJECT)},
)
_VALIDATED = closed(
    {
        "valid": FLAG,
        "passed": FLAG,
        "file": TEXT,
        "overlays?": listed(TEXT),
        "agents?": WHOLE,
        "flows?": WHOLE,
        "error?": COMMON["error"]["properties"]["error"],
        "warnings": listed(TEXT),
        "findings": listed(_FINDING),
        "fix?": closed(
            {
                "status": STATUS,
                "items": listed(closed({"path": TEXT, "status": STATUS, "diff": maybe(TEXT)})),
                "mended": listed(_FINDING),
            }
        ),
    }
)
_MEANING = several({"kind": TEXT, "name": TEXT, "about": TEXT})
_CHANGED: dict[str, Shape] = {"dry_run": FLAG, "changed": FLAG, "status": STATUS}
_FILE = closed({"file": TEXT})
SHAPES: dict[str, Shape] = {
    "init": ref("files"),
    "new agent": ref("files"),
    "new flow": ref("files"),
    "new tool": ref("files"),
    "schema": either(ref("files"), several({"$schema": TEXT})),
    "validate": _VALIDATED,
    "explain": closed({"topic?": TEXT, "meanings": listed(_MEANING)}),
    "fmt": ref("rewrites"),
    "migrate": ref("rewrites"),
    "try": either(_ATTEMPT, _ATTEMPTS),
    "test": either(
        closed(
            {
                "versions": listed(TEXT),
                "counts": map_of(WHOLE),
                "seconds": NUMBER,
                "cost_usd": NUMBER,
                "tests": listed(_TESTED),
            }
        ),
        closed({"tests": listed(closed({"id": TEXT, "kind": TEXT, "where": TEXT}))}),
    ),
    "diff": _DIFF,
    "graph": closed(
        {
            "flow": TEXT,
            "format": word("mermaid", "svg", "text"),
            "mermaid?": TEXT,
            "svg?": TEXT,
            "text?": TEXT,
            "file": maybe(TEXT),
        }
    ),
    "import agentspec": ref("carried"),
    "export": ref("carried"),
    "models add": plus(COMMON["model"], _CHANGED),
    "models list": items(ref("model")),
    "models pull": plus(COMMON["model"], {"checked": maybe(TEXT), **_CHANGED}),
    "models rm": closed({"name": TEXT, "removed": FLAG, "bytes": WHOLE, **_CHANGED}),
    "store backup": _FILE,
    "store compact": closed(
        {
            "dry_run": FLAG,
            "status": STATUS,
            "runs": WHOLE,
            "removed": map_of(WHOLE),
            "bytes": closed({"before": WHOLE, "after": WHOLE}),
            "unfinished": maybe(TEXT),
        }
    ),
    "store migrate": closed(
        {
            "status": STATUS,
            "file": TEXT,
            "schema": closed({"found": maybe(WHOLE), "latest": WHOLE}),
            "pending": listed(closed({"number": WHOLE, "name": TEXT})),
            "backup": maybe(TEXT),
        }
    ),
    "store path": _FILE,
    "store verify": closed(
        {
            "file": TEXT,
            "sound": FLAG,
            "blobs": WHOLE,
            "damaged": listed(TEXT),
            "problems": listed(TEXT),
        }
    ),
    "completion": closed({"shell": word("bash", "zsh", "fish"), "file": TEXT, "script": TEXT}),
}
