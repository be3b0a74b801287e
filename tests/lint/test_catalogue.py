"""The catalogue is complete and true: every code has an entry, and its examples show what it says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pantheon
from pantheon.lint import Entry, Example, catalogue, check, find_entry
from pantheon.lint._check import severities
from pantheon.lint._rule import RULES
from pantheon.models import check_models
from pantheon.spec import load_project

SOURCE = Path(pantheon.__file__).parent
SHOWN = [entry for entry in catalogue() if entry.bad is not None]
TELLS = {"error", "warn", "Diagnostic"}


def codes_in(file: Path) -> Iterator[str]:
    """Codes that a module gives to what collects diagnostics."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in TELLS:
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def emitted() -> set[str]:
    """Every code that reading a project may give, whoever gives it."""
    files = [*(SOURCE / "spec").glob("*.py"), SOURCE / "models" / "_catalogue.py"]
    return {code for file in files for code in codes_in(file)}


def test_every_code_has_an_entry() -> None:
    """Nothing is told that nobody explains, and nothing explained that is never told."""
    codes = emitted()
    assert len(codes) > 60
    assert sorted(code for code in codes if find_entry(code) is None) == []
    assert sorted(e.name for e in catalogue() if not e.rule and e.name not in codes) == []


def test_every_rule_has_an_entry_of_its_name() -> None:
    """Rules and entries are the same, number by number."""
    assert {r.number: r.name for r in RULES.values()} == {
        e.number: e.name for e in catalogue() if "P100" < e.number < "P190"
    }
    assert {number for number, _ in severities()} == {e.number for e in catalogue()}
    assert len(RULES) >= 20


def test_numbers_and_names_are_distinct() -> None:
    """Each is found by either word, in any case."""
    entries = catalogue()
    assert len({e.number for e in entries}) == len({e.name for e in entries}) == len(entries)
    assert find_entry("p101") == find_entry("no-description") == find_entry("P101")
    assert find_entry("P999") is None


@pytest.mark.parametrize("entry", catalogue(), ids=lambda e: e.name)
def test_entries_are_whole(entry: Entry) -> None:
    """Title and reason are sentences; an example is shown, or it is said why not."""
    assert entry.title.endswith(".")
    assert entry.why.rstrip(")").endswith(".")
    assert (entry.bad is None) == (entry.good is None) == bool(entry.skip)


def found_in(example: Example, folder: Path) -> set[str]:
    """Names of what is found in an example."""
    files = {"pantheon.yaml": example.whole, **example.files}
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    checked = check(
        lambda: load_project(folder, environment={}, settings=example.settings), check_models
    )
    names = {finding.diagnostic.code for finding in checked.findings if finding.counts}
    return names | ({"cannot load"} if checked.project is None else set())


@pytest.mark.parametrize("entry", SHOWN, ids=lambda e: e.name)
def test_examples_show_what_they_say(entry: Entry, tmp_path: Path) -> None:
    """The bad example gives the code, the good one does not, and loads."""
    assert entry.bad is not None
    assert entry.good is not None
    assert entry.name in found_in(entry.bad, tmp_path / "bad")
    good = found_in(entry.good, tmp_path / "good")
    assert entry.name not in good
    assert "cannot load" not in good
