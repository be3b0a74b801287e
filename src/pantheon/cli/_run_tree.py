"""The nodes of a run as a table: those inside others indented, and what each came to in a few words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pantheon.cli._output import echo_table
from pantheon.clock import iso
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.flows import Standing
    from pantheon.store import AnswerRow, NodeResult, Run, Store

LIVE = {"queued", "running", "waiting"}
"""States of runs in which nodes may be yet to come."""
WIDTH = 100
"""Columns of a table; what would not fit is cut."""
MOST_TIMES = 10
"""Items or rounds that gave something are listed up to here; the others always are."""
_LEAST_WHY = 24
_PART = re.compile(r"(?P<name>[^#~@]*)(?P<index>#\d+)?(?P<more>[~@].*)?")


@dataclass(slots=True)
class Branch:
    """One line of the table, with what is inside it."""

    label: str
    result: NodeResult | None = None
    state: str = ""
    """Of a node that has no result: at work."""
    below: dict[str, Branch] = field(default_factory=dict[str, "Branch"])

    def at(self, label: str) -> Branch:
        """The branch of that name below, made when there is none yet."""
        return self.below.setdefault(label, Branch(label))


def print_nodes(store: Store, run: Run) -> None:
    """The table."""
    rows = list(_rows(grow(store, run), _Answers(store.answers.list(run=run.id))))
    columns = ["node", "state", "by", "confidence", "seconds", "why"]
    if not any(row[3] for row in rows):
        columns.remove("confidence")
        rows = [(*row[:3], *row[4:]) for row in rows]
    used = [max(len(str(cell)) for cell in column) for column in zip(columns, *rows, strict=True)]
    room = max(_LEAST_WHY, WIDTH - sum(used[:-1]) - 2 * (len(columns) - 1))
    echo_table(columns, [(*row[:-1], clean(str(row[-1]), room)) for row in rows])


class _Answers:
    """The rows of what agents answered in one run."""

    def __init__(self, rows: Iterable[AnswerRow]) -> None:
        rows = list(rows)
        self._by_id = {row.id: row for row in rows}
        self._by_place = {(row.node, row.index): row for row in rows}

    def of(self, result: NodeResult) -> AnswerRow | None:
        """The one that counts: earlier attempts may have left others."""
        note = result.note or {}
        if "answer" in note:
            return self._by_id.get(str(note["answer"]))
        return None if "tier" in note else self._by_place.get((result.node, result.index))


def grow(store: Store, run: Run) -> Branch:
    """All results of a run, and what is at work, as a tree."""
    root = Branch("")
    for result in store.journal.results(run.id):
        _branch(root, result.node, result.index).result = result
    if run.state in LIVE:
        from pantheon.flows import standings

        for standing in standings(store, run.id, store.events.last(run.id)):
            _branch(root, standing.node, standing.index).state = standing.state
    return root


def print_standings(found: Iterable[Standing]) -> None:
    """Where every node was at one point of a run."""
    root = Branch("")
    seqs: dict[int, int | None] = {}
    for standing in found:
        branch = _branch(root, standing.node, standing.index)
        branch.state = standing.state
        seqs[id(branch)] = standing.seq
    rows = [("  " * d + b.label, b.state, seqs.get(id(b))) for b, d in _walk(root)]
    echo_table(("node", "state", "event"), rows)


def _walk(branch: Branch, depth: int = 0) -> Iterator[tuple[Branch, int]]:
    for inner in branch.below.values():
        yield inner, depth
        yield from _walk(inner, depth + 1)


def _branch(root: Branch, path: str, index: int) -> Branch:
    branch = root
    *around, name = path.split("/")
    for part in around:
        found = _PART.fullmatch(part)
        assert found is not None, "a part of a path may hold anything"
        branch = branch.at(found["name"])
        if found["index"]:
            branch = branch.at(f"[{found['index'][1:]}]")
        if found["more"]:
            branch = branch.at(_tell_part(found["more"]))
    branch = branch.at(name)
    return branch if index < 0 else branch.at(f"[{index}]")


def _tell_part(more: str) -> str:
    """Who stands in, and which attempt it is."""
    stand_in, _, attempt = more.partition("@")
    told = [f"{stand_in[1:]} stands in"] if stand_in else []
    return ", ".join([*told, f"attempt {attempt}"] if attempt else told)


def _rows(branch: Branch, answers: _Answers, depth: int = 0) -> Iterator[tuple[object, ...]]:
    hidden = _hidden(branch)
    for label, inner in branch.below.items():
        if label not in hidden:
            yield _row(inner, answers, depth)
            yield from _rows(inner, answers, depth + 1)
    if hidden:
        yield (f"{'  ' * depth}… {len(hidden)} more", "ok", "", "", "", "")


def _hidden(branch: Branch) -> set[str]:
    """Items and rounds beyond the first few that went well, with nothing to see inside."""
    well = [n for n, b in branch.below.items() if n.startswith("[") and _is_dull(b)]
    return set(well[MOST_TIMES:])


def _is_dull(branch: Branch) -> bool:
    return branch.result is not None and branch.result.state == "ok" and not branch.below


def _row(branch: Branch, answers: _Answers, depth: int) -> tuple[object, ...]:
    label = "  " * depth + branch.label
    result = branch.result
    if result is None:
        # A node that a tree visits has results of its visits only; they say where it stands.
        state = "" if branch.below and branch.state != "at work" else branch.state
        return (label, state, "", "", "", "")
    answer = answers.of(result)
    seconds = f"{max(0.0, result.finished - result.started):.3f}"
    confidence = "" if answer is None or answer.confidence is None else f"{answer.confidence:.2f}"
    return (label, result.state, _by(result, answer), confidence, seconds, _why(result, answer))


def _by(result: NodeResult, answer: AnswerRow | None) -> str:
    """The tier that answered; what is recorded or scripted says so."""
    note = result.note or {}
    tier = str(note.get("tier") or (answer.tier if answer else ""))
    source = str(note.get("source") or (answer.source if answer else ""))
    if note.get("edited"):
        return "user"
    return f"{tier} ({source})" if source in {"recorded", "scripted"} else tier


def _why(result: NodeResult, answer: AnswerRow | None) -> str:
    reason = result.reason or {}
    text = str(reason.get("message") or reason.get("reason") or "")
    told = _tell_note(result, answer) if result.state == "ok" else _tell_wait(result)
    if not told or (text and "test" in (result.note or {})):
        told = text
    if result.state == "ok" and "fallback" in reason:
        told = f"{reason['fallback']} stood in: {text}"
    tries = f"{result.attempts} attempts" if result.attempts > 1 else ""
    return "; ".join(part for part in (tries, told) if part)


def _tell_wait(result: NodeResult) -> str:
    reason = result.reason or {}
    if result.state != "waiting":
        return ""
    due = reason.get("due")
    until = f"until {iso(float(due))}" if isinstance(due, int | float) else ""
    if "event" in reason:
        return f"for the event {reason['event']!r} {until}".strip()
    return "for a person" if "inbox" in reason else until


def _tell_note(result: NodeResult, answer: AnswerRow | None) -> str:
    note = result.note or {}
    if note.get("edited"):
        return "put there when the run was forked"
    if note.get("given"):
        return f"gave what its definition says: {(result.reason or {}).get('message')}"
    if "took" in note:
        took = note["took"]
        names = ", ".join(map(str, took)) if isinstance(took, list) else str(took)
        extra = "".join(f", {key} {note[key]}" for key in ("score", "votes") if key in note)
        return f"took {names}{extra}"
    without = note.get("without")
    if isinstance(without, list):
        return f"in time, without {', '.join(map(str, without))}"
    if "rounds" in note:
        return f"after {note['rounds']} round{'' if note['rounds'] == 1 else 's'}"
    for key, told in (("event", "event {!r}"), ("test", "`{}`")):
        if key in note:
            return told.format(note[key])
    return answer.accepted if answer else ""
