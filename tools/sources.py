"""The project's Python files as syntax trees, for the checks that read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Source:
    """One file, by its path from the project's root."""

    path: str
    text: str
    tree: ast.Module


def parse(path: str, text: str) -> Source:
    """A file from its text."""
    return Source(path, text, ast.parse(text, path))


def read(folder: str) -> Iterator[Source]:
    """Every file under a folder of the project, in order; fixtures may be meant to be wrong.

    A file that does not parse is left to the linter, which says so.
    """
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "fixtures" in path.parts:
            continue
        try:
            yield parse(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        except SyntaxError:
            continue
