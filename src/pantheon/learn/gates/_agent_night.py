"""What gates need of one agent's night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import eq
from typing import TYPE_CHECKING, TypeAlias

from pantheon.learn.gates._answers import Answers, Outcome, Same
from pantheon.learn.gates._probation import NIGHTS
from pantheon.learn.gates._shadow import fresh_rows

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.learn._rows import Promise, Row


Compare: TypeAlias = "Callable[[Sequence[Row], Sequence[Answers]], Awaitable[Same]]"


@dataclass(frozen=True, slots=True)
class AgentNight:
    """One agent's night, as gates see it: what is known, and how to ask versions about it.

    - ask: what a version says of rows; shadows that are kept are not asked again
    - rows: everything known of the agent's requests
    - same: the contract's equality; compare: the same with the verdicts of a judge on some answers
      built in, where the contract names one
    - most: fresh rows that are looked at, the oldest first; None: all
    - audit_rate, seed: which of them are drawn like the traffic
    """

    agent: str
    night: str
    promise: Promise
    rows: Sequence[Row]
    ask: Callable[[ContentHash, Sequence[Row]], Awaitable[Answers]]
    same: Same = eq
    compare: Compare | None = None
    audit_rate: float = 0.05
    seed: int = 0
    last_night: int = NIGHTS
    most: int | None = None

    def fresh(self, *, since: float) -> list[Row]:
        """Rows that came after `since`, drawn like the traffic."""
        rows = fresh_rows(self.rows, since=since, audit_rate=self.audit_rate, seed=self.seed)
        return rows[: self.most]

    async def judge_both(
        self, ours: ContentHash, theirs: ContentHash, rows: Sequence[Row]
    ) -> tuple[Outcome, Outcome]:
        """What two versions say of rows, and whether that is right."""
        said = (await self.ask(ours, rows), await self.ask(theirs, rows))
        same = self.same if self.compare is None else await self.compare(rows, said)
        return said[0].judge(rows, same), said[1].judge(rows, same)
