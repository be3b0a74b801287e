"""Tests run against versions: each case in a sandbox, as often as wanted, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from pantheon.clock import Clock
from pantheon.errors import PantheonError
from pantheon.ids import JsonObject
from pantheon.spec import Project, Scripted
from pantheon.trying._assertions import Problem, check
from pantheon.trying._attempt import Attempt
from pantheon.trying._cases import Selected
from pantheon.trying._judging import Judging
from pantheon.trying._sandbox import Sandbox, open_sandbox
from pantheon.trying._setup import AnswersFrom, Setup
from pantheon.trying._subject import Subject

Outcome: TypeAlias = Literal["passed", "failed", "flaky", "error", "skipped", "absent"]
"""flaky: not the same every time; error: it could not be judged; absent: there is no such version."""
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "flaky", "error", "skipped", "absent")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case on one version."""

    selected: Selected
    version: str
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    """Of the first time that went wrong."""
    attempt: Attempt | None = None
    """That time, or the last."""
    times: int = 1
    passed: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    note: str = ""
    """Why it was skipped or is absent; how often it passed."""

    def to_json(self) -> JsonObject:
        """For programs."""
        where, attempt = self.selected.case.where, self.attempt
        return {
            "id": self.selected.id,
            "kind": self.selected.subject.kind,
            "subject": self.selected.subject.name,
            "name": self.selected.case.name,
            "version": self.version,
            "outcome": self.outcome,
            "problems": [problem.to_json() for problem in self.problems],
            "answered_by": list(attempt.answered_by) if attempt else [],
            "output": attempt.output if attempt else None,
            "times": self.times,
            "passed": self.passed,
            "seconds": round(self.seconds, 6),
            "cost_usd": self.cost_usd,
            "note": self.note,
            "where": {"file": where.file, "line": where.line, "column": where.column},
        }


@dataclass(frozen=True, slots=True)
class CaseReport:
    """All of them."""

    versions: tuple[str, ...]
    results: tuple[CaseResult, ...]
    seconds: float = 0.0

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many came out how."""
        counted = Counter(result.outcome for result in self.results)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    @property
    def failed(self) -> bool:
        """Whether an expectation was not met, if only once in several times."""
        return bool(self.counts["failed"] + self.counts["flaky"])

    @property
    def broken(self) -> bool:
        """Whether a test could not be judged."""
        return bool(self.counts["error"])

    def to_json(self) -> JsonObject:
        """For programs."""
        return {
            "versions": list(self.versions),
            "counts": {**self.counts},
            "seconds": round(self.seconds, 6),
            "cost_usd": sum(result.cost_usd for result in self.results),
            "tests": [result.to_json() for result in self.results],
        }


FindVersion: TypeAlias = Callable[[Selected, str], Project | None]
"""The project with the definition of that version in place; None where there is no such version."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How tests are run."""

    setup: Setup
    find: FindVersion
    versions: Sequence[str] = ("draft",)
    times: int = 1
    stop_early: bool = False
    """Nothing more is run after the first test that did not pass."""
    script: tuple[Scripted, ...] = ()
    """Answers for tests that bring none of their own, where `setup.answers` is a script."""
    on_result: Callable[[CaseResult], None] = field(default=lambda tested: None)


async def run_tests(selected: Sequence[Selected], plan: Plan, *, clock: Clock) -> CaseReport:
    """Run tests on versions, one after the other; what went wrong is in the report."""
    started, results = clock.elapsed(), list[CaseResult]()
    for version in plan.versions:
        async with aclosing(_on_version(selected, version, plan, clock)) as tests:
            async for tested in tests:
                results.append(tested)
                plan.on_result(tested)
                if plan.stop_early and tested.outcome in ("failed", "flaky", "error"):
                    return CaseReport(
                        tuple(plan.versions), tuple(results), clock.elapsed() - started
                    )
    return CaseReport(tuple(plan.versions), tuple(results), clock.elapsed() - started)


async def _on_version(
    selected: Sequence[Selected], version: str, plan: Plan, clock: Clock
) -> AsyncGenerator[CaseResult]:
    async with _Sandboxes(plan, clock) as sandboxes:
        for one in selected:
            yield await _test(one, version, plan, sandboxes)


