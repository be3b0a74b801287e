"""A path in a definition names a file of the project; what else it names is told, never met."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.spec import InvalidProject, load_project

PROJECT = """
agents:
  a:
    input: {text: string}
    output: {reply: string}
    tiers: [prompt]
    context: [CONTEXT]
    tests: TESTS
include: [INCLUDE]
"""
FILES = {
    "CONTEXT": "notes.md",
    "TESTS": "t.yaml",
    "INCLUDE": "more.yaml",
}


@pytest.mark.parametrize("path", [".", "folder", "nothing.txt"])
@pytest.mark.parametrize("key", list(FILES))
def test_what_is_no_file_is_told(tmp_path: Path, key: str, path: str) -> None:
    """The project's own folder too, though files lie beside it that are not of the project."""
    root = tmp_path / "project"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text("")
    text = PROJECT.replace(key, path)
    for other, name in FILES.items():
        text = text.replace(other, name)
        (root / name).write_text("[]" if name == "t.yaml" else "version: 1")
    (root / "pantheon.yaml").write_text(text)

    with pytest.raises(InvalidProject) as caught:
        load_project(root)

    assert "missing-file" in {diagnostic.code for diagnostic in caught.value.diagnostics}
    assert "outside.yaml" not in str(caught.value)
