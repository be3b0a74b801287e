"""Tests beside agents and flows: selected, run, judged, repeated, and written as JUnit."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import NotFound
from pantheon.models import ScriptedModel
from pantheon.spec import Case, Expectation, Project
from pantheon.trying import (
    CaseReport,
    CaseResult,
    Plan,
    Selected,
    Setup,
    Subject,
    VersionFinder,
    run_tests,
    select_cases,
    to_junit,
)
from pantheon.trying._assertions import Problem
from tests.trying.world import PROJECT, make, run

TESTS = """\
    tests:
      - {name: a card, input: {text: my card}, expect: {equals: {team: cards}, tier: local}}
      - {name: wrong, input: {text: my card}, expect: {contains: {team: payments}}}
      - {name: cloud, input: {text: hello}, expect: {equals: {team: other}}}
      - name: scripted
        input: {text: hello}
        answers: {triage: {team: other}}
        expect: {equals: {team: other}, tier: cloud}
      - {name: later, input: {text: x}, expect: {fails: true}, skip: not now}
  count:
"""
JUDGED = """\
    tests:
      - name: kind
        input: {text: hello}
        answers:
          draft: {reply: "Dear friend"}
          grade: [{score: 0.9}, {score: 0.5}, {score: 0.9}]
        expect: {satisfies: {judge: grade, criterion: "It is kind.", at_least: %s, times: 3}}
  grade:
"""


def report_of(
    project: Project, *names: str, models: dict[str, Any] | None = None, **plan: Any
) -> CaseReport:
    """All tests of these names."""
    setup = Setup(models=models or {})
    made = Plan(setup, VersionFinder(project, None).find, **plan)
    return run(run_tests(select_cases(project, names), made, clock=FakeClock()))


def outcomes(report: CaseReport) -> dict[str, str]:
    """By the id of the test."""
    return {result.selected.id: result.outcome for result in report.results}


def test_every_outcome_is_told_apart(tmp_path: Path) -> None:
    """Passed, failed, could not be judged, skipped."""
    project = make(tmp_path, PROJECT.replace("  count:\n", TESTS, 1))
    report = report_of(project)
    assert outcomes(report) == {
        "triage/a card": "passed",
        "triage/wrong": "failed",
        "triage/cloud": "error",
        "triage/scripted": "passed",
        "triage/later": "skipped",
    }
    assert (report.failed, report.broken) == (True, True)
    assert report.counts["passed"] == 2
    wrong = report.results[1]
    assert wrong.problems[0].message == '`team` does not contain "payments": "cards".'
    assert report.results[4].note == "not now"


def test_tests_are_selected_by_name_and_by_keyword(tmp_path: Path) -> None:
    """An agent, one of its tests, a part of a name; what is not there is told."""
    project = make(tmp_path, PROJECT.replace("  count:\n", TESTS, 1))
    assert len(select_cases(project, ["triage"])) == 5
    assert [one.id for one in select_cases(project, ["triage/wrong", "triage/wrong"])] == [
        "triage/wrong"
    ]
    assert [one.id for one in select_cases(project, keyword="CARD")] == ["triage/a card"]
    for names, keyword in [
        (["triag"], None),
        (["triage/wron"], None),
        ([], "zzz"),
        (["send"], None),
    ]:
        with pytest.raises(NotFound):
            select_cases(project, names, keyword=keyword)


def test_a_judge_has_a_threshold_and_may_waver(tmp_path: Path) -> None:
    """The mean of its scores counts, and single ones are told when they disagree."""
    text = PROJECT.replace("  grade:\n", JUDGED % "0.7", 1)
    assert outcomes(report_of(make(tmp_path, text))) == {"draft/kind": "passed"}
    text = PROJECT.replace("  grade:\n", JUDGED % "0.8", 1)
    (result,) = report_of(make(tmp_path, text)).results
    assert result.outcome == "failed"
    assert result.problems[0].message == (
        "grade gives 0.77 for 'It is kind.'; at least 0.8 is wanted. It wavers: 0.90, 0.50, 0.90."
    )


def test_a_judge_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    """Nothing is known then of who is judged."""
    tests = """\
    tests:
      - name: kind
        input: {text: hello}
        answers: {draft: {reply: "Dear friend"}}
        expect: {satisfies: {judge: grade, criterion: "It is kind."}}
  grade:
"""
    (result,) = report_of(make(tmp_path, PROJECT.replace("  grade:\n", tests, 1))).results
    assert (result.outcome, result.problems[0].check) == ("error", "satisfies")


def test_repeated_tests_find_flaky_ones(tmp_path: Path) -> None:
    """Not the same every time is neither passed nor failed."""
    tests = "    tests: [{input: {text: x}, expect: {contains: {reply: good}}}]\n  grade:\n"
    text = PROJECT.replace("  grade:\n", tests, 1).replace(
        "{min_confidence: 0.5}", "{model: small}"
    )
    text = text.replace(
        "models:\n", "models:\n  small: {engine: llama.cpp, weights: smollm2-135m-instruct}\n", 1
    )
    answers = iter(["good", "bad", "good"])
    model = ScriptedModel(lambda _: {"reply": next(answers)})
    (result,) = report_of(make(tmp_path, text), models={"small": model}, times=3).results
    assert (result.outcome, result.passed, result.times) == ("flaky", 2, 3)
    assert result.note == "It passed 2 of 3 times."


def test_the_first_that_fails_may_end_it(tmp_path: Path) -> None:
    """Nothing after it is run."""
    project = make(tmp_path, PROJECT.replace("  count:\n", TESTS, 1))
    assert list(outcomes(report_of(project, stop_early=True))) == ["triage/a card", "triage/wrong"]


def test_a_version_that_is_not_there_is_absent(tmp_path: Path) -> None:
    """In a matrix an agent without that version has an empty cell, and nothing fails."""
    project = make(tmp_path, PROJECT.replace("  count:\n", TESTS, 1))
    report = report_of(project, "triage/a card", versions=("draft", "stable"))
    assert [r.outcome for r in report.results] == ["passed", "absent"]
    assert not report.failed
    assert not report.broken


def test_results_are_junit(tmp_path: Path) -> None:
    """A suite for each subject, with sums that are right and a child for every outcome."""
    project = make(tmp_path, PROJECT.replace("  count:\n", TESTS, 1))
    root = ElementTree.fromstring(to_junit(report_of(project), at=0.0))
    (suite,) = root
    assert {k: suite.get(k) for k in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "agent.triage@draft", "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert [child.tag for case in suite for child in case] == [
        "system-out", "failure", "error", "system-out", "skipped",
    ]  # fmt: skip
    assert suite.get("timestamp") == "1970-01-01T00:00:00"


@given(st.text(), st.text())
def test_no_text_breaks_the_xml(name: str, said: str) -> None:
    """Whatever a model or a file says."""
    case = Selected(Subject("agent", "x"), Case(name, {}, Expectation()))
    result = CaseResult(case, "draft", "failed", (Problem("equals", said),))
    text = to_junit(CaseReport(("draft",), (result,)), at=0.0)
    found = ElementTree.fromstring(text).find("testsuite/testcase/failure")
    assert found is not None
    assert "\x1b" not in text
