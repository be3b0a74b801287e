"""Doing what guards ask for: a version that passes a bound is stopped, one that has kept them long
enough becomes stable; by the same moves that people make, in the name of `guard`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pantheon.errors import Busy, PantheonError
from pantheon.releases._change import Change, Order
from pantheon.releases._deploy import promote, retire
from pantheon.releases._standing import Channel, Standing, standing_from_json
from pantheon.store import Run, Store

if TYPE_CHECKING:
    from pantheon.releases._figures import Review

WHO: Final = "guard"
TRIALS: Final[tuple[Channel, ...]] = ("canary", "shadow")
_RARER: Final = 100
"""After so many runs a check is made only each time that one per cent more have come."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A version on trial, and what was done about it."""

    kind: str
    name: str
    channel: Channel
    review: Review | None
    """None where its guards cannot be read."""
    change: Change | None = None
    """What the guards brought about; None: nothing."""
    problem: PantheonError | None = None
    """Why its guards cannot be read, or why what they ask for could not be done."""


def check_guards(
    store: Store,
    lock: Path | None,
    *,
    names: Sequence[tuple[str, str]] | None = None,
    act: bool = True,
    dry_run: bool = False,
) -> list[Checked]:
    """Look at every version on trial, and do what its guards ask for.

    Args:
        store: with the runs.
        lock: the lock file; None: a project that has none.
        names: kind and name of whom to look at; None: all.
        act: whether anything is done.
        dry_run: only say what would be changed.
    """
    order = Order(WHO, "", lock, dry_run)
    moves = store.releases.standing()
    found = [(move.kind, move.name, standing_from_json(move.after)) for move in moves]
    return [
        _check(store, kind, name, standing, channel, order if act else None)
        for kind, name, standing in found
        if names is None or (kind, name) in names
        for channel in TRIALS
        if standing.on(channel) is not None
    ]


def _check(
    store: Store, kind: str, name: str, standing: Standing, channel: Channel, order: Order | None
) -> Checked:
    from pantheon.releases._figures import review

    found = None
    try:
        found = review(store, kind, name, standing, channel)
        change = None if found is None or order is None else _act(store, found, order)
    except PantheonError as error:
        return Checked(kind, name, channel, found, None, error)
    return Checked(kind, name, channel, found, change)


def _act(store: Store, found: Review, order: Order) -> Change | None:
    """Raises Busy and EnvironmentFault; the next check tries again."""
    what = f"{found.kind}:{found.name}"
    order = Order(order.who, found.words, order.lock, order.dry_run)
    if found.decision == "stop":
        return retire(store, None, [what], order=order, channels=(found.channel,))
    if found.decision == "promote":
        return promote(store, None, [f"{what}@{found.pointer.number}"], order=order)
    return None


class GuardWatch:
    """Looks at guards as runs end; never a reason for a run to fail."""

    def __init__(self, store: Store, lock: Path | None) -> None:
        self._store = store
        self._lock = lock
        self._seen_move: int | None = None
        self._guarded: dict[tuple[str, str], frozenset[str]] = {}
        self._new: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[str, str], int] = {}

    def ended(self, run: Run) -> None:
        """A run has come to its end."""
        with suppress(PantheonError):
            for key in list(self._touched(run)):
                self._new[key] = self._new.get(key, 0) + 1
                if self._new[key] * _RARER > self._known.get(key, 0):
                    self._check([key])

    async def close(self) -> None:
        """Look a last time: audits and shadow runs have been settled since."""
        with suppress(PantheonError):
            self._look()
            self._check([key for key in self._new if key in self._guarded])

    def _check(self, keys: list[tuple[str, str]]) -> None:
        if not keys:
            return
        for checked in check_guards(self._store, self._lock, names=keys):
            key = (checked.kind, checked.name)
            self._new[key] = 0
            self._known[key] = 0 if checked.review is None else checked.review.runs
            if checked.problem is not None and not isinstance(checked.problem, Busy):
                self._known[key] = self._known[key] or _RARER  # not with every run

    def _touched(self, run: Run) -> Iterator[tuple[str, str]]:
        """What is on trial with guards and may have got a figure more by this run."""
        self._look()
        for key, channels in self._guarded.items():
            kind, name = key
            if kind == "agent":
                if run.release is None:
                    yield key
            elif name == run.flow and ("shadow" in channels or run.channel == "canary"):
                yield key

    def _look(self) -> None:
        newest = self._store.releases.newest_move()
        if newest != self._seen_move:
            self._seen_move = newest
            self._guarded = dict(_guarded(self._store))


def _guarded(store: Store) -> Iterable[tuple[tuple[str, str], frozenset[str]]]:
    for move in store.releases.standing():
        standing = standing_from_json(move.after)
        channels = {c for c, pointer in standing.items() if pointer.guards and c in TRIALS}
        if channels:
            yield (move.kind, move.name), frozenset(channels)
