"""Projects of one file, looked at as the command does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from pantheon.lint import Checked, check
from pantheon.spec import load_project

Look: TypeAlias = Callable[..., Checked]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Writes pantheon.yaml (or what `files` holds) and says what is found; None: as it is."""

    def look_at(text: str | None = None) -> Checked:
        if text is not None:
            (tmp_path / "pantheon.yaml").write_text(text, encoding="utf-8")
        return check(lambda: load_project(tmp_path, environment={}))

    return look_at
