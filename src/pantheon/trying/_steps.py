"""From what a sandbox has written down to the steps that people are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pantheon.errors import NotFound
from pantheon.flows import written
from pantheon.ids import JsonObject, RunId
from pantheon.store import AnswerRow, NodeResult, Store
from pantheon.trying._attempt import Step, label_of, label_of_failure
from pantheon.trying._guard import Asked


@dataclass(frozen=True, slots=True)
class Steps:
    """Reads them for one attempt."""

    store: Store
    asked: Sequence[Asked]

    def of_run(self, run: RunId) -> tuple[Step, ...]:
        """One for each result of the run's journal."""
        rows = {(row.node, row.index): row for row in self.store.answers.list(run=run)}
        return tuple(self._of(result, rows) for result in self.store.journal.results(run))

    def of_answer(self, id: str, agent: str) -> Step:
        """The only one, of an agent that was asked alone."""
        return self._answered(self.store.answers.get(id), node=agent, state="ok")

    def of_nobody(self, agent: str, tried: Iterable[JsonObject], reason: JsonObject) -> Step:
        """The only one, of an agent that gave no answer."""
        every = tuple(tried)
        who = label_of_failure(every)
        return Step(agent, "failed", who, agent=agent, reason=reason, tried=every)

    def _of(self, result: NodeResult, rows: dict[tuple[str | None, int], AnswerRow]) -> Step:
        node, row = written(result.node, result.index), self._row(result, rows)
        if row is not None:
            return self._answered(row, node=node, state=result.state, result=result)
        last = self._last(result.node, result.index)
        note, who = result.note or {}, None
        if last is not None and "tier" in note:
            who = label_of(str(note["tier"]), str(note.get("source")), remote=last.remote)
        return Step(
            node,
            result.state,
            who,
            agent=last.agent if last else None,
            tier=str(note["tier"]) if "tier" in note else None,
            output=result.output,
            reason=result.reason,
            seconds=max(0.0, result.finished - result.started) if who else 0.0,
        )

    def _row(
        self, result: NodeResult, rows: dict[tuple[str | None, int], AnswerRow]
    ) -> AnswerRow | None:
        """The row of the answer that a node gave, where it has left one."""
        note = result.note or {}
        if note.get("answer"):
            return self.store.answers.get(str(note["answer"]))
        return None if "tier" in note else rows.get((result.node, result.index))

    def _answered(
        self, row: AnswerRow, *, node: str, state: str, result: NodeResult | None = None
    ) -> Step:
        last = self._last(row.node, row.index, kind=row.tier)
        remote = last is not None and last.remote
        gave = row.output is not None
        who = label_of(row.tier, row.source, remote=remote) if gave else label_of_failure(row.tried)
        return Step(
            node,
            state,
            who,
            agent=row.agent,
            tier=row.tier if gave else None,
            model=last.model if last and gave else None,
            version=self._version(row) if row.tier == "specialist" else None,
            confidence=row.confidence,
            accepted=row.accepted,
            output=row.output if result is None else result.output,
            reason=None if result is None else result.reason,
            cost_usd=row.cost_usd,
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            seconds=row.latency,
            tried=row.tried,
        )

    def _last(self, node: str | None, index: int, *, kind: str | None = None) -> Asked | None:
        """Who was asked last at a place, of a kind."""
        for asked in reversed(self.asked):
            if (asked.node, asked.index) == (node, index) and kind in (None, asked.kind):
                return asked
        return None

    def _version(self, row: AnswerRow) -> str | None:
        if row.specialist is None:
            return None
        try:
            return f"{row.agent}@{self.store.versions.get(row.specialist).number}"
        except NotFound:
            return str(row.specialist)
