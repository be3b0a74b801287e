"""SARIF 2.1.0: its shape, as the standard asks for it."""

from __future__ import annotations

from typing import Any

from pantheon.lint import catalogue, to_sarif
from tests.lint.conftest import Look

TEXT = """\
version: 1
lint: {ignore: {P121: later}}
agents:
  a: {input: {text: string}, output: {b: string}, tiers: [prompt]}  # pantheon: ignore[P101] draft
  b: {input: {text: string}, output: {c: string}, tiers: [human, prompt]}
"""


def test_findings_rules_and_suppressions(look: Look) -> None:
    """Every result names a rule by id and index, a level, a message and a place in a file."""
    log: Any = to_sarif(look(TEXT).findings, prefix="my project/")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [entry.number for entry in catalogue()]
    assert all(r["shortDescription"]["text"] and r["fullDescription"]["text"] for r in rules)
    assert {r["defaultConfiguration"]["level"] for r in rules} == {"error", "warning", "note"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "my%20project/pantheon.yaml"
        region = place["region"]
        assert region["startLine"] >= 1
        assert region["endColumn"] > region["startColumn"] >= 1
    held = {r["ruleId"]: r["suppressions"] for r in run["results"] if "suppressions" in r}
    assert held["P121"] == [{"kind": "external", "justification": "later"}]
    assert {"kind": "inSource", "justification": "draft"} in held["P101"]


def test_mistakes_are_results_too(look: Look) -> None:
    """Also what keeps a project from loading."""
    log: Any = to_sarif(look("agents: {a: {inptu: text, output: b}}\n").findings)
    levels = {(r["ruleId"], r["level"]) for r in log["runs"][0]["results"]}
    assert ("P013", "error") in levels
