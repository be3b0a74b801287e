"""One change of channels: the store and the lock file move together, or neither does.

What is about to be changed is written down first (an intent). Then, in one transaction of the
store, the lock file is replaced and the moves are written. Whoever is killed in between leaves a
lock file that is ahead of the store; the next who opens the project finds the intent and completes
the change with the name and the reason of who made it. A lock file that was changed by others (git)
is followed just so, without an intent.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from pantheon.errors import Busy, EnvironmentFault
from pantheon.ids import Json, JsonObject, hash_json
from pantheon.releases._lock import (
    Lock,
    parse_lock,
    read_lock,
    read_lock_text,
    render_lock,
    write_lock_text,
)
from pantheon.releases._standing import (
    Standing,
    standing_from_json,
    standing_of,
    standing_to_json,
)
from pantheon.store import ReleaseIntent, ReleaseMove, Store

Action: TypeAlias = Literal["deploy", "promote", "rollback", "retire", "lock"]
Status: TypeAlias = Literal["applied", "already", "would"]
STALE_SECONDS: Final = 60.0
"""An intent that is older was left by somebody who is not there any longer."""


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of the channels of one flow or agent."""

    kind: str
    name: str
    before: Standing
    after: Standing
    undoes: int | None = None
    """rollback: the earliest move that it takes back."""


@dataclass(frozen=True, slots=True)
class Order:
    """Who changes something and why, which is kept, and where."""

    who: str
    why: str
    lock: Path | None
    """The lock file; None: only the store, as for a project that has none."""
    dry_run: bool = False
    """Only say what would be changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one command changed, or would."""

    action: Action
    status: Status
    moves: tuple[Move, ...]
    """Only those that change something; none when everything is so already."""
    id: str = ""
    """Shared by its moves in the log; empty when nothing was changed."""


def make_change(store: Store, moves: Sequence[Move], *, action: Action, order: Order) -> Change:
    """Move channels, all or none.

    Raises:
        Busy: somebody else has changed one of them meanwhile.
        EnvironmentFault: the lock file or the store cannot be written; nothing is changed then.
    """
    moving = tuple(move for move in moves if move.before != move.after)
    if not moving:
        return Change(action, "already", ())
    if order.dry_run:
        return Change(action, "would", moving)
    lock, rows = order.lock, _rows(store, moving, action=action, order=order)
    id = rows[0].change
    store.releases.intend(ReleaseIntent(id, [_row_to_json(r) for r in rows], store.clock.now()))
    text = None if lock is None else read_lock_text(lock)
    try:
        with store.transaction():
            _check_unmoved(store, moving)
            if lock is not None:
                changed = _moved(Lock() if text is None else parse_lock(text, file=str(lock)), rows)
                write_lock_text(lock, render_lock(changed))
            _write(store, rows)
    except BaseException:
        _take_back(store, id, lock, text)
        raise
    return Change(action, "applied", moving, id)


def _take_back(store: Store, id: str, lock: Path | None, text: str | None) -> None:
    """Nothing is changed: the lock file is what it was, and nobody is to complete the change."""
    if lock is not None:
        with suppress(EnvironmentFault):
            if read_lock_text(lock) != text:
                write_lock_text(lock, text)
    with suppress(Busy, EnvironmentFault):
        store.releases.settle(id)


def _rows(
    store: Store, moves: Sequence[Move], *, action: Action, order: Order
) -> list[ReleaseMove]:
    now, last = store.clock.now(), store.releases.moves()[-1:]
    facts: list[Json] = [[m.kind, m.name, standing_to_json(m.after)] for m in moves]
    number = last[0].id if last else 0
    change = "d" + hash_json([action, number, now, order.who, order.why, facts])[3:19]
    return [
        ReleaseMove(
            None,
            change,
            action,
            move.kind,
            move.name,
            standing_to_json(move.before),
            standing_to_json(move.after),
            now,
            order.who,
            order.why,
            move.undoes,
        )
        for move in moves
    ]


def _check_unmoved(store: Store, moves: Sequence[Move]) -> None:
    for move in moves:
        if standing_of(store, move.kind, move.name) != move.before:
            raise Busy(
                f"Somebody else has just changed what is deployed of {move.kind} {move.name!r}.",
                hint=f"Look (`pantheon {move.kind}s history {move.name}`) and try again.",
            )


def _moved(lock: Lock, rows: Sequence[ReleaseMove]) -> Lock:
    for row in rows:
        lock = lock.with_standing(row.kind, row.name, standing_from_json(row.after))
    return lock


def _write(store: Store, rows: Sequence[ReleaseMove]) -> None:
    for row in rows:
        store.releases.move(row)
    store.releases.settle(rows[0].change)


# ------------------------------------------------------------------------- following the lock


def sync_releases(store: Store, path: Path) -> tuple[Move, ...]:
    """Make the channels of flows and agents point where the lock file says; the moves that took.

    What the file does not name is not deployed. Versions that this store does not hold are pinned
    all the same; whoever needs one looks for it (see `ensure`). Raises InputError when the file
    cannot be read.
    """
    lock = read_lock(path)
    if not _differences(store, lock):
        _forget_stale(store)
        return ()
    with store.transaction():
        lock = read_lock(path)  # whoever was writing it has ended by now
        _complete(store, lock)
        moves = _differences(store, lock)
        if moves:
            order = Order("pantheon.lock", "the lock file says so", path)
            _write(store, _rows(store, moves, action="lock", order=order))
    return tuple(moves)


def _differences(store: Store, lock: Lock) -> list[Move]:
    now = {(m.kind, m.name): standing_from_json(m.after) for m in store.releases.standing()}
    names = sorted({*now, *lock.names()})
    moves = [
        Move(kind, name, now.get((kind, name), Standing()), lock.standing(kind, name))
        for kind, name in names
    ]
    return [move for move in moves if move.before != move.after]


def _complete(store: Store, lock: Lock) -> None:
    """Changes that reached the lock file and not the store, by who made them."""
    for intent in store.releases.intents():
        rows = [_row_from_json(row) for row in intent.moves]
        if all(_is_half_done(store, lock, row) for row in rows):
            _write(store, rows)


def _is_half_done(store: Store, lock: Lock, row: ReleaseMove) -> bool:
    before, after = standing_from_json(row.before), standing_from_json(row.after)
    reached = lock.standing(row.kind, row.name) == after
    return reached and standing_of(store, row.kind, row.name) == before


def _forget_stale(store: Store) -> None:
    """Changes that never reached the lock file did not happen."""
    before = store.clock.now() - STALE_SECONDS
    for intent in store.releases.intents():
        if intent.at < before:
            store.releases.settle(intent.change)


def _row_to_json(row: ReleaseMove) -> JsonObject:
    return {
        "change": row.change,
        "action": row.action,
        "kind": row.kind,
        "name": row.name,
        "before": row.before,
        "after": row.after,
        "at": row.at,
        "who": row.who,
        "why": row.why,
        "undoes": row.undoes,
    }


def _row_from_json(body: Any) -> ReleaseMove:
    return ReleaseMove(id=None, **body)
