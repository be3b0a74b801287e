"""The `human` tier: a question in the inbox. The run waits durably until a person answers."""

from __future__ import annotations

import re

from pantheon.agents._answer import Abstention, Reason, Waiting
from pantheon.agents._template import show_input
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.clock import Clock
from pantheon.errors import NotFound
from pantheon.ids import JsonObject, hash_json
from pantheon.spec import AgentDef, HumanTier
from pantheon.store import InboxItem, Store

KIND = "human"
_EXCERPT = 300
_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")


class HumanRunner:
    """Asks once per place in a run (or per input outside a run), however often it is called."""

    kind = KIND
    sends_out = False

    def __init__(self, tier: HumanTier, agent: AgentDef, *, store: Store, clock: Clock) -> None:
        self._tier = tier
        self._agent = agent
        self._store = store
        self._clock = clock

    def unusable(self) -> Abstention | None:
        return None

    def question(self, input: JsonObject, request: Request) -> InboxItem | None:
        """The question that was put for this request, whatever its state; None when none was."""
        try:
            return self._store.inbox.get(question_id(self._agent.name, input, request))
        except NotFound:
            return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        item = self.question(input, request) or self._put(input, request)
        if item.state == "open":
            return Waiting(item.id)
        if item.state == "withdrawn" or item.answer is None:
            return abstain(KIND, Reason.CANCELLED, f"Question {item.id} was withdrawn.")
        return TierAnswer(item.answer, "human", f"a person answered question {item.id}")

    def _put(self, input: JsonObject, request: Request) -> InboxItem:
        item = InboxItem(
            question_id(self._agent.name, input, request),
            self._agent.name,
            self._question(input),
            input,
            self._agent.output,
            self._clock.now(),
            "open",
            run=request.run,
            node=request.node,
            index=request.index,
        )
        self._store.inbox.ask(item)
        return item

    def _question(self, input: JsonObject) -> str:
        """The user's words with `{field}` filled in, or made from description and input."""
        if self._tier.question is not None:
            return _FIELD.sub(lambda match: _shown(match, input), self._tier.question)
        task = self._agent.description or f"Answer for agent {self._agent.name!r}."
        return f"{task}\n{show_input(input)[:_EXCERPT]}"


def _shown(match: re.Match[str], input: JsonObject) -> str:
    name = match[1]
    return show_input({name: input[name]}) if name in input else match[0]


def question_id(agent: str, input: JsonObject, request: Request) -> str:
    """The same for the same place in a run, so that a resumed run finds its question."""
    place: JsonObject = (
        {"agent": agent, "input": input}
        if request.run is None
        else {"agent": agent, "run": request.run, "node": request.node, "index": request.index}
    )
    return "q" + hash_json(place).removeprefix("b2:")[:16]
