"""The words of a diff, shared by the renderings."""

from __future__ import annotations

import json

from pantheon.diff._changes import split_lists
from pantheon.diff._model import (
    Change,
    CodeChange,
    Consequence,
    DefinitionDiff,
    Diff,
    Learned,
    Score,
    SliceScore,
    State,
    Topic,
)
from pantheon.draw import Segment, Style
from pantheon.ids import Json
from pantheon.text import clean

MARKS: dict[State, tuple[str, Style]] = {
    "added": ("+", "added"),
    "removed": ("−", "removed"),
    "changed": ("~", "changed"),
}
CHANGE_HEADS: dict[Topic, str] = {
    "contract": "Input and output",
    "promise": "Promise and thresholds",
    "prompt": "Prompt",
    "tiers": "Tiers",
    "nodes": "Nodes",
    "other": "Settings",
}
"""In the order in which they are shown."""
_SEQUENCES = frozenset({"argv", "tiers", "tree", "order of fields"})
"""Lists that mean what they mean only as a whole."""
_LONGEST = 400


def summary(diff: Diff) -> str:
    """How much there is, in a few words."""
    if diff.empty:
        return "nothing differs"
    states: tuple[State, ...] = ("changed", "added", "removed")
    counts = [(state, diff.count(state)) for state in states]
    words = ", ".join(f"{count} {state}" for state, count in counts if count)
    broken = len(diff.broken)
    grown = sum(definition.grows for definition in diff.definitions)
    words += f"; {grown} may do more than before" if grown else ""
    return f"{words}; breaks {broken} place{'s' if broken > 1 else ''}" if broken else words


def changes_by_topic(definition: DefinitionDiff) -> list[tuple[str, list[Change]]]:
    """Changes under their headings, in the order in which they are shown.

    What the notes about the contract say in words is not shown as a path once more.
    """
    shown = [c for c in definition.changes if not _said(c, definition)]
    grouped = [
        (head, [change for change in shown if change.topic == topic])
        for topic, head in CHANGE_HEADS.items()
    ]
    return [(head, changes) for head, changes in grouped if changes]


def _said(change: Change, definition: DefinitionDiff) -> bool:
    root, _, path = change.path.partition(".")
    result = "returns" if definition.kind == "flow" else "output"
    sides = {"input": "input", result: "output"}
    if change.topic != "contract" or root not in sides:
        return False
    return any(
        note.side == sides[root] and path.startswith(note.path.partition("[")[0])
        for note in definition.contract
    )


def head_of(definition: DefinitionDiff) -> list[Segment]:
    """The version of a definition, then and now."""
    before = definition.before.version if definition.before else None
    after = definition.after.version if definition.after else None
    if before == after:
        return [("quiet", f"   {after}")] if after else []
    if before is None or after is None:
        return [("quiet", f"   {after or before}")]
    return [("quiet", f"   {before} → {after}")]


def value_text(value: Json, limit: int = _LONGEST) -> str:
    """A value in one line, as people would write it."""
    return clean(_spell(value), limit)


def _spell(value: Json) -> str:
    if isinstance(value, dict):
        if isinstance(kind := value.get("type"), str) and value.keys() <= {"type", "optional"}:
            return f"{kind}, optional" if value.get("optional") else kind
        inner = ", ".join(f"{name}: {_spell(part)}" for name, part in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_spell, value))}]"
    if isinstance(value, str):
        return value if value and value.strip() == value else json.dumps(value)
    return json.dumps(value)


def items_of(change: Change) -> tuple[list[str], list[str]] | None:
    """What left a list and what came into it, spelled; None for anything else."""
    parts = split_lists(change.before, change.after)
    if parts is None or change.path.rpartition(".")[2] in _SEQUENCES:
        return None
    gone, come = parts
    return [value_text(item, 120) for item in gone], [value_text(item, 120) for item in come]


def code_head(change: CodeChange) -> str:
    """The beginnings of the hashes, and what became of the file if it did not just change."""
    hashes = " → ".join(hash[:11] for hash in (change.before, change.after) if hash)
    more = {"added": ", called now", "removed": ", no longer called", "changed": ""}
    return f"{hashes}{more[change.state]}"


def first_callers(diff: Diff) -> dict[CodeChange, str]:
    """Under which definition each changed file is shown; the others that call it only name it."""
    found: dict[CodeChange, str] = {}
    for definition in diff.definitions:
        for change in definition.code:
            found.setdefault(change, definition.name)
    return found


def code_lines(change: CodeChange) -> list[Segment]:
    """The changed lines, each with its style, and how many are left out."""
    styles: dict[str, Style] = {"+": "added", "-": "removed", "@": "quiet"}
    lines: list[Segment] = [(styles.get(line[:1], "plain"), line) for line in change.lines]
    if change.left_out:
        lines.append(("quiet", f"… {change.left_out} more lines"))
    return lines or [("quiet", "no text")]


def describe_consequence(consequence: Consequence) -> str:
    """Which flow breaks, where and why."""
    place = f" ({consequence.where})" if consequence.where else ""
    at = f" at `{consequence.node}`" if consequence.node else ""
    broken = f"the flow `{consequence.flow}`{at}{place}: {consequence.reason}"
    return (
        f"would break {broken}; it was changed too" if consequence.adapted else f"breaks {broken}"
    )


def listing(names: tuple[str, ...], most: int = 6) -> str:
    """Flows by name, the first of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    noun = "flow" if len(names) == 1 else "flows"
    return f"{noun} {', '.join(names[:most])}{more}"


def learned_lines(learned: Learned, width: int) -> list[str]:
    """What a specialist was taught and how it scores, or which versions they are."""
    lines = [f"{learned.before or 'empty slot'} → {learned.after or 'empty slot'}"]
    if learned.details is not None:
        from pantheon.report import render_diff_text

        lines = render_diff_text(learned.details, width=width).splitlines()
    if learned.scores:
        lines += ["", "Agrees with the cloud, of what was audited, by what the cloud answered"]
        lines += [f"  {describe_score(score)}" for score in learned.scores]
    return lines


def describe_score(score: SliceScore) -> str:
    """Both shares with their limits, and the difference with its own."""
    told = f"{score.name}: {_share(score.before)} → {_share(score.after)}"
    if score.by is None or score.low is None or score.high is None:
        return told
    points = (round(value * 100, 1) + 0.0 for value in (score.by, score.low, score.high))
    by, low, high = points
    return f"{told}; {by:+.1f} points ({low:+.1f} to {high:+.1f})"


def _share(score: Score | None) -> str:
    if score is None:
        return "not audited"
    return f"{score.share:.0%} of {score.audited} ({score.low:.0%} to {score.high:.0%})"
