"""Suggestions for people: agents to add, retire, merge or split, and what to type to follow one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pantheon.report._clean import clean
from pantheon.report._model import Command
from pantheon.report._reasons import typed
from pantheon.report._words import count, money, percent

if TYPE_CHECKING:
    from pantheon.store import Suggestion

_ASKED = 90
"""Characters of what the calls ask for: what can be saved should still be read."""
_TITLES = {
    "retire": "{subject} is no longer used",
    "merge": "{subject} do the same work",
    "split": "{subject} does two kinds of work",
    "rule": "a rule for {subject}",
}


def suggestion_title(idea: Suggestion) -> str:
    """What is suggested, in a few words."""
    if idea.kind == "agent":
        return f"new agent {idea.subject}: recurring work in the log"
    return _TITLES[idea.kind].format(subject=idea.subject)


def suggestion_words(idea: Suggestion) -> str:
    """The evidence, and what following it would bring."""
    body = cast("dict[str, Any]", idea.body)
    if idea.kind == "agent":
        return _say_agent(body)
    saving = cast("dict[str, Any]", body.get("saving") or {})
    says: list[Any] = [body.get("says"), saving.get("says")]
    return "; ".join(str(part).rstrip(".") for part in says if part) + "."


def _say_agent(body: dict[str, Any]) -> str:
    calls, share = body.get("calls"), body.get("share")
    parts = [f"{count(int(calls))} logged cloud calls" if isinstance(calls, int) else ""]
    parts.append(f"{percent(float(share))} of the log" if isinstance(share, int | float) else "")
    said = ", ".join(part for part in parts if part)
    curve = _learned(body)
    asked = clean(str(body.get("description", "")), _ASKED).rstrip(".")
    return f"{said}: “{asked}”.{curve}{_saved(body)}"


def _learned(body: dict[str, Any]) -> str:
    """What a specialist trained on the logged answers could be certified for."""
    curve = cast("list[dict[str, Any]]", body.get("curve") or [])
    if not curve:
        return ""
    calls: Any = curve[-1].get("calls")
    local = cast("dict[str, float]", curve[-1].get("local") or {})
    if not isinstance(calls, int) or not local.get("value"):
        return " Nothing could be certified from it yet."
    return (
        f" After {count(calls)} calls a specialist could answer {percent(local['value'])} "
        f"({percent(local['low'])} to {percent(local['high'])}) here."
    )


def _saved(body: dict[str, Any]) -> str:
    saving = cast("dict[str, Any]", body.get("saving") or {})
    usd = saving.get("usd")
    if not usd or not usd.get("value"):
        return ""
    return f" Expected saving: {money(usd['value'])} a {saving.get('per', 'month')}."


def suggestion_commands(idea: Suggestion) -> tuple[Command, ...]:
    """How to look at it, how to follow it (always the second), and how not to."""
    decline = Command("Decline", typed("pantheon suggestions dismiss", idea.id))
    if idea.kind == "agent":
        return (
            Command("See it in full", typed("pantheon discover show", idea.id)),
            Command(
                "Accept: leave it as a branch and a patch",
                typed("pantheon discover --log FILE --write --only", idea.id),
            ),
            decline,
        )
    accept = Command(
        "Accept, and see what to change", typed("pantheon suggestions accept", idea.id)
    )
    return decline, accept
