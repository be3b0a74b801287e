"""A stream that every machine has: the docstrings of its own Python standard library.

The task is real: from the first paragraph of a docstring, say which module it documents. The
answers are what the library's authors wrote, so the stream is recorded work, not a model's.

What is in it: every module, class and function under the standard library's folder, read with
`ast` (nothing is imported or run). What is not: installed packages, tests (their docstrings
describe tests), `idlelib`, `turtledemo` and `lib2to3` (programs, not modules one would look up),
generated tables (`pydoc_data`, `encodings`), private top-level modules, first paragraphs of fewer
than four words, and paragraphs that several modules share: those do not say which one is meant.

A module's own name stays in the text: people who ask for `json` do write JSON. It stands in 7 % of
the paragraphs, and taking it out costs a linear model about one point of accuracy in eighty.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import sysconfig
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from pantheon.ids import JsonObject

_SKIPPED = frozenset({"idlelib", "turtledemo", "lib2to3", "pydoc_data", "encodings", "test"})
_TESTS = frozenset({"test", "tests"})
_LONGEST = 600
"""Characters kept of a paragraph; a few run over a page."""
_FEWEST_WORDS = 4

_Documented: TypeAlias = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class _Paragraph:
    module: str
    text: str


def standard_library_stream(
    library: Path | None = None, *, at_least: int = 40
) -> tuple[JsonObject, ...]:
    """Rows `{id, input: {text}, output: {module}}`, in an order that mixes the modules.

    The same library gives the same rows in the same order on every run: they are sorted by a
    hash of their content, so that each day sees every module.

    Args:
        library: folder of the standard library; None finds this Python's own.
        at_least: modules with fewer rows are left out.
    """
    root = library or Path(sysconfig.get_path("stdlib"))
    found = _read_library(root)
    shared = Counter(p.text for p in found)
    telling = [p for p in found if shared[p.text] == 1]
    sizes = Counter(p.module for p in telling)
    kept = [p for p in telling if sizes[p.module] >= at_least]
    return tuple(_row(n, p) for n, p in enumerate(sorted(kept, key=_shuffled)))


def _shuffled(paragraph: _Paragraph) -> bytes:
    content = f"{paragraph.module}\0{paragraph.text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).digest()


def _row(number: int, paragraph: _Paragraph) -> JsonObject:
    return {
        "id": f"stdlib-{number:05d}",
        "input": {"text": paragraph.text},
        "output": {"module": paragraph.module},
    }


@cache
def _read_library(root: Path) -> frozenset[_Paragraph]:
    """Parsing a thousand files takes seconds, and they do not change while a process runs."""
    return frozenset(_paragraphs(root))


def _paragraphs(root: Path) -> Iterator[_Paragraph]:
    for top in sorted(root.iterdir()):
        module = top.name.removesuffix(".py")
        if module.isidentifier() and not module.startswith("_") and module not in _SKIPPED:
            for path in _sources(top):
                yield from (_Paragraph(module, text) for text in _docstrings(path))


def _sources(top: Path) -> list[Path]:
    if top.is_file():
        return [top] if top.suffix == ".py" else []
    inside = [(p, p.relative_to(top).parts[:-1]) for p in top.rglob("*.py")]
    return sorted(p for p, folders in inside if not _TESTS.intersection(folders))


def _docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and (docstring := ast.get_docstring(node)):
            text = _first_paragraph(docstring)
            if len(text.split()) >= _FEWEST_WORDS:
                yield text


def _first_paragraph(docstring: str) -> str:
    lines = inspect.cleandoc(docstring).split("\n\n", 1)[0].split()
    return " ".join(lines)[:_LONGEST]
