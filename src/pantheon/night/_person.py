"""A person that was recorded: in a simulation the rows' `gold` answers what people are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pantheon.ids import JsonObject, canonical_json
from pantheon.learn import sameness
from pantheon.learn.quality import Given, Question, record_judgement, review

if TYPE_CHECKING:
    from pantheon.night._stream import StreamRow
    from pantheon.spec import AgentDef
    from pantheon.store import Store, Verdict

WHO = "the recorded truth"


class RecordedPerson:
    """Gives so many judgements a night, in the order in which the queue asks for them."""

    def __init__(self, agent: AgentDef, rows: Sequence[StreamRow], *, most: int) -> None:
        self._agent = agent
        self._same = sameness(agent)
        self._most = most
        self._truth: dict[str, JsonObject] = {}
        self.judged = 0
        """Judgements given so far."""
        self.know(rows)

    def know(self, rows: Sequence[StreamRow]) -> None:
        """From now on the truth of these requests is theirs."""
        self._truth |= {canonical_json(row.input): row.gold for row in rows if row.gold}

    def judge(self, store: Store) -> int:
        """Answer what is asked; how many there were. Nothing is known of a row without `gold`."""
        given = 0
        for queue in review(store, [self._agent]):
            for question in queue.questions:
                truth = self._truth_of(store, question)
                if given < self._most and truth is not None:
                    verdict = self._verdict(question, truth)
                    given += 1
                    said = Given(verdict, WHO, store.clock.now(), truth, "recorded")
                    record_judgement(store, self._agent, question, said)
        self.judged += given
        return given

    def _truth_of(self, store: Store, question: Question) -> JsonObject | None:
        example = question.wanted.compared.row.id
        return self._truth.get(canonical_json(store.answers.get(example).input))

    def _verdict(self, question: Question, truth: JsonObject) -> Verdict:
        right = canonical_json(truth)
        local = self._same(canonical_json(question.wanted.compared.local), right)
        cloud = self._same(question.wanted.compared.row.label, right)
        if local and cloud:
            return "both"
        return "local" if local else "cloud" if cloud else "neither"
