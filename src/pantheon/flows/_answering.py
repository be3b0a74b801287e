"""How one node, or one item of a map, is answered: inputs, agent or flow, cross-check, fallback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pantheon.agents import Failure, Outcome, Reason, Request, UserFunctions
from pantheon.clock import Clock
from pantheon.flows._attempts import Answerer, Patience, Place
from pantheon.flows._cross_check import Bench, cross_check
from pantheon.flows._ending import Ending, Note, ending_of, failed, message_of
from pantheon.flows._plan import Plan
from pantheon.flows._recorder import Recorder
from pantheon.ids import Json, JsonObject
from pantheon.spec import AgentDef, ExpressionFault, MemoryDef, NodeDef, omit_absent
from pantheon.store import Run


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the nodes of a run work with."""

    clock: Clock
    functions: UserFunctions
    agents: Mapping[str, Answerer]
    """By the definitions the run is pinned to; made when first asked for."""
    flows: Mapping[str, Plan]
    """Likewise, compiled."""
    definitions: Mapping[str, AgentDef]
    """Of all agents that the run may use."""
    memory: Mapping[str, MemoryDef]


RunFlow = Callable[[NodeDef, JsonObject, str], Awaitable[Ending]]
"""Runs the flow inside a node on an input, at a path of its own."""


class Answering:
    """Answers the nodes of one frame of a run."""

    def __init__(
        self,
        plan: Plan,
        surroundings: Surroundings,
        recorder: Recorder,
        run: Run,
        *,
        path: str,
        deadline: float | None,
        run_flow: RunFlow,
    ) -> None:
        self._plan = plan
        self._around = surroundings
        self._agents = surroundings.agents
        self._recorder = recorder
        self._run = run
        self._path = path
        self._deadline = deadline
        self._run_flow = run_flow

    async def answer_plainly(self, node: NodeDef, scope: Mapping[str, Json]) -> Ending:
        """The short way, for a node that asks one agent once and has nothing else to heed."""
        agent = self._agents[node.agent or ""]
        if self._deadline is not None or not agent.definition.resources.none:
            return await self.answer(node, scope, index=-1, resumed=None)
        try:
            values = {name: e.evaluate(scope) for name, e in node.inputs.items()}
        except ExpressionFault as fault:
            return failed(Reason.INVALID_INPUT, fault.message)
        if None in values.values():
            values = omit_absent(agent.definition.input, values)
        run = self._run
        path = self._path + node.name if self._path else node.name
        request = Request(
            run.id,
            path,
            flow=run.flow,
            priority=run.priority,
            on_token=self._on_token(path, -1) if self._recorder.heard else None,
        )
        return ending_of(await agent.answer(values, request), attempts=1)

    async def answer(
        self, node: NodeDef, scope: Mapping[str, Json], *, index: int = -1, resumed: Ending | None
    ) -> Ending:
        """What asking the node's agent, and then whoever stands in for it, comes to.

        `resumed` is where an earlier process left off: waiting for a person.
        """
        place = self._place(node, index)
        if resumed is not None and resumed.reason and "fallback" in resumed.reason:
            ending = await self._fall_back(node, _failure_of(resumed), scope, place)
        else:
            ending = await self._ask(node, scope, place, {})
            if node.fallback is not None and ending.broken:
                ending = await self._fall_back(node, ending, scope, place)
        # A round of a loop that fails ends the loop; only then something is given instead.
        return ending if node.loop is not None else given_instead(node, ending)

    def _place(self, node: NodeDef, index: int) -> Place:
        run, path = self._run, self._path + node.name
        return Place(
            run.id,
            path,
            index,
            run.seed,
            flow=run.flow,
            priority=run.priority,
            deadline=self._deadline,
            on_token=self._on_token(path, index) if self._recorder.heard else None,
        )

    def _on_token(self, path: str, index: int) -> Callable[[str], None]:
        """Tells whoever follows the run what a model is writing; nothing of it is kept."""
        where: JsonObject = {} if index < 0 else {"index": index}
        return lambda text: self._recorder.tell("tokens", path, {**where, "text": text})

    async def _ask(
        self, node: NodeDef, scope: Mapping[str, Json], place: Place, handed: JsonObject
    ) -> Ending:
        """Ask one node's agent, or run its flow, with its own inputs or those handed to it."""
        try:
            values = {name: e.evaluate(scope) for name, e in node.inputs.items()} or handed
        except ExpressionFault as fault:
            return failed(Reason.INVALID_INPUT, fault.message)
        patience = Patience(node, self._around.clock)
        if node.agent is None:
            return await self._run_inside(node, values, place, patience)
        agent = self._agents[node.agent]
        input = omit_absent(agent.definition.input, values)
        if node.cross_check is not None:
            return await self._cross_check(node, agent, input, place, patience)
        asked = await patience.ask(agent, input, place, on_retry=self._on_retry(place))
        return ending_of(asked.outcome, attempts=asked.attempts)

    async def _run_inside(
        self, node: NodeDef, input: JsonObject, place: Place, patience: Patience
    ) -> Ending:
        """Run the node's flow; every attempt has results of its own."""
        base = place.node if place.index < 0 else f"{place.node}#{place.index}"
        base += f"~{place.stand_in}" if place.stand_in else ""

        async def once(attempt: int) -> Ending:
            path = f"{base}/" if attempt == 1 else f"{base}@{attempt}/"
            return await self._run_flow(node, input, path)

        what = f"The flow of node {node.name!r}"
        return await patience.run(once, place, what=what, on_retry=self._on_retry(place))

    async def _cross_check(
        self, node: NodeDef, agent: Answerer, input: JsonObject, place: Place, patience: Patience
    ) -> Ending:
        assert node.cross_check is not None
        judge = node.cross_check.judge
        bench = Bench(
            node.cross_check,
            self._around.functions,
            self._agents[judge] if judge is not None else None,
        )
        return await cross_check(
            agent, input, place, bench=bench, patience=patience, on_retry=self._on_retry(place)
        )

    async def _fall_back(
        self, node: NodeDef, ending: Ending, scope: Mapping[str, Json], place: Place
    ) -> Ending:
        """Ask those who stand in, one after the other, until one does not fail."""
        handed = self._inputs_of(node, scope)
        name = node.fallback
        while ending.broken and name is not None:
            substitute = self._plan.flow.nodes.get(name) or NodeDef(name, agent=name)
            facts: JsonObject = {"index": place.index, "to": name, "reason": ending.reason}
            self._recorder.event("node_fell_back", place.node, facts)
            tried = await self._ask(substitute, scope, replace(place, stand_in=name), handed)
            ending = _stood_in(ending, tried, by=name)
            name = substitute.fallback
        return ending

    def _inputs_of(self, node: NodeDef, scope: Mapping[str, Json]) -> JsonObject:
        try:
            return {name: e.evaluate(scope) for name, e in node.inputs.items()}
        except ExpressionFault:
            return {}

    def _on_retry(self, place: Place) -> Callable[[int, Outcome | Ending, float], None]:
        def retried(attempt: int, failure: Outcome | Ending, pause: float) -> None:
            facts: JsonObject = {"index": place.index, "attempt": attempt, "seconds": pause}
            self._recorder.event("node_retried", place.node, facts | _why(failure))

        return retried


