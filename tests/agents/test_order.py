"""The order of tiers: the first acceptable answer wins, and the books add up, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import (
    Abstention,
    Agent,
    Answer,
    Failure,
    Reason,
    Request,
    TierAnswer,
    TierOutcome,
)
from pantheon.ids import JsonObject
from pantheon.spec import AgentDef
from tests.agents.world import TEAM, TEXT, World, run

Behaviour = Literal["answers", "breaks the contract", "abstains", "is unusable", "crashes"]


@dataclass
class Staged:
    """A tier that does as it is told."""

    behaviour: Behaviour
    cost: int
    kind: str = "staged"
    sends_out: bool = False
    asked: bool = False

    def unusable(self) -> Abstention | None:
        if self.behaviour == "is unusable":
            return Abstention(self.kind, Reason.NOT_CONFIGURED, "not today")
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        self.asked = True
        if self.behaviour == "crashes":
            raise ZeroDivisionError
        if self.behaviour == "abstains":
            return Abstention(self.kind, Reason.LOW_CONFIDENCE, "unsure", cost_usd=self.cost)
        team = "cards" if self.behaviour == "answers" else "nobody"
        return TierAnswer({"team": team}, "code", "told to", cost_usd=self.cost, tokens_in=1)


REASONS = {
    "breaks the contract": Reason.INVALID_OUTPUT,
    "abstains": Reason.LOW_CONFIDENCE,
    "is unusable": Reason.NOT_CONFIGURED,
    "crashes": Reason.CRASHED,
}
BEHAVIOURS: list[Behaviour] = [
    "answers", "breaks the contract", "abstains", "is unusable", "crashes",
]  # fmt: skip


@given(st.lists(st.builds(Staged, st.sampled_from(BEHAVIOURS), st.integers(0, 9)), max_size=6))
def test_the_first_acceptable_answer_wins_and_everything_before_it_is_kept(
    tiers: list[Staged],
) -> None:
    """No tier after it is asked; reasons come in order; cost is that of all who were asked."""
    world = World(Path("/nonexistent"))
    agent = Agent(AgentDef("triage", TEXT, TEAM, ()), world.context, then=tiers)

    outcome = run(agent.answer({"text": "x"}))

    behaviours = [tier.behaviour for tier in tiers]
    winner = behaviours.index("answers") if "answers" in behaviours else len(tiers)
    before, (row,) = tiers[:winner], world.store.answers.list()
    assert isinstance(outcome, Answer | Failure)
    assert isinstance(outcome, Answer) == (winner < len(tiers))
    assert [a.reason for a in outcome.tried] == [REASONS[tier.behaviour] for tier in before]
    assert [t["reason"] for t in row.tried] == [a.reason.value for a in outcome.tried]
    asked = [tier for tier in tiers[: winner + 1] if tier.asked and tier.behaviour != "crashes"]
    assert row.cost_usd == sum(tier.cost for tier in asked)
    assert not any(tier.asked for tier in tiers[winner + 1 :])
    assert len(world.store.feedback.list()) == sum(
        tier.behaviour == "breaks the contract" for tier in before
    )
    world.store.close()


@pytest.mark.parametrize("only", ["local", "cloud"])
def test_one_side_asks_nobody_of_the_other(world: World, only: Literal["local", "cloud"]) -> None:
    """What sends out is not local; what is not the cloud is not the cloud."""
    here = Staged("answers", 0)
    remote = Staged("answers", 0, kind="prompt", sends_out=True)
    cloud = Staged("answers", 0, kind="cloud", sends_out=True)
    agent = Agent(AgentDef("triage", TEXT, TEAM, ()), world.context, then=(remote, cloud, here))

    run(agent.answer({"text": "x"}, Request(only=only)))

    assert [remote.asked, cloud.asked, here.asked] == [False, only == "cloud", only == "local"]


def test_a_private_agent_asks_nobody_that_sends_out(world: World) -> None:
    """The first layer: whatever kind of tier it is."""
    tiers = [Staged("answers", 0, kind=kind, sends_out=True) for kind in ("prompt", "cloud", "mcp")]
    agent = Agent(AgentDef("triage", TEXT, TEAM, (), privacy="local"), world.context, then=tiers)

    outcome = run(agent.answer({"text": "x"}))

    assert isinstance(outcome, Failure)
    assert [a.reason for a in outcome.tried] == [Reason.PRIVACY] * 3
    assert not any(tier.asked for tier in tiers)