class _Sandboxes:
    """Opened when they are first needed, and shared by the tests that can share them.

    Those of one project at a time: models that are loaded take memory.
    """

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._stack = AsyncExitStack()
        self._project: Project | None = None
        self._open: dict[AnswersFrom, Sandbox] = {}

    async def __aenter__(self) -> _Sandboxes:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._close()

    async def of(self, project: Project, *, scripted: bool) -> Sandbox:
        """A sandbox of that project, whose answers come from scripts or as the setup says."""
        if project is not self._project:
            await self._close()
            self._project = project
        answers: AnswersFrom = "script" if scripted else self._plan.setup.answers
        if answers not in self._open:
            setup = replace(self._plan.setup, answers=answers)
            opened = open_sandbox(project, setup, clock=self._clock)
            self._open[answers] = await self._stack.enter_async_context(opened)
        return self._open[answers]

    async def _close(self) -> None:
        self._open.clear()
        await self._stack.aclose()


async def _test(one: Selected, version: str, plan: Plan, sandboxes: _Sandboxes) -> CaseResult:
    if one.case.skip is not None:
        return CaseResult(one, version, "skipped", note=one.case.skip, times=0)
    try:
        project = plan.find(one, version)
    except PantheonError as error:
        problem = Problem("version", f"{error.message} {error.hint}".strip(), "error")
        return CaseResult(one, version, "error", (problem,), times=0)
    if project is None:
        note = f"{one.subject.name} has no version {version}."
        return CaseResult(one, version, "absent", note=note, times=0)
    sandbox = await sandboxes.of(project, scripted=bool(one.case.answers))
    script = one.case.answers or plan.script
    tries = [await _once(one, version, sandbox, script) for _ in range(plan.times)]
    return _summed(one, version, tries)


@dataclass(frozen=True, slots=True)
class _Try:
    attempt: Attempt
    problems: tuple[Problem, ...]
    cost_usd: float

    @property
    def passed(self) -> bool:
        return not self.problems


async def _once(one: Selected, version: str, sandbox: Sandbox, script: Sequence[Scripted]) -> _Try:
    store, case = sandbox.runtime.store, one.case
    spent = store.answers.spent()
    try:
        attempt = await sandbox.attempt(one.subject, case.input, version=version, script=script)
    except PantheonError as error:
        failure: JsonObject = {"reason": "crashed", "message": error.message, "node": None}
        kind, name = one.subject.kind, one.subject.name
        attempt = Attempt(kind, name, version, case.input, "failed", None, failure)
    problems = list(check(case.expect, attempt))
    problems += [p async for p in Judging(sandbox, one.subject).problems(case, attempt)]
    return _Try(attempt, tuple(problems), store.answers.spent() - spent)


def _summed(one: Selected, version: str, tries: Sequence[_Try]) -> CaseResult:
    """Every time alike is a verdict; a mixture is flaky, whatever went wrong."""
    bad = [each for each in tries if not each.passed]
    shown = bad[0] if bad else tries[-1]
    passed, outcome = len(tries) - len(bad), _outcome_of(tries, bad)
    note = f"It passed {passed} of {len(tries)} times." if len(tries) > 1 else ""
    return CaseResult(
        one,
        version,
        outcome,
        shown.problems,
        shown.attempt,
        times=len(tries),
        passed=passed,
        seconds=sum(each.attempt.seconds for each in tries),
        cost_usd=sum(each.cost_usd for each in tries),
        note=note,
    )


def _outcome_of(tries: Sequence[_Try], bad: Sequence[_Try]) -> Outcome:
    kinds = {problem.kind for each in bad for problem in each.problems}
    if not bad:
        return "passed"
    if len(bad) < len(tries) and "failed" in kinds:
        return "flaky"
    return "failed" if "failed" in kinds else "error"


def as_matrix(report: CaseReport) -> list[tuple[Selected, dict[str, CaseResult]]]:
    """The results by test, then by version."""
    rows: dict[tuple[Subject, str], tuple[Selected, dict[str, CaseResult]]] = {}
    for result in report.results:
        key = (result.selected.subject, result.selected.case.name)
        rows.setdefault(key, (result.selected, {}))[1][result.version] = result
    return list(rows.values())
