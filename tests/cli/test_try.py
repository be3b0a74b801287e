"""`pantheon try` and `pantheon test`: what people and programs are shown, and exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from inline_snapshot import snapshot

from pantheon import trying
from pantheon.cli._sandboxed import DEFAULT_USD
from tests.cli.conftest import PROJECT, Pantheon

TESTS = """\
      - human: {question: "Which team should answer this message?"}
    tests:
      - {name: a card, input: {text: my card is lost}, expect: {equals: {team: cards}}}
      - {name: a person, input: {text: hello}, expect: {equals: {team: other}}, answers: {triage: {team: other}}}
  measure:
"""
HUMAN = '      - human: {question: "Which team should answer this message?"}\n  measure:\n'


def steady(text: str) -> str:
    """Times replaced."""
    return re.sub(r"\d\.\d\d+", "0.000", text)


@pytest.fixture
def tested(desk: Path) -> Path:
    """The project with two tests of triage."""
    assert HUMAN in PROJECT
    (desk / "pantheon.yaml").write_text(PROJECT.replace(HUMAN, TESTS, 1))
    return desk


def test_a_flow_is_tried_and_nothing_is_left(desk: Path, pantheon: Pantheon) -> None:
    """Every step with who answered; not even the state folder is made."""
    said = pantheon("try", "support", "text=my card is lost", "--tools", "functions")
    assert said.code == 0
    assert steady(said.out) == snapshot("""\
flow support  draft  done
node     answered by  seconds  output
triage   function       0.000  {"team": "cards"}
measure  function       0.000  {"words": 4}
file     function       0.000  {"folder": "cards/fast"}

{
  "team": "cards",
  "folder": "cards/fast"
}
""")
    assert said.err == snapshot(
        "sandbox: cloud off; programs and people are withheld; nothing is kept\n"
    )
    assert not (desk / ".pantheon").exists()


@pytest.mark.usefixtures("tested")
def test_looking_makes_no_database(desk: Path, pantheon: Pantheon) -> None:
    """Not in a state folder that holds only the editor's schema either."""
    assert pantheon("schema", "--write").code == 0

    for words in (("try", "support", "text=my card"), ("test",), ("diff", ".", ".")):
        pantheon(*words)
    assert not list((desk / ".pantheon").glob("*.db*"))


def test_what_is_withheld_is_said(desk: Path, pantheon: Pantheon) -> None:
    """By default a function that is not deterministic is not called."""
    said = pantheon("try", "triage", "text=my card is lost")
    assert said.code == 10
    assert "withheld" in said.out
    assert "`--tools functions` calls it." in said.out
    assert said.err.endswith("failed at triage: exhausted\n")


def test_a_program_reads_the_attempt(desk: Path, pantheon: Pantheon) -> None:
    """JSON says that it is a sandbox, and who answered."""
    said = pantheon("try", "triage", "text=my card", "--tools", "functions", "--json").json
    assert (said["sandbox"], said["answered_by"]) == (True, ["function"])
    assert said["steps"][0]["tier"] == "python"


def test_the_store_is_read_and_not_written(desk: Path, pantheon: Pantheon) -> None:
    """Runs, answers and questions are those from before."""
    pantheon("run", "support", "text=hello")
    before = pantheon("runs", "list", "--json").json, pantheon("inbox", "list", "--json").json
    pantheon("try", "support", "text=hello", "--answers", "recorded", "--tools", "functions")
    after = pantheon("runs", "list", "--json").json, pantheon("inbox", "list", "--json").json
    assert after == before


def test_answers_come_from_a_script(desk: Path, pantheon: Pantheon) -> None:
    """And say so; a mistake in it is told by its line."""
    (desk / "script.jsonl").write_text('{"agent": "triage", "output": {"team": "other"}}\n')
    said = pantheon("try", "triage", "text=hello", "--answers", "scripted:script.jsonl", "--json")
    assert (said.code, said.json["answered_by"]) == (0, ["scripted"])
    (desk / "script.jsonl").write_text('{"agent": "triag", "output": {}}\n')
    said = pantheon("try", "triage", "text=hello", "--answers", "scripted:script.jsonl")
    assert said.code == 3
    assert "script.jsonl:1:1" in said.err
    assert pantheon("try", "triage", "text=x", "--answers", "made up").code == 2


