"""Labelling bad cases again, by the cheapest source that can be trusted.

In this order: a local answer that passes the agent's own checks, where it has any; two local tiers
that agree; the cloud, within the night's budget; a person. What is found trains, with the weight
that its source has earned, and never calibrates: bad cases are no sample of the traffic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.agents import AGAIN, Answer, Request
from pantheon.errors import PantheonError
from pantheon.ids import JsonObject, canonical_json
from pantheon.learn import (
    ASKED_AGAIN,
    LABELLED_AGAIN,
    Around,
    Known,
    find_bad_cases,
    keep,
    load_model,
    measure_sources,
    predict,
    sameness,
)
from pantheon.spec import render_text, validate_value
from pantheon.store import InboxItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pantheon.agents import Agent
    from pantheon.flows import Runtime
    from pantheon.learn import BadCase
    from pantheon.spec import AgentDef

Route: TypeAlias = Literal["verified", "agreement", "cloud", "person", "left"]
MOST = 50
"""Bad cases of one agent that are labelled again in one night."""
_UNMEASURED: Mapping[str, float] = {"verified": 0.9, "agreement": 0.8, "cloud": 1.0}
"""Weight of a source of which nothing is known yet: its prior, see `measure_sources`."""
_PEOPLE = 5
"""Of those, how many questions a person is asked at most."""


_CHECKABLE = frozenset({"failed", "rejected"})
"""Causes of which the agent's own checks can say more; a guess has passed them once already."""


@dataclass(frozen=True, slots=True)
class Relabelled:
    """What became of one agent's bad cases tonight; counts by route and by cause."""

    agent: str
    by_route: Mapping[str, int]
    by_cause: Mapping[str, int]

    def to_json(self) -> JsonObject:
        """For the night's summary."""
        return {
            "agent": self.agent,
            "routes": dict(self.by_route.items()),
            "causes": dict(self.by_cause.items()),
        }


async def relabel(
    runtime: Runtime, agent: AgentDef, around: Around, *, spent: Callable[[], bool]
) -> Relabelled | None:
    """Label an agent's bad cases again; None when there are none.

    Args:
        runtime: where agents are asked.
        agent: whose bad cases.
        around: brings its specialist to life.
        spent: whether the night's money for the cloud is spent.
    """
    _take_in(runtime, agent)
    found = find_bad_cases(runtime.store, agent.name)
    # No tier may be asked what does not satisfy the contract, and nothing is to be learned from it.
    cases = [case for case in found if not validate_value(agent.input, case.input)][:MOST]
    if not cases:
        return None
    desk = _Desk(runtime, agent, around, spent)
    routes = [await desk.settle(case) for case in cases]
    return Relabelled(agent.name, Counter(routes), Counter(case.cause for case in cases))


@dataclass(slots=True)
class _Desk:
    """Where one agent's bad cases are settled."""

    runtime: Runtime
    agent: AgentDef
    around: Around
    spent: Callable[[], bool]
    asked: int = 0
    weights: Mapping[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        found = measure_sources(self.runtime.store, self.agent.name, sameness(self.agent))
        self.weights = {source: one.weight for source, one in found.items()}

    async def settle(self, case: BadCase) -> Route:
        """The first source that gives a label."""
        local = await self._ask(case, "local")
        if local is not None and self.agent.validators and case.cause in _CHECKABLE:
            return self._keep(case, local.output, "verified")
        if local is not None and await self._agrees(case, local):
            return self._keep(case, local.output, "agreement")
        cloud = None if self.spent() else await self._ask(case, "cloud")
        if cloud is not None and not self._doubted(case, canonical_json(cloud.output)):
            return self._keep(case, cloud.output, "cloud")
        return self._ask_person(case)

    async def _ask(self, case: BadCase, side: Literal["local", "cloud"]) -> Answer | None:
        request = Request(only=side, role=AGAIN, key=f"again-{side}-{case.answer}")
        agent: Agent = self.runtime.agent(self.agent.name)
        outcome = await agent.answer(case.input, request)
        return outcome if isinstance(outcome, Answer) else None

    async def _agrees(self, case: BadCase, local: Answer) -> bool:
        """Whether the specialist's best guess, accepted or not, is what another tier says, and not
        what is in doubt.
        """
        same, said = sameness(self.agent), canonical_json(local.output)
        if local.tier == "specialist" or self._doubted(case, said):
            return False
        guess = await self._guess(case)
        return guess is not None and same(guess, said)

    def _doubted(self, case: BadCase, said: str) -> bool:
        wrong = case.cause == "bad feedback" and case.said is not None
        return wrong and sameness(self.agent)(canonical_json(case.said), said)

    async def _guess(self, case: BadCase) -> str | None:
        store = self.runtime.store
        current = store.channels.current(self.agent.name)
        if current is None:
            return None
        try:
            model = load_model(store.blobs.get(store.versions.get(current).artifact), self.around)
            texts: Sequence[str] = [render_text(self.agent.input, case.input)]
            return (await predict(model, texts))[0].label
        except PantheonError:
            return None

    def _keep(
        self,
        case: BadCase,
        output: JsonObject,
        route: Literal["verified", "agreement", "cloud"],
    ) -> Route:
        keep(
            self.runtime.store,
            self.agent,
            [
                Known(
                    id=f"{case.answer}{LABELLED_AGAIN}",
                    input=case.input,
                    output=output,
                    source=route,
                    drawn="feedback",
                    at=self.runtime.clock.now(),
                    weight=self.weights.get(route, _UNMEASURED[route]),
                    answer=case.answer,
                )
            ],
        )
        return route

    def _ask_person(self, case: BadCase) -> Route:
        if self.asked >= _PEOPLE:
            return "left"
        self.asked += 1
        said = (
            "Nothing was answered" if case.said is None else f"It said {canonical_json(case.said)}"
        )
        question = f"{said} ({case.cause}). What is the right answer of {self.agent.name}?"
        self.runtime.store.inbox.ask(
            InboxItem(
                f"{ASKED_AGAIN}{case.answer}",
                self.agent.name,
                question,
                case.input,
                self.agent.output,
                self.runtime.clock.now(),
                "open",
            )
        )
        return "person"


def _take_in(runtime: Runtime, agent: AgentDef) -> None:
    """Make examples of what people have answered since."""
    store = runtime.store
    answered = [
        item
        for item in store.inbox.list(state="answered")
        if item.agent == agent.name and item.id.startswith(ASKED_AGAIN) and item.answer is not None
    ]
    keep(
        store,
        agent,
        [
            Known(
                id=f"{item.id.removeprefix(ASKED_AGAIN)}{LABELLED_AGAIN}",
                input=item.input,
                output=item.answer or {},
                source="human",
                drawn="feedback",
                at=item.answered or item.asked,
                weight=4.0,
                answer=item.id.removeprefix(ASKED_AGAIN),
            )
            for item in answered
        ],
    )
