"""Cross-check: the local and the cloud path both answer, and the better answer is kept.

The judge is shown the two in an order drawn per node and item, so that a liking for the first
one favours neither side. Where nobody can tell, the cloud's answer stands: it is the teacher.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pantheon.agents import JUDGE, Answer, FunctionFault, Outcome, UserFunctions, own_object
from pantheon.flows._attempts import Answerer, Attempted, OnRetry, Patience, Place
from pantheon.flows._ending import Ending, Note, ending_of
from pantheon.flows._groups import first_of
from pantheon.ids import Json, JsonObject, derive_seed
from pantheon.spec import CrossCheck, Same, same_output

Kept: TypeAlias = Literal["local", "cloud"]


@dataclass(frozen=True, slots=True)
class Bench:
    """Those who decide: a comparing function of the user's, or a judging agent."""

    rule: CrossCheck
    functions: UserFunctions
    judge: Answerer | None

    async def choose(
        self, input: JsonObject, *, local: Answer, cloud: Answer, place: Place
    ) -> tuple[Kept, str]:
        """Which of two different answers is better, and who says so."""
        if self.rule.compare is not None:
            return await self._compare(self.rule.compare, input, local.output, cloud.output)
        if self.judge is not None:
            return await self._judge(self.judge, input, local, cloud, place)
        return "cloud", "nobody was named to judge"

    async def _compare(
        self, reference: str, input: JsonObject, local: JsonObject, cloud: JsonObject
    ) -> tuple[Kept, str]:
        try:
            seen = map(own_object, (input, local, cloud))
            said = await self.functions.call(reference, *seen, timeout=None)
        except FunctionFault as fault:
            return "cloud", fault.detail
        if said == "local":
            return "local", f"{reference} said so"
        if said == "cloud":
            return "cloud", f"{reference} said so"
        return "cloud", f"{reference} returned neither 'local' nor 'cloud'"

    async def _judge(
        self, judge: Answerer, input: JsonObject, local: Answer, cloud: Answer, place: Place
    ) -> tuple[Kept, str]:
        rng = random.Random(derive_seed(place.seed, place.run, place.node, place.index, "judge"))
        order: tuple[Kept, Kept] = ("local", "cloud") if rng.random() < 0.5 else ("cloud", "local")
        outputs: dict[Kept, Json] = {"local": local.output, "cloud": cloud.output}
        question: JsonObject = {"input": input, "a": outputs[order[0]], "b": outputs[order[1]]}
        request = replace(place.request(1, role=JUDGE), node=place.node)
        verdict = await judge.answer(question, request)
        name = judge.definition.name
        if not isinstance(verdict, Answer):
            return "cloud", f"the judge {name!r} gave no answer"
        return order[0 if verdict.output.get("better") == "a" else 1], f"the judge {name!r} said so"


async def cross_check(
    agent: Answerer,
    input: JsonObject,
    place: Place,
    *,
    bench: Bench,
    patience: Patience,
    on_retry: OnRetry,
) -> Ending:
    """Ask both sides at once and keep the better answer; both leave a row in the store."""

    async def ask(side: Kept) -> Attempted:
        return await patience.ask(agent, input, place, on_retry=on_retry, side=side)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(ask("local")), group.create_task(ask("cloud"))
    except BaseExceptionGroup as error:
        raise first_of(error) from None
    local, cloud = (task.result() for task in tasks)
    same = agent.definition.same
    kept, why = await _decide(bench, input, local.outcome, cloud.outcome, place, same=same)
    chosen = local if kept == "local" else cloud
    ending = ending_of(chosen.outcome, attempts=max(local.attempts, cloud.attempts))
    data = ending.note.data if ending.note else {}
    return replace(ending, note=Note({**data, "kept": kept, "why": why}))


async def _decide(
    bench: Bench, input: JsonObject, local: Outcome, cloud: Outcome, place: Place, *, same: Same
) -> tuple[Kept, str]:
    if not isinstance(local, Answer):
        return "cloud", "the local path gave no answer"
    if not isinstance(cloud, Answer):
        return "local", "the cloud gave no answer"
    if same_output(same, local.output, cloud.output):
        return "local", "both agree"
    return await bench.choose(input, local=local, cloud=cloud, place=place)
