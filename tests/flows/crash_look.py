"""What a process that died has left, seen without touching it, and what must hold of it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tests.flows.crash_driver import RUN
from tests.flows.crash_work import Effect, read_effects

Place: TypeAlias = tuple[str, int]
Row: TypeAlias = tuple[Any, ...]
_QUERIES = {
    "results": 'SELECT node, "index", state, output, reason, attempts, started, finished, seq, note'
    " FROM node_results WHERE run = ?",
    "events": "SELECT seq, at, kind, node, data FROM events WHERE run = ?",
    "context": 'SELECT seq, key, value, node, "index", at FROM context_writes WHERE run = ?',
    "memory": 'SELECT id, name, value, node, "index", at FROM memory_writes WHERE run = ?',
    "signals": "SELECT name, payload, at FROM signals WHERE run = ?",
}
_ATTEMPT = re.compile(r"@\d+$|~[^/#@]+(@\d+)?$")
"""What a path says of the attempt, or of who stands in, at a flow inside a node."""
_LOOK = ("look.db", "look.db-wal", "look.db-shm")


@dataclass(frozen=True)
class Look:
    """The committed state of a run, and how far its effects had come."""

    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    effects: int = 0
    """Bytes of the file of effects."""
    state: str | None = None
    """Of the run; None while there is none."""
    problems: tuple[str, ...] = ()
    """What SQLite's integrity check complains about."""

    @property
    def final(self) -> dict[Place, Row]:
        """Results that never change, by place."""
        return {(r[0], r[1]): r for r in self.rows.get("results", []) if r[2] != "waiting"}


def look(folder: Path) -> Look:
    """Look at a copy: the files stay exactly as the process left them."""
    effects = folder / "effects"
    size = effects.stat().st_size if effects.exists() else 0
    database = folder / "pantheon.db"
    if not database.exists():
        return Look(effects=size)
    for name in _LOOK:
        (folder / name).unlink(missing_ok=True)
    for end in ("", "-wal"):
        if Path(f"{database}{end}").exists():
            shutil.copyfile(f"{database}{end}", folder / f"look.db{end}")
    with closing(sqlite3.connect(folder / "look.db")) as connection:
        return _look(connection, size)


def _look(connection: sqlite3.Connection, effects: int) -> Look:
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    problems = tuple(f"integrity: {said}" for said in found if said != "ok")
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'timers'").fetchone():
        return Look(effects=effects, problems=problems)
    rows = {name: list(connection.execute(q, (RUN,))) for name, q in _QUERIES.items()}
    state = connection.execute("SELECT state FROM runs WHERE id = ?", (RUN,)).fetchone()
    return Look(rows, effects, state and state[0], problems)


# ------------------------------------------------------------------------------ what must hold


def check_one(now: Look, folder: Path) -> Iterator[str]:
    """What is wrong with one look by itself."""
    yield from now.problems
    numbers = Counter(row[0] for row in now.rows.get("events", []))
    numbers.update(row[8] for row in now.rows.get("results", []))
    yield from (f"event number {n} is there {c} times" for n, c in numbers.items() if c > 1)
    for kind in ("context", "memory"):
        keys = Counter((row[1], *row[3:5]) for row in now.rows.get(kind, []))
        yield from (f"{key} was written to {kind} {c} times" for key, c in keys.items() if c > 1)
    final = now.final
    for effect in read_effects(folder / "effects"):
        yield from _check_sources(effect, final)


def _check_sources(effect: Effect, final: dict[Place, Row]) -> Iterator[str]:
    """What a function depended on was committed before it began."""
    frame = effect.node.rpartition("/")[0]
    for source in effect.sources:
        place = (f"{frame}/{source}" if frame else source, -1)
        if place not in final:
            yield f"{effect.node} began before {place[0]} was committed"


def check_step(before: Look, after: Look, folder: Path) -> Iterator[str]:
    """What is wrong between what one process left and what the next one left."""
    for name, rows in before.rows.items():
        kept = set(after.rows.get(name, []))
        for row in rows:
            if row not in kept and not (name == "results" and row[2] == "waiting"):
                yield f"of {name} was lost or changed: {row}"
    final = before.final
    for effect in read_effects(folder / "effects", before.effects):
        ended = next((p for p in _places_above(effect) if p in final), None)
        if ended is not None:
            yield f"{effect.call} ran again although {ended} was journaled"


def _places_above(effect: Effect) -> Iterator[Place]:
    """Where a call was made, and the nodes (items, rounds) that it was inside of."""
    yield effect.place
    yield effect.node, -1
    yield from places_around(effect.node)


def places_around(path: str) -> Iterator[Place]:
    """The nodes (items, rounds) that a path is inside of, the nearest first."""
    while "/" in path:
        path = _ATTEMPT.sub("", path.rpartition("/")[0])
        node, _, index = path.rpartition("#")
        if node and index.isdigit():
            yield node, int(index)
            path = node
        yield path, -1


def check_calls(effects: list[Effect], kills: int) -> Iterator[str]:
    """No process calls anything twice; a call has one key, and no other call has it."""
    keys: dict[str, set[tuple[str, int, int, str]]] = {}
    for call, count in Counter(effect.call for effect in effects).items():
        if count > kills + 1:
            yield f"{call} was made {count} times with {kills} kills"
    for effect in effects:
        keys.setdefault(effect.key, set()).add(effect.call)
    yield from (f"key {key} stands for {calls}" for key, calls in keys.items() if len(calls) > 1)
    if len(keys) != len({effect.call for effect in effects}):
        yield "a call has more than one key"
