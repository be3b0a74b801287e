"""What gates need of one agent's night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import eq
from typing import TYPE_CHECKING

from pantheon.learn.gates._answers import Answers, Same
from pantheon.learn.gates._probation import NIGHTS
from pantheon.learn.gates._shadow import fresh_rows

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.learn._rows import Promise, Row


@dataclass(frozen=True, slots=True)
class AgentNight:
    """One agent's night, as gates see it: what is known, and how to ask versions about it.

    - ask: what a version says of rows; shadows that are kept are not asked again
    - rows: everything known of the agent's requests
    - audit_rate, seed: which of them are drawn like the traffic
    """

    agent: str
    night: str
    promise: Promise
    rows: Sequence[Row]
    ask: Callable[[ContentHash, Sequence[Row]], Awaitable[Answers]]
    same: Same = eq
    audit_rate: float = 0.05
    seed: int = 0
    last_night: int = NIGHTS

    def fresh(self, *, since: float) -> list[Row]:
        """Rows that came after `since`, drawn like the traffic."""
        return fresh_rows(self.rows, since=since, audit_rate=self.audit_rate, seed=self.seed)
