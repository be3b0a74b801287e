"""Events on their way from a run to a reader who may be slow.

A run never waits for its reader, and memory stays bounded all the same: only so many events are
held here. What does not fit is not kept but read again from the store, where all events are anyway
(a reader who fell behind reads on there). Tokens are a preview and in no store: pieces that nobody
has taken yet are joined, and dropped when there are too many.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from pantheon.ids import RunId
from pantheon.store import Event

HELD = 1024
"""Events that wait for their reader at most."""
LONGEST = 16_384
"""Characters of one joined piece of tokens."""
TOKENS = "tokens"

ReadBack: TypeAlias = Callable[[RunId, int], list[Event]]
"""(run, number) → the run's events after that number, oldest first."""


class Channel:
    """The events of one run for one reader, in order."""

    def __init__(self, read_back: ReadBack, *, held: int = HELD) -> None:
        self.run: RunId | None = None
        """Known from the first event on."""
        self._read_back = read_back
        self._held = held
        self._events: deque[Event] = deque()
        self._taken = 0
        self._told = 0
        self._behind = False
        self._ended = False
        self._news = asyncio.Event()

    def put(self, event: Event) -> None:
        """Hand an event over; never waits."""
        if self.run not in {None, event.run}:
            self._begin_another()
        self.run = event.run
        if event.kind == TOKENS:
            self._put_tokens(event)
        else:
            self._told = event.seq
            self._behind = self._behind or len(self._events) >= self._held
            if not self._behind:
                self._events.append(event)
        self._news.set()

    def _begin_another(self) -> None:
        """Another run follows, on which the first falls back: what is left of that comes before."""
        while self._behind:
            self._catch_up(all_of_it=True)
        self._taken = self._told = 0

    def end(self) -> None:
        """No more events will come."""
        self._ended = True
        self._news.set()

    async def take(self) -> Event | None:
        """The next event, when there is one; None after the last."""
        while not self._events:
            if self._behind:
                self._catch_up()
            elif self._ended:
                return None
            else:
                self._news.clear()
                await self._news.wait()
        event = self._events.popleft()
        if event.kind != TOKENS and event.run == self.run:
            self._taken = event.seq
        return event

    async def begun(self) -> None:
        """Return when the run is known, or will never be."""
        while self.run is None and not self._ended:
            self._news.clear()
            await self._news.wait()

    def _put_tokens(self, event: Event) -> None:
        last = self._events[-1] if self._events else None
        if last is not None and _joinable(last, event):
            text = str(last.data["text"]) + str(event.data["text"])
            self._events[-1] = replace(event, data={**event.data, "text": text})
        elif len(self._events) < self._held and not self._behind:
            self._events.append(event)

    def _catch_up(self, *, all_of_it: bool = False) -> None:
        """Read on where the reader is, no further than what the run has told by now."""
        assert self.run is not None
        last = self._events[-1].seq if self._events else self._taken
        found = self._read_back(self.run, last)
        told = (event for event in found if event.seq <= self._told)
        self._events.extend(told if all_of_it else islice(told, self._held))
        self._behind = bool(self._events) and self._events[-1].seq < self._told


def _joinable(last: Event, event: Event) -> bool:
    """Pieces of the same text, and not too much of it."""
    same = (last.kind, last.node, last.data.get("index")) == (
        TOKENS,
        event.node,
        event.data.get("index"),
    )
    return same and len(str(last.data["text"])) < LONGEST
