"""Projects to compare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pantheon.diff import Diff, Source, compare
from tests.diff.world import BEFORE, PROMPT, Folder, edited

Compare = Callable[..., Diff]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A project as it was."""
    return Folder(tmp_path / "project").write()


@pytest.fixture
def changed(tmp_path: Path) -> Compare:
    """Compares the project with itself after some edits."""

    def run(*edits: tuple[str, str], prompt: str = PROMPT) -> Diff:
        old = Folder(tmp_path / "old").write(BEFORE)
        new = Folder(tmp_path / "new").write(edited(*edits), prompt)
        return compare(Source("old", old.load()), Source("new", new.load()))

    return run