def _why(failure: Outcome | Ending) -> JsonObject:
    if isinstance(failure, Failure):
        return {"reason": failure.reason.value, "message": failure.message}
    reason = failure.reason if isinstance(failure, Ending) else None
    return {"reason": (reason or {}).get("reason"), "message": message_of(reason)}


def given_instead(node: NodeDef, ending: Ending) -> Ending:
    """A node that failed gives what its definition says instead; the failure stays visible."""
    if node.give is None or not ending.broken:
        return ending
    note = Note({"given": True})
    return Ending("ok", node.give, ending.reason, ending.attempts, note)


def _stood_in(first: Ending, second: Ending, *, by: str) -> Ending:
    """The ending of a node for which another was asked: its own trouble stays visible."""
    own: JsonObject = dict(first.reason or {})
    attempts = first.attempts + second.attempts
    if second.state == "waiting":
        waits: JsonObject = {**(second.reason or {}), "fallback": by, "failure": own}
        return replace(second, reason=waits, attempts=attempts)
    if second.gave:
        reason: JsonObject = {**own, "fallback": by}
        return replace(second, reason=reason, attempts=attempts)
    said = f"{own.get('message', '')} {by!r} stood in and failed too: "
    reason = {**(second.reason or {}), "fallback": by}
    reason["message"] = said + str((second.reason or {}).get("message", ""))
    return replace(second, reason=reason, attempts=attempts)


def _failure_of(resumed: Ending) -> Ending:
    """The failure that made a node wait for the person who stands in."""
    reason: Any = (resumed.reason or {}).get("failure") or {}
    return Ending("failed", reason=reason, attempts=resumed.attempts)
