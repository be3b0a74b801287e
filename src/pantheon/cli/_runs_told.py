"""Differences between runs, between values, and what a migration does: for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pantheon.cli._mutation import status_of
from pantheon.cli._output import echo, echo_table
from pantheon.clock import iso
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.flows import Difference, Migration, NodeChange, NodePair, RunDiff, ValueChange
    from pantheon.ids import Json
    from pantheon.store import NodeResult, Run

MOST_LINES = 8
"""Differences of one value that are shown to people."""
_NAMES = 4
_LEAD = 8
"""Characters shown before the first that differs."""
Key = tuple[str, int]


def brief(value: Json) -> str:
    """A value in a few words."""
    return clean(json.dumps(value, ensure_ascii=False), 36)


def difference_to_json(difference: Difference) -> dict[str, Any]:
    """Something that a replay came to otherwise."""
    return {
        "where": difference.where,
        "what": difference.what,
        "recorded": difference.recorded,
        "replayed": difference.replayed,
    }


# ---------------------------------------------------------------------------------------- diff


def run_diff_to_json(found: RunDiff) -> dict[str, Any]:
    """All of a comparison."""
    return {
        "same": found.same,
        "runs": [_run_to_json(found.before), _run_to_json(found.after)],
        "flow": None if found.flow is None else [_change_to_json(c) for c in found.flow],
        "input": [_value_to_json(change) for change in found.input],
        "nodes": [_pair_to_json(pair) for pair in found.nodes],
        "output": [_value_to_json(change) for change in found.output],
    }


def _run_to_json(run: Run) -> dict[str, Any]:
    fields = ("id", "flow", "flow_hash", "state", "cause", "parent")
    return {name: getattr(run, name) for name in fields} | {"created": iso(run.created)}


def _change_to_json(change: NodeChange) -> dict[str, Any]:
    return {"node": change.path, "kind": change.kind, "why": change.why}


def _value_to_json(change: ValueChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "kind": change.kind,
        "before": change.before,
        "after": change.after,
    }


def _pair_to_json(pair: NodePair) -> dict[str, Any]:
    return {
        "node": pair.node,
        "same": pair.same,
        "before": _end_to_json(pair.before),
        "after": _end_to_json(pair.after),
        "output": [_value_to_json(change) for change in pair.output],
    }


def _end_to_json(result: NodeResult | None) -> dict[str, Any] | None:
    from pantheon.flows import seconds_of, tier_of

    if result is None:
        return None
    reason = (result.reason or {}).get("reason")
    seconds = round(seconds_of(result) or 0.0, 6)
    return {
        "state": result.state,
        "reason": reason,
        "tier": tier_of(result) or None,
        "seconds": seconds,
    }


def print_diff(found: RunDiff) -> None:
    """What differs; what does not is counted."""
    for letter, run in (("A", found.before), ("B", found.after)):
        origin = f"  forked from {run.parent}" if run.parent else ""
        echo(f"{letter}  {run.id}  {run.flow}  {run.state}  {iso(run.created)}{origin}")
    echo("")
    echo(f"flow    {_tell_flow(found)}")
    _print_values("input", found.input)
    _print_values("output", found.output)
    echo("")
    _print_pairs([pair for pair in found.nodes if not pair.same])
    alike = sum(pair.same for pair in found.nodes)
    echo(f"{alike} of {len(found.nodes)} nodes are the same")


def _tell_flow(found: RunDiff) -> str:
    if found.flow is None:
        return f"{found.before.flow} and {found.after.flow}: not compared"
    if found.before.flow_hash == found.after.flow_hash:
        return "the same"
    return tell_changes(found.flow) or "its nodes are the same"


def tell_changes(changes: Iterable[NodeChange]) -> str:
    """Which nodes differ, and why."""
    return "; ".join(f"{change.path}: {change.why}" for change in changes)


def _print_values(title: str, changes: tuple[ValueChange, ...]) -> None:
    if not changes:
        echo(f"{title:<7} the same")
        return
    for number, line in enumerate(_value_lines(changes)):
        echo(f"{title if not number else '':<7} {line}")


def _value_lines(changes: tuple[ValueChange, ...]) -> Iterable[str]:
    for change in changes[:MOST_LINES]:
        name = f"{clean(change.path, 24)}: " if change.path else ""
        if change.kind == "changed":
            before, after = _from_difference(change.before, change.after)
            yield f"{name}{brief(before)} → {brief(after)}"
        else:
            value = change.after if change.kind == "added" else change.before
            yield f"{name}{change.kind} {brief(value)}"
    if len(changes) > MOST_LINES:
        yield f"… and {len(changes) - MOST_LINES} more"


def _from_difference(before: Json, after: Json) -> tuple[Json, Json]:
    """Long texts from shortly before where they begin to differ."""
    if not isinstance(before, str) or not isinstance(after, str):
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    alike = next((i for i, (a, b) in pairs if a != b), min(len(before), len(after)))
    start = max(0, alike - _LEAD)
    return (before, after) if start < _LEAD else (f"…{before[start:]}", f"…{after[start:]}")


def _print_pairs(pairs: list[NodePair]) -> None:
    rows: list[tuple[object, ...]] = []
    for pair in pairs:
        lines = list(_value_lines(pair.output)) or [""]
        rows.append((pair.node, _tell_end(pair.before), _tell_end(pair.after), lines[0]))
        rows += [("", "", "", line) for line in lines[1:]]
    if rows:
        echo_table(("node", "A", "B", "output"), rows)


def _tell_end(result: NodeResult | None) -> str:
    from pantheon.flows import seconds_of, tier_of

    if result is None:
        return "–"
    by = "user" if (result.note or {}).get("edited") else tier_of(result)
    return " ".join(part for part in (result.state, by, f"{seconds_of(result):.3f}") if part)


# ----------------------------------------------------------------------------------- migration


def migration_to_json(migration: Migration, *, applied: bool) -> dict[str, Any]:
    """What a migration does or did."""
    return {
        "run": migration.run.id,
        "from": migration.run.flow_hash,
        "to": migration.to.hash,
        "same": migration.same,
        "applied": applied,
        "status": status_of(changes=not migration.same, dry_run=not applied),
        "changes": [_change_to_json(change) for change in migration.changes],
        "kept": [list(key) for key in migration.kept],
        "again": [{"node": n, "index": i, "why": why} for (n, i), why in migration.again.items()],
        "new": list(migration.new),
        "dropped": [list(key) for key in migration.dropped],
        "withdrawn": [item.id for item in migration.withdrawn],
        "problems": list(migration.problems),
    }


def print_migration(migration: Migration) -> None:
    """The same for people: one line for each kind of consequence, and each node that runs again."""
    rows = [("kept", _names(migration.kept), "")]
    rows += [("runs again", name, why) for name, why in _reasons(migration.again)]
    rows += [("new", name, "") for name in migration.new]
    rows += [("dropped", _names(migration.dropped), "the flow has no such node any longer")]
    rows += [("withdrawn", item.id, clean(item.question, 50)) for item in migration.withdrawn]
    rows += [("impossible", problem, "") for problem in migration.problems]
    echo(
        f"run {migration.run.id} ({migration.run.state}) on flow {migration.run.flow!r} as it is now"
    )
    echo_table(("", "what", "why"), [row for row in rows if row[1]])


def _names(keys: Iterable[Key]) -> str:
    from pantheon.flows import written

    names = list(dict.fromkeys(written(path) for path, _ in keys))
    rest = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + rest


def _reasons(again: Mapping[Key, str]) -> Iterable[tuple[str, str]]:
    from pantheon.flows import written

    told: dict[str, str] = {}
    for (path, _), why in again.items():
        told.setdefault(written(path), why)
    return told.items()
