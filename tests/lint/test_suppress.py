"""What is left as it is has a reason, and a suppression that holds nothing back is told."""

from __future__ import annotations

import pytest

from pantheon.lint import Finding
from tests.lint.conftest import Look

AGENT = "input: {text: string}, output: {team: string}, tiers: [prompt]"


def find(findings: tuple[Finding, ...], number: str) -> list[Finding]:
    """All findings of a rule."""
    return [finding for finding in findings if finding.number == number]


@pytest.mark.parametrize(
    "text",
    [
        f"version: 1\nagents:\n  a: {{{AGENT}}}  # pantheon: ignore[P101] a draft\n",
        f"version: 1\nagents:\n  # pantheon: ignore[no-description, P121] a draft\n  a: {{{AGENT}}}\n",
        f"version: 1\nagents:\n  # pantheon: ignore[P101] a draft\n  # more\n\n  a: {{{AGENT}}}\n",
        f"version: 1\nlint: {{ignore: {{P101: a draft}}}}\nagents: {{a: {{{AGENT}}}}}\n",
    ],
)
def test_a_reason_holds_a_finding_back(look: Look, text: str) -> None:
    """Beside it, above it, by name or number, or for the whole project."""
    findings = look(text).findings
    (held,) = find(findings, "P101")
    assert not held.counts
    assert held.ignored == "a draft"
    assert find(findings, "P191") == []


def test_without_a_reason_nothing_is_held_back(look: Look) -> None:
    """The suppression itself is found."""
    findings = look(f"version: 1\nagents:\n  a: {{{AGENT}}}  # pantheon: ignore[P101]\n").findings
    assert [f.counts for f in find(findings, "P101")] == [True]
    (told,) = find(findings, "P190")
    assert told.diagnostic.where.line == 3


def test_unused_and_unknown_suppressions_are_found(look: Look) -> None:
    """Each by the word that does nothing; text in quotes is no comment."""
    text = (
        "version: 1\nagents:\n"
        f"  a: {{description: 'x # pantheon: ignore[P109] y', {AGENT}}}"
        "  # pantheon: ignore[P101, P9] why\n"
    )
    findings = look(text).findings
    assert "`P101`" in find(findings, "P191")[0].diagnostic.message
    assert "`P9`" in find(findings, "P192")[0].diagnostic.message


def test_a_reason_for_the_project_must_be_given(look: Look) -> None:
    """The loader asks for it."""
    found = look(f"lint: {{ignore: {{P101: }}}}\nagents: {{a: {{{AGENT}}}}}\n")
    assert found.project is None
    assert "Why `P101` is ignored" in found.findings[0].diagnostic.message


def test_the_project_says_how_grave_a_rule_is(look: Look) -> None:
    """A warning may be a mistake here, and the other way round."""
    found = look(f"lint: {{error: P101, info: [P154]}}\nagents: {{a: {{{AGENT}}}}}\n")
    assert find(found.findings, "P101")[0].diagnostic.severity == "error"
    assert found.errors == 1
    assert found.project is not None
