"""Recorded work becomes examples of an agent, as if its cloud had answered it here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from pantheon.ids import hash_json
from pantheon.learn import Known, keep
from pantheon.night._stream import BadLine, StreamRow, read_stream
from pantheon.spec import validate_value

if TYPE_CHECKING:
    from pathlib import Path

    from pantheon.clock import Clock
    from pantheon.ids import JsonObject
    from pantheon.spec import AgentDef
    from pantheon.store import Store

_STEP = 1e-6
"""Seconds between two rows, so that their order is kept."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import brought."""

    agent: str
    path: str
    rows: int
    """Lines that could be used."""
    added: int
    known: int
    """Rows that an earlier import, or an earlier line, had brought."""
    near_duplicates: int
    """Of the added ones: those that nearly repeat another example."""
    bad: tuple[BadLine, ...]
    """The first hundred; `bad_lines` counts all."""
    bad_lines: int

    @property
    def summary(self) -> str:
        """One line for people."""
        parts = [f"{self.added:,} examples of {self.agent} imported from {self.path}"]
        if self.known:
            parts.append(f"{self.known:,} were known")
        if self.near_duplicates:
            parts.append(f"{self.near_duplicates:,} nearly repeat another")
        if self.bad_lines:
            parts.append(f"{self.bad_lines:,} lines left out as broken")
        return "; ".join(parts)

    def to_json(self) -> JsonObject:
        """The report under stable keys."""
        return {
            "agent": self.agent,
            "path": self.path,
            "rows": self.rows,
            "added": self.added,
            "known": self.known,
            "near_duplicates": self.near_duplicates,
            "bad_lines": self.bad_lines,
            "bad": [{"line": b.where.line, "reason": b.reason} for b in self.bad],
        }


def import_stream(
    store: Store,
    agent: AgentDef,
    path: Path,
    *,
    clock: Clock,
    source: Literal["import", "recorded"] = "import",
) -> ImportReport:
    """Make examples of a recording; importing it again adds nothing.

    The recording is taken to be drawn like the agent's traffic, so its rows may calibrate. Lines
    that break the agent's contract are broken lines.

    Raises:
        NotFound, InputError: the file is not there, or not one line of it can be used.
    """
    stream = read_stream(path, check=partial(_breach, agent))
    now = clock.now()
    found = [
        _known(row, agent.name, source, at=now + number * _STEP)
        for number, row in enumerate(stream.rows)
    ]
    report = keep(store, agent, found)
    return ImportReport(
        agent=agent.name,
        path=str(path),
        rows=len(stream.rows),
        added=report.added,
        known=len(stream.rows) - report.added,
        near_duplicates=report.near_duplicates,
        bad=stream.bad,
        bad_lines=stream.bad_lines,
    )


def _breach(agent: AgentDef, row: StreamRow) -> str | None:
    parts = {"input": (agent.input, row.input), "output": (agent.output, row.output)}
    if row.gold is not None:
        parts["gold"] = (agent.output, row.gold)
    for name, (schema, value) in parts.items():
        if problems := validate_value(schema, value):
            return f"`{name}` breaks the contract of {agent.name}: {problems[0]}"
    return None


def _known(row: StreamRow, agent: str, source: Literal["import", "recorded"], at: float) -> Known:
    digest = hash_json([agent, row.id, row.input, row.output])
    return Known(
        id=f"i{digest.removeprefix('b2:')}",
        input=row.input,
        output=row.output,
        source=source,
        drawn="bootstrap",
        at=at,
        gold=row.gold,
    )
