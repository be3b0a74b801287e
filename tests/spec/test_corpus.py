"""Seeded mistakes: each file says at its end which diagnostics it must give, and no others.

A line is `#! [FILE:]LINE:COLUMN CODE FIX`, where FIX is a part of the fix or of the message.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from pantheon.spec import Diagnostic, InvalidProject, load_project

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted([*CORPUS.glob("*.yaml"), *CORPUS.glob("*/pantheon.yaml")])
_EXPECTATION = re.compile(r"#! (?:([^:\s]+):)?(\d+):(\d+) (\S+) ?(.*)")


class Expectation(NamedTuple):
    """One diagnostic that a file must give."""

    file: str
    line: int
    column: int
    code: str
    fragment: str


def expectations(path: Path) -> list[Expectation]:
    """What the file itself says that it gives."""
    found = _EXPECTATION.findall(path.read_text("utf-8"))
    return [
        Expectation(file or path.name, int(line), int(column), code, fragment)
        for file, line, column, code, fragment in found
    ]


def diagnostics_of(path: Path) -> tuple[Diagnostic, ...]:
    """What loading the file gives."""
    with pytest.raises(InvalidProject) as caught:
        load_project(path, environment={})
    return tuple(d for d in caught.value.diagnostics if d.severity == "error")


def test_there_are_enough_mistakes() -> None:
    """The corpus covers the language broadly, and every file expects something."""
    assert len(CASES) >= 60
    assert [path.name for path in CASES if not expectations(path)] == []


@pytest.mark.parametrize("path", CASES, ids=lambda p: str(p.relative_to(CORPUS)))
def test_mistake_is_told_in_its_place_with_its_fix(path: Path) -> None:
    """Each seeded mistake gives its line, column, code and fix, and none gives another."""
    found = diagnostics_of(path)
    places = [(d.where.file, d.where.line, d.where.column, d.code) for d in found]
    wanted = expectations(path)
    assert sorted(places) == sorted((e.file, e.line, e.column, e.code) for e in wanted)
    for expected in wanted:
        texts = [
            f"{d.message} {d.fix}"
            for d in found
            if (d.where.file, d.where.line, d.where.column, d.code) == expected[:4]
        ]
        assert any(expected.fragment in text for text in texts), (expected, texts)


@pytest.mark.parametrize("path", CASES, ids=lambda p: str(p.relative_to(CORPUS)))
def test_every_mistake_is_a_sentence_with_a_fix_and_no_control_characters(path: Path) -> None:
    """Messages end as sentences do, fixes say something, and nothing can steer a terminal."""
    for diagnostic in diagnostics_of(path):
        assert diagnostic.message.endswith(".")
        assert diagnostic.message[0] in '`{"' or diagnostic.message[0].isupper()
        assert diagnostic.fix
        text = diagnostic.render()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
        assert text.startswith(f"{diagnostic.where}: error[{diagnostic.code}]: ")
