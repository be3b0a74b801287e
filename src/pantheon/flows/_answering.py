"""How one node, or one item of a map, is answered: inputs, agent, cross-check, fallback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pantheon.agents import Failure, Reason, UserFunctions
from pantheon.clock import Clock
from pantheon.flows._attempts import Answerer, Patience, Place
from pantheon.flows._cross_check import Bench, cross_check
from pantheon.flows._ending import Ending, ending_of, failed, waiting_for
from pantheon.flows._plan import Plan
from pantheon.flows._recorder import Recorder
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import ExpressionFault, NodeDef, omit_absent


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the nodes of a run work with."""

    clock: Clock
    functions: UserFunctions
    agent: Callable[[str], Answerer]
    """The agent of a name, by the definition the run is pinned to."""


class Answering:
    """Answers the nodes of one run."""

    def __init__(
        self,
        plan: Plan,
        surroundings: Surroundings,
        recorder: Recorder,
        *,
        run: RunId,
        seed: int,
    ) -> None:
        self._plan = plan
        self._around = surroundings
        self._recorder = recorder
        self._run = run
        self._seed = seed

    async def answer(
        self, node: NodeDef, scope: Mapping[str, Json], *, index: int = -1, resumed: Ending | None
    ) -> Ending:
        """What asking the node's agent, and then whoever stands in for it, comes to.

        `resumed` is where an earlier process left off: waiting for a person.
        """
        place = Place(self._run, node.name, index, self._seed)
        if resumed is not None and resumed.reason and "fallback" in resumed.reason:
            return await self._fall_back(node, _failure_of(resumed), scope, place)
        ending = await self._ask(node, scope, place, {})
        if node.fallback is None or not ending.broken:
            return ending
        return await self._fall_back(node, ending, scope, place)

    async def _ask(
        self, node: NodeDef, scope: Mapping[str, Json], place: Place, handed: JsonObject
    ) -> Ending:
        """Ask one node's agent, its own inputs or those handed to it."""
        agent = self._around.agent(node.agent or "")
        try:
            values = {name: e.evaluate(scope) for name, e in node.inputs.items()} or handed
        except ExpressionFault as fault:
            return failed(Reason.INVALID_INPUT, fault.message)
        input = omit_absent(agent.definition.input, values)
        patience = Patience(node, self._around.clock)
        if node.cross_check is not None:
            return await self._cross_check(node, agent, input, place, patience)
        asked = await patience.ask(agent, input, place, on_retry=self._on_retry(place))
        return ending_of(asked.outcome, attempts=asked.attempts)

    async def _cross_check(
        self, node: NodeDef, agent: Answerer, input: JsonObject, place: Place, patience: Patience
    ) -> Ending:
        assert node.cross_check is not None
        judge = node.cross_check.judge
        bench = Bench(
            node.cross_check,
            self._around.functions,
            self._around.agent(judge) if judge is not None else None,
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
            self._recorder.event("node_fell_back", node.name, facts)
            tried = await self._ask(substitute, scope, place, handed)
            ending = _stood_in(ending, tried, by=name)
            name = substitute.fallback
        return ending

    def _inputs_of(self, node: NodeDef, scope: Mapping[str, Json]) -> JsonObject:
        try:
            return {name: e.evaluate(scope) for name, e in node.inputs.items()}
        except ExpressionFault:
            return {}

    def _on_retry(self, place: Place) -> Callable[[int, Failure, float], None]:
        def retried(attempt: int, failure: Failure, pause: float) -> None:
            facts: JsonObject = {
                "index": place.index,
                "attempt": attempt,
                "reason": failure.reason.value,
                "message": failure.message,
                "seconds": pause,
            }
            self._recorder.event("node_retried", place.node, facts)

        return retried


def _stood_in(first: Ending, second: Ending, *, by: str) -> Ending:
    """The ending of a node for which another was asked: its own trouble stays visible."""
    own: JsonObject = dict(first.reason or {})
    attempts = first.attempts + second.attempts
    if second.state == "waiting":
        inbox: Any = (second.reason or {}).get("inbox")
        return waiting_for(str(inbox), attempts=attempts, fallback=by, failure=own)
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
