"""Versions in a sandbox: the definition, its models and its code as they were recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import NotFound
from pantheon.releases import Order, deploy
from pantheon.spec import load_project
from pantheon.store import Store
from pantheon.trying import (
    CaseReport,
    Plan,
    Setup,
    Subject,
    VersionFinder,
    run_tests,
    select_cases,
)
from tests.trying.world import attempt, run

PROJECT = """\
version: 1
agents:
  count:
    input: {{text: string}}
    output: {{words: integer}}
    tiers: [{{python: "counting:count"}}]
    deterministic: true
    tests:
      - {{name: two, input: {{text: a b}}, expect: {{equals: {{words: 2}}}}}}
  greet:
    input: {{text: string}}
    output: {{text: string}}
    tiers: [{{rules: [{{when: "true", give: {{text: {greeting}}}}}]}}]
    tests:
      - {{name: hello, input: {{text: x}}, expect: {{equals: {{text: Hello}}}}}}
flows:
  both:
    input: {{text: string}}
    nodes:
      count: {{agent: count, in: {{text: input.text}}}}
      greet: {{agent: greet, in: {{text: input.text}}}}
    output: {{words: count.words, text: greet.text}}
"""
CODE = 'def count(text):\n    return {{"words": {expression}}}\n'


def write(folder: Path, greeting: str, expression: str) -> None:
    """The files, with this behaviour."""
    (folder / "pantheon.yaml").write_text(PROJECT.format(greeting=greeting))
    (folder / "counting.py").write_text(CODE.format(expression=expression))


@pytest.fixture
def store() -> Store:
    """The project's store."""
    return Store.open(":memory:", clock=FakeClock())


@pytest.fixture
def folder(tmp_path: Path, store: Store) -> Path:
    """A project whose flow and agents were deployed, and whose files are worse by now."""
    write(tmp_path, "Hello", "len(text.split())")
    order = Order("test", "", tmp_path / "pantheon.lock")
    deploy(store, load_project(tmp_path), ["both", "count"], order=order)
    write(tmp_path, "Bye", "-1")
    return tmp_path


def test_a_version_answers_with_its_own_definition_and_code(folder: Path, store: Store) -> None:
    """Whatever the working files say by now."""
    project, subject = load_project(folder), Subject("flow", "both")
    stable = VersionFinder(project, store).get(subject, "stable")
    assert attempt(stable, "both", {"text": "a b"}).output == {"words": 2, "text": "Hello"}
    assert attempt(project, "both", {"text": "a b"}).output == {"words": -1, "text": "Bye"}
    first = VersionFinder(project, store).get(subject, "both@1")
    assert attempt(first, "both", {"text": "a b"}).output == {"words": 2, "text": "Hello"}


def test_versions_and_cases_make_a_matrix(folder: Path, store: Store) -> None:
    """What passes on what answers now, and fails on the files, would get worse."""
    project = load_project(folder)
    plan = Plan(Setup(), VersionFinder(project, store).find, ("draft", "stable", "count@1"))
    report: CaseReport = run(run_tests(select_cases(project), plan, clock=FakeClock()))
    assert [(r.selected.id, r.version, r.outcome) for r in report.results] == [
        ("count/two", "draft", "failed"),
        ("greet/hello", "draft", "failed"),
        ("count/two", "stable", "passed"),
        ("greet/hello", "stable", "absent"),
        ("count/two", "count@1", "passed"),
        ("greet/hello", "count@1", "absent"),
    ]


def test_what_is_no_version_of_it_is_told(folder: Path, store: Store) -> None:
    """Another's, one that is not there, and any where there is no store."""
    project = load_project(folder)
    for finder, version in [
        (VersionFinder(project, store), "greet@1"),
        (VersionFinder(project, store), "count@9"),
        (VersionFinder(project, store), "canary"),
        (VersionFinder(project, None), "stable"),
    ]:
        with pytest.raises(NotFound):
            finder.get(Subject("agent", "count"), version)
