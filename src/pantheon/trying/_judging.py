"""What another agent has to say about an output: `satisfies`, and `same` where an agent judges."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from pantheon.agents import JUDGE, Answer, NoVerdict, Request, compare
from pantheon.ids import Json, JsonObject
from pantheon.spec import AgentDef, Case, FlowDef, Satisfies, render_text, same_output
from pantheon.trying._assertions import Problem, differing, shown
from pantheon.trying._attempt import Attempt
from pantheon.trying._sandbox import Sandbox
from pantheon.trying._subject import Subject


@dataclass(frozen=True, slots=True)
class Judging:
    """Asks judges about the attempts of one sandbox."""

    sandbox: Sandbox
    subject: Subject

    async def problems(self, case: Case, attempt: Attempt) -> AsyncGenerator[Problem]:
        """What judges object to, and what could not be judged."""
        output = attempt.output
        if output is None:
            return
        if case.expect.same is not None:
            problem = await self._same(case.expect.same, attempt.input, output)
            if problem is not None:
                yield problem
        for wanted in case.expect.satisfies:
            problem = await self._satisfies(wanted, attempt.input, output)
            if problem is not None:
                yield problem

    # ------------------------------------------------------------------ same

    async def _same(
        self, wanted: JsonObject, input: JsonObject, output: JsonObject
    ) -> Problem | None:
        definition = self.subject.definition(self.sandbox.project)
        if isinstance(definition, FlowDef):
            lines = list(differing(wanted, output))
            return Problem("same", " ".join(lines)) if lines else None
        if same_output(definition.same, wanted, output):
            return None
        verdict = await compare(
            definition,
            self.sandbox.runtime.context,
            input=input,
            outputs=(wanted, output),
            key="test",
        )
        if isinstance(verdict, NoVerdict):
            return Problem("same", verdict.detail, "error")
        if verdict.same:
            return None
        told = f"{shown(output)} is not the same ({definition.same}) as {shown(wanted)}."
        return Problem("same", told)

    # ------------------------------------------------------------------ satisfies

    async def _satisfies(
        self, wanted: Satisfies, input: JsonObject, output: JsonObject
    ) -> Problem | None:
        scores: list[float] = []
        for time in range(wanted.times):
            score = await self._score(wanted, input, output, time=time)
            if isinstance(score, Problem):
                return score
            scores.append(score)
        mean = sum(scores) / len(scores)
        if mean >= wanted.at_least:
            return None
        return Problem("satisfies", _tell(wanted, scores, mean))

    async def _score(
        self, wanted: Satisfies, input: JsonObject, output: JsonObject, *, time: int
    ) -> float | Problem:
        judge = self.sandbox.runtime.agent(wanted.judge)
        definition = self.subject.definition(self.sandbox.project)
        question = _question(judge.definition, definition, wanted, input=input, output=output)
        said = await judge.answer(question, Request(key=f"judge-{time}", role=JUDGE))
        if not isinstance(said, Answer):
            why = getattr(said, "message", "a person is asked.")
            return Problem("satisfies", f"{wanted.judge} gave no verdict: {why}", "error")
        return _read(wanted.judge, said.output)


def _question(
    judge: AgentDef,
    definition: AgentDef | FlowDef,
    wanted: Satisfies,
    *,
    input: JsonObject,
    output: JsonObject,
) -> JsonObject:
    """What a judge is given, as its contract wants it."""
    given = output_schema_of(definition)
    whole: dict[str, tuple[JsonObject, JsonObject]] = {
        "input": (definition.input, input),
        "output": (given, output),
    }
    question: JsonObject = {}
    ports = judge.input.get("properties")
    for name, port in ports.items() if isinstance(ports, dict) else ():
        if name == "criterion":
            question[name] = wanted.criterion
        elif name in whole:
            schema, value = whole[name]
            question[name] = render_text(schema, value) if _reads_text(port) else value
    return question


def output_schema_of(definition: AgentDef | FlowDef) -> JsonObject:
    """JSON Schema of what comes of it."""
    return definition.output if isinstance(definition, AgentDef) else definition.output_schema


def _reads_text(port: Json) -> bool:
    return isinstance(port, dict) and port.get("type") == "string"


def _read(judge: str, output: JsonObject) -> float | Problem:
    score, satisfied = output.get("score"), output.get("satisfied")
    if isinstance(score, int | float) and not isinstance(score, bool):
        if 0 <= score <= 1:
            return float(score)
        told = f"{judge} gave the score {score:g}; it must lie between 0 and 1."
        return Problem("satisfies", told, "error")
    if isinstance(satisfied, bool):
        return float(satisfied)
    return Problem("satisfies", f"{judge} gave neither a score nor a verdict.", "error")


def _tell(wanted: Satisfies, scores: list[float], mean: float) -> str:
    told = f"{wanted.judge} gives {mean:.2f} for {wanted.criterion!r}; "
    told += f"at least {wanted.at_least:g} is wanted."
    wavers = min(scores) < wanted.at_least <= max(scores)
    each = ", ".join(f"{score:.2f}" for score in scores)
    return f"{told} It wavers: {each}." if wavers else told
