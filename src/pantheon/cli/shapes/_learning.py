"""What commands print about nights, what they teach and what people say."""

from __future__ import annotations

from pantheon.cli.shapes._common import STATUS
from pantheon.cli.shapes._terms import (
    ANY,
    FLAG,
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
    map_of,
    maybe,
    of_fields,
    plus,
    ref,
    several,
    word,
)

_LIMITS = closed({"value": NUMBER, "low": NUMBER, "high": NUMBER})
_MEAN = closed({"then": maybe(NUMBER), "now": maybe(NUMBER), "change": ref("interval")})
_PROPOSAL = closed(
    {
        "id": TEXT,
        "name": TEXT,
        "description": TEXT,
        "kind": TEXT,
        "input": OBJECT,
        "output": OBJECT,
        "same": TEXT,
        "calls": WHOLE,
        "share": NUMBER,
        "spend": closed(
            {
                "usd": maybe(NUMBER),
                "tokens_in": WHOLE,
                "tokens_out": WHOLE,
                "estimated": FLAG,
                "share": NUMBER,
            }
        ),
        "saving": closed(
            {"per": TEXT, "calls": NUMBER, "local_calls": _LIMITS, "usd": maybe(_LIMITS)}
        ),
        "curve": listed(
            closed({"calls": WHOLE, "local": _LIMITS, "reason": TEXT, "rung": maybe(TEXT)})
        ),
        "repeats": NUMBER,
        "examples": listed(closed({"input": OBJECT, "output": OBJECT})),
        "wordings": listed(closed({"prompt": TEXT, "calls": WHOLE})),
        "left_out": map_of(WHOLE),
        "notes": listed(TEXT),
    }
)
_WRITTEN = closed(
    {
        "branch": maybe(TEXT),
        "note": TEXT,
        "patch": TEXT,
        "examples": TEXT,
        "rows": WHOLE,
        "import": TEXT,
    }
)
_DISCOVERY = closed(
    {
        "calls": WHOLE,
        "bad_lines": WHOLE,
        "reasons": map_of(WHOLE),
        "unexplained": NUMBER,
        "cut": FLAG,
        "proposals": listed(_PROPOSAL),
        "written": map_of(_WRITTEN),
    }
)
_REVIEW = closed(
    {
        "agent": TEXT,
        "margin": NUMBER,
        "confidence": NUMBER,
        "compared": WHOLE,
        "judged": WHOLE,
        "wanted": WHOLE,
        "local_share": NUMBER,
        "expected_share": NUMBER,
        "judgements_needed": maybe(WHOLE),
        "questions": listed(
            closed({"id": TEXT, "text": TEXT, "first": ANY, "second": ANY, "gain": NUMBER})
        ),
    }
)
_ALARM = closed(
    {
        "alarm": TEXT,
        "agent": TEXT,
        "at": TIME,
        "kind": TEXT,
        "slice": TEXT,
        "statistic": NUMBER,
        "state": word("open", "closed"),
        "detail": OBJECT,
    }
)
_SUGGESTION = closed(
    {
        "suggestion": TEXT,
        "kind": TEXT,
        "subject": TEXT,
        "at": TIME,
        "state": word("open", "accepted", "dismissed"),
        "body": OBJECT,
    }
)
_DECIDED = closed({"suggestion": TEXT, "state": word("accepted", "dismissed"), "status": STATUS})
_WHAT_IF = closed(
    {
        "flow": TEXT,
        "sandbox": word(True),
        "answers": word("recorded"),
        "runs": WHOLE,
        "known": WHOLE,
        "changed": ref("interval"),
        "changed_at_most": NUMBER,
        "mean": closed({"cost_usd": _MEAN, "seconds": _MEAN, "escalations": _MEAN}),
        "items": listed(
            closed(
                {
                    "run": TEXT,
                    "input": ANY,
                    "changed": maybe(FLAG),
                    "then": OBJECT,
                    "now": maybe(OBJECT),
                    "unknown": maybe(TEXT),
                }
            )
        ),
    }
)
_SIMULATED = several(
    {
        "format": WHOLE,
        "agent": maybe(TEXT),
        "stream": TEXT,
        "source": word("recorded"),
        "settings": OBJECT,
        "total": OBJECT,
        "last_third": OBJECT,
        "days": listed(OBJECT),
        "notes": listed(TEXT),
        "bad_lines": WHOLE,
        "duplicates": WHOLE,
    }
)
_FLEET = several(
    {
        "format": WHOLE,
        "source": word("recorded"),
        "seed": WHOLE,
        "total": OBJECT,
        "agents": listed(OBJECT),
        "days": listed(OBJECT),
        "events": listed(OBJECT),
        "reports": listed(TEXT),
    }
)
_DEMO = either(
    closed(
        {
            "folder": TEXT,
            "report": TEXT,
            "recorded": FLAG,
            "days": listed(
                closed(
                    {
                        "number": WHOLE,
                        "requests": WHOLE,
                        "local": WHOLE,
                        "cloud_calls": WHOLE,
                        "compared": WHOLE,
                        "differing": WHOLE,
                    }
                )
            ),
        }
    ),
    closed({"stream": TEXT, "rows": WHOLE}),
)


def shapes() -> dict[str, Shape]:
    """Command → what it prints."""
    from pantheon.report import Morning

    morning = of_fields(Morning)
    morning["properties"]["format"] = TEXT
    return {
        "night": morning,
        "report": morning,
        "feedback": closed(
            {"verdict": word("good", "bad", "correct"), "answers": listed(TEXT), "status": STATUS}
        ),
        "teach": either(
            closed({"agents": listed(_REVIEW)}),
            closed({"question": TEXT, "agent": TEXT, "verdict": TEXT, "status": STATUS}),
        ),
        "import stream": closed(
            {
                "agent": TEXT,
                "path": TEXT,
                "rows": WHOLE,
                "added": WHOLE,
                "known": WHOLE,
                "near_duplicates": WHOLE,
                "bad_lines": WHOLE,
                "bad": listed(closed({"line": WHOLE, "reason": TEXT})),
                "status": STATUS,
            }
        ),
        "discover": _DISCOVERY,
        "discover show": plus(_PROPOSAL, {"state": word("open", "accepted", "dismissed")}),
        "simulate": either(_SIMULATED, _FLEET, _WHAT_IF),
        "demo": _DEMO,
        "alarms list": items(_ALARM),
        "alarms close": closed({"alarm": TEXT, "state": word("closed"), "status": STATUS}),
        "suggestions list": items(_SUGGESTION),
        "suggestions accept": _DECIDED,
        "suggestions dismiss": _DECIDED,
    }
