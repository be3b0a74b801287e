"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pantheon.files import replace_text, stage_text


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    """What is behind a link is replaced, and nothing is left beside it."""
    file, link = tmp_path / "real.txt", tmp_path / "link.txt"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    replace_text(link, "new\n")
    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new\n", 0o600)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.txt", "real.txt"]


def test_a_new_file_gets_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    """Others may read it unless it says otherwise."""
    replace_text(tmp_path / "a", "x")
    replace_text(tmp_path / "b", "x", mode=0o600)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"]
    assert modes == [0o644, 0o600]


def test_what_cannot_be_put_in_place_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a folder in the way nor a disk that fails leaves a file beside."""
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        replace_text(tmp_path / "folder", "x")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="space"):
        stage_text(tmp_path / "file", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]
