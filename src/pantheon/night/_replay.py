"""One agent's recorded work, served: the recording plays its cloud, and a person if it has `gold`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pantheon.agents import Answer, Outcome
from pantheon.ids import canonical_json
from pantheon.learn import sameness
from pantheon.models import RecordedModel
from pantheon.night._fields import compare_fields
from pantheon.night._figures import Served
from pantheon.night._person import RecordedPerson

if TYPE_CHECKING:
    from pantheon.flows import Runtime
    from pantheon.ids import JsonObject
    from pantheon.night._stream import StreamRow
    from pantheon.spec import AgentDef, Price

_CHARACTERS = 4
"""Of one token, roughly, in English."""


class Replay:
    """An agent, its rows in the order in which they are asked, and what answers for its cloud."""

    def __init__(
        self,
        agent: AgentDef,
        rows: Sequence[StreamRow],
        *,
        price: Price | None,
        judgements: int,
    ) -> None:
        """`judgements`: how many are given a night at most, from the rows' `gold`."""
        self.agent = agent
        self.rows = rows
        self.cloud = RecordedModel((), cost_usd=_mean_cost(agent, rows, price))
        self.person = RecordedPerson(agent, rows, most=judgements)
        self._price = price
        self._same = sameness(agent)

    async def serve(self, runtime: Runtime, row: StreamRow) -> Served:
        """Ask the agent, and compare what it said with the recording. Latency is not measured."""
        # Now, and not for all rows beforehand: a teacher may change its mind about an input.
        self.cloud.record(row.input, row.output)
        outcome = await runtime.agent(self.agent.name).answer(row.input)
        await runtime.context.settle()
        return self._judge(row, outcome, runtime)

    def _judge(self, row: StreamRow, outcome: Outcome, runtime: Runtime) -> Served:
        answer = outcome if isinstance(outcome, Answer) else None
        output = answer.output if answer else None
        local = answer is not None and answer.tier != "cloud"
        audited = answer is not None and runtime.store.audits.get(answer.id) is not None
        return Served(
            local=local,
            asked_cloud=audited or not local,
            agrees=self._is(output, row.output),
            correct=None if row.gold is None else self._is(output, row.gold),
            teacher_correct=None if row.gold is None else self._is(row.output, row.gold),
            saved_usd=_saving(self.agent, row, self._price, local=local and not audited),
            latency=None,
            fields=compare_fields(self.agent, output, row.output) if local else (),
        )

    def _is(self, output: JsonObject | None, other: JsonObject) -> bool:
        """Whether the two are the same by the contract."""
        return output is not None and self._same(canonical_json(output), canonical_json(other))


def _mean_cost(agent: AgentDef, rows: Sequence[StreamRow], price: Price | None) -> float:
    """USD of one call, on average over the recording; 0 where no price is known."""
    if price is None or not rows:
        return 0.0
    return sum(_call_cost(agent, row, price) for row in rows) / len(rows)


def _saving(agent: AgentDef, row: StreamRow, price: Price | None, *, local: bool) -> float | None:
    """USD of the call that was not made; None where no price is known."""
    if price is None:
        return None
    return _call_cost(agent, row, price) if local else 0.0


def _call_cost(agent: AgentDef, row: StreamRow, price: Price) -> float:
    """USD of a call, from estimated tokens (four characters each)."""
    asked = [agent.description, canonical_json(agent.output), canonical_json(row.input)]
    tokens_in = sum(map(len, asked)) / _CHARACTERS
    tokens_out = len(canonical_json(row.output)) / _CHARACTERS
    return (tokens_in * price.input + tokens_out * price.output) / 1e6