def test_examples_are_tried_in_a_row(desk: Path, pantheon: Pantheon) -> None:
    """Pairs are compared; the sentence says how many came out as expected."""
    rows = [
        {"input": {"text": "a card"}, "output": {"team": "cards"}},
        {"input": {"text": "two cards"}, "output": {"team": "other"}},
    ]
    (desk / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = pantheon("try", "triage", "--examples", "rows.jsonl", "--tools", "functions")
    assert said.out.splitlines()[-1] == snapshot(
        "2 of 2 answered, 1 of 2 as expected; by: function 2; 0.000000 USD"
    )


def test_the_default_cap_is_that_of_the_package() -> None:
    """Written twice only so that `--help` imports nothing."""
    assert DEFAULT_USD == trying.DEFAULT_USD


def test_a_cap_without_a_price_is_told(desk: Path, pantheon: Pantheon) -> None:
    """Where nothing has a price, nothing can be capped."""
    model = (
        'models: {cloud: {engine: openai, base_url: "http://127.0.0.1:9/v1", model: m}}\nagents:'
    )
    (desk / "pantheon.yaml").write_text(PROJECT.replace("agents:", model, 1))
    said = pantheon("try", "triage", "text=my card", "--tools", "functions", "--cloud")
    assert said.code == 0
    assert "cannot hold for cloud" in said.err


def test_mistakes_at_the_command_line(desk: Path, pantheon: Pantheon) -> None:
    """No such subject, no such version, an input that does not fit."""
    assert pantheon("try", "nobody", "text=x").code == 6
    assert pantheon("try", "triage", "text=x", "--version", "triage@9").code == 6
    said = pantheon("try", "triage", "words=1", "--tools", "functions")
    assert said.code == 9
    assert "fix: Its input is" in said.err


def test_tests_are_run_and_pass(tested: Path, pantheon: Pantheon) -> None:
    """A line for each with who answered, and the sum."""
    said = pantheon("test")
    assert (said.code, steady(said.out)) == snapshot(
        (
            0,
            """\
test             outcome  answered by  seconds
triage/a card    passed   function       0.000
triage/a person  passed   scripted       0.000
2 passed in 0.000 s
""",
        )
    )


def test_failed_and_error_have_codes_of_their_own(tested: Path, pantheon: Pantheon) -> None:
    """4: an expectation was not met; 10: nobody could say; 6: there is none such."""
    text = (tested / "pantheon.yaml").read_text()
    (tested / "pantheon.yaml").write_text(
        text.replace("equals: {team: cards}", "equals: {team: other}")
    )
    said = pantheon("test")
    assert said.code == 4
    assert '  equals: `team` is "cards"; expected "other".' in said.out
    (tested / "pantheon.yaml").write_text(text.replace(", answers: {triage: {team: other}}", ""))
    assert pantheon("test").code == 10
    assert pantheon("test", "triage/a card").code == 0
    assert pantheon("test", "-k", "zzz").code == 6


def test_junit_and_json_say_the_same(tested: Path, pantheon: Pantheon) -> None:
    """For forges and for programs."""
    said = pantheon("test", "--junit", "out.xml", "--json").json
    assert said["counts"]["passed"] == 2
    root = ElementTree.parse(tested / "out.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "0")
    assert pantheon("test", "--junit", "no/such/folder.xml").code == 8


def test_versions_make_a_matrix(tested: Path, pantheon: Pantheon) -> None:
    """A column for each; what is not deployed is absent."""
    said = pantheon("test", "--versions", "draft,stable", "triage/a card")
    assert said.code == 0
    assert said.out.splitlines()[:2] == snapshot(
        ["test           draft   stable", "triage/a card  passed  absent"]
    )


def test_tests_of_versions_that_nobody_has_do_not_pass(tested: Path, pantheon: Pantheon) -> None:
    """Nothing was run: that is told as such."""
    assert pantheon("test", "--versions", "stable").code == 6


def test_tests_can_be_listed(tested: Path, pantheon: Pantheon) -> None:
    """With their places."""
    assert "triage/a person  pantheon.yaml:" in pantheon("test", "--list").out
    assert len(pantheon("test", "--list", "--json").json["tests"]) == 2
