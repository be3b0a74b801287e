"""Ending a part of a behaviour tree from outside while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from pantheon.agents import Reason
from pantheon.flows._ending import Ending
from pantheon.ids import JsonObject

Why: TypeAlias = tuple[Reason, str]
Look: TypeAlias = Callable[[bool], Why | None]
"""Why a part must end, if so; told whether another node is about to begin in it."""
Keep: TypeAlias = Callable[[Ending], None]
"""Puts what was decided into the journal."""


class Cut:
    """One part that may be ended: by its guard, its time, its budget, or when nobody needs it."""

    def __init__(self, keep: Keep | None = None, look: Look | None = None) -> None:
        """`keep` writes down that it was ended, before anything else happens."""
        self.task: asyncio.Task[Any] | None = None
        """Who walks the part."""
        self.at_work = 0
        """Nodes in it that are at work right now."""
        self.reason: JsonObject | None = None
        """Why it was ended; None while it has not been."""
        self._keep = keep
        self._look = look

    @property
    def made(self) -> bool:
        """Whether the part was ended."""
        return self.reason is not None

    def check(self, *, begins: bool) -> None:
        """End it if it must."""
        why = self._look(begins) if self._look and not self.made else None
        if why is not None:
            self.make(*why)

    def make(self, reason: Reason, message: str) -> None:
        """End it; a second time means nothing."""
        if self.made:
            return
        why: JsonObject = {"reason": reason.value, "message": message}
        if self._keep is not None:
            self._keep(Ending("ok", False, why))
        self.reason = why
        if self.task is not None:
            self.task.cancel()
