"""The docstrings of the standard library as a stream."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pantheon.night._corpus import standard_library_stream
from pantheon.night._stream import stream_of


def library(folder: Path, **sources: str) -> Path:
    """A little library: module name → source; `__` in a name is a slash."""
    for name, source in sources.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


def test_first_paragraphs_become_rows(tmp_path: Path) -> None:
    """Modules, classes, functions and methods count, each under its top-level module."""
    source = (
        '"""Things one can juggle with.\n\nMore."""\nclass A:\n    """A ball that one throws."""\n'
    )
    root = library(tmp_path, juggle=source, circus__ring='def f():\n    """Where the show is."""\n')

    rows = standard_library_stream(root, at_least=1)

    assert rows == standard_library_stream(root, at_least=1)
    assert {(str(r["input"]), str(r["output"])) for r in rows} == {
        ("{'text': 'Things one can juggle with.'}", "{'module': 'juggle'}"),
        ("{'text': 'A ball that one throws.'}", "{'module': 'juggle'}"),
        ("{'text': 'Where the show is.'}", "{'module': 'circus'}"),
    }


def test_what_says_nothing_is_left_out(tmp_path: Path) -> None:
    """Tests, private and skipped modules, short and shared paragraphs, broken files."""
    text = '"""One, two, three, four words."""\n'
    root = library(
        tmp_path,
        kept='"""This one will be kept."""\n',
        kept__tests__case='"""A test of the kept."""\n',
        _private='"""This one is private indeed."""\n',
        idlelib__run='"""This one is a program."""\n',
        short='"""Too short."""\n',
        twin=text,
        other=text,
        broken="def (:\n",
    )

    rows = standard_library_stream(root, at_least=1)

    assert [r["output"] for r in rows] == [{"module": "kept"}]


def test_this_python_has_enough_for_a_demonstration() -> None:
    """Thousands of rows, dozens of modules, mixed from the first day on."""
    rows = standard_library_stream()

    modules = Counter(str(r["output"]) for r in rows)
    assert len(rows) > 3000
    assert len(modules) >= 30
    assert min(modules.values()) >= 40
    assert len({str(r["output"]) for r in rows[:500]}) > 25
    assert stream_of(rows).bad_lines == 0
