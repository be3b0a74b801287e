"""How mistakes are shown: excerpt, caret, fix; harmless whatever the file holds."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from pantheon.errors import ExitCode, SpecError, Where
from pantheon.spec import Diagnostic, InvalidProject, load_project
from pantheon.spec._diagnostic import Excerpt

CORPUS = Path(__file__).parent / "corpus"


def mistakes_of(name: str) -> InvalidProject:
    """The error of one file of the corpus."""
    with pytest.raises(InvalidProject) as caught:
        load_project(CORPUS / name, environment={})
    return caught.value


def test_rendering() -> None:
    """File, line and column first; the line with the stretch that is meant; the fix."""
    assert mistakes_of("enum_comparison.yaml").render() == snapshot("""\
enum_comparison.yaml:18:30: error[type-mismatch]: `triage.team` is never "card".
   |
18 |         when: triage.team == "card" or triage.team in ["othr"]
   |                              ^^^^^^
   = fix: did you mean `cards`?

enum_comparison.yaml:18:56: error[type-mismatch]: `triage.team` is never "othr".
   |
18 |         when: triage.team == "card" or triage.team in ["othr"]
   |                                                        ^^^^^^
   = fix: did you mean `other`?

2 mistakes found.\
""")


def test_json() -> None:
    """The same for programs."""
    first = mistakes_of("agent_key.yaml").diagnostics[0]
    assert first.to_json() == snapshot(
        {
            "code": "unknown-key",
            "severity": "error",
            "message": "`teirs` is not a key of agent `triage`.",
            "fix": "did you mean `tiers`?",
            "file": "agent_key.yaml",
            "line": 5,
            "column": 5,
            "excerpt": {"text": "    teirs: [specialist]", "start": 4, "length": 5},
        }
    )


def test_segments_are_the_rendered_text() -> None:
    """Colouring pieces cannot change what is said."""
    for diagnostic in mistakes_of("many_mistakes.yaml").diagnostics:
        assert "".join(text for _, text in diagnostic.segments()) == diagnostic.render()


def test_error_carries_the_first_mistake_and_counts_the_rest() -> None:
    """The exception alone is already a useful sentence, with place and fix."""
    error = mistakes_of("many_mistakes.yaml")
    assert isinstance(error, SpecError)
    assert error.exit_code is ExitCode.VALIDATION
    assert error.message.endswith("(7 more)")
    assert str(error.where) == "many_mistakes.yaml:3:11"
    assert error.hint
    places = [(d.where.line, d.where.column) for d in error.diagnostics]
    assert places == sorted(places)


def test_control_characters_and_long_lines_are_tamed() -> None:
    """Escapes, bidirectional marks and tabs show as one column; long lines are cut at the caret."""
    excerpt = Excerpt(1, "a\t\x1b[31m\u202e漢字: x" + "y" * 300, 12, 1)
    shown = Diagnostic("x", "Bad \x1b]0;t\x07 thing.", Where("f\n.yaml", 1, 1), "fix", excerpt)
    lines = shown.render().split("\n")
    assert lines[0] == "f .yaml:1:1: error[x]: Bad �]0;t� thing."
    assert lines[2] == "1 | a �[31m�漢字: x" + "y" * 97 + "…"
    # Two wide characters stand before the caret.
    assert lines[3].index("^") - len("  | ") == 12 + 2
    far = dataclasses.replace(shown, excerpt=Excerpt(1, "x" * 500, 400, 3)).render().split("\n")
    assert far[2].startswith("1 | …x")
    assert far[3].strip("| ") == "^^^"


@given(st.text(), st.integers(0, 400), st.integers(1, 50), st.text())
def test_any_text_can_be_shown(text: str, start: int, length: int, message: str) -> None:
    """Rendering never fails and never lets a control character through."""
    excerpt = Excerpt(3, text, min(start, len(text)), length)
    shown = Diagnostic("code", message, Where("file", 3, 1), message, excerpt).render()
    assert len(shown.splitlines()) == 5
    assert all(c == "\n" or c.isprintable() or ord(c) > 0x9F for c in shown)
    assert "^" in shown.splitlines()[3]
