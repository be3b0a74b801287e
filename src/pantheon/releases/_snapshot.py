"""The code of a version as it was, where the project's folder has other code by now.

In a folder of its own lie the source files that the version was recorded with; everything else of
the project's folder is reached through links, so that a function finds its data where it did.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pantheon.errors import EnvironmentFault
from pantheon.releases._record import contents_of
from pantheon.releases._release import Release
from pantheon.store import Store

FOLDER: Final = Path(".pantheon") / "releases"
_LEFT_OUT: Final = frozenset({".pantheon", ".git", "__pycache__"})
_DIGITS: Final = 16


def lay_out(store: Store, release: Release, root: Path) -> Path:
    """The folder in which the version's code is as it was; made, or made whole again.

    Raises:
        NotFound: the store has lost a file of it.
        EnvironmentFault: the folder cannot be written.
    """
    root = root.resolve()
    folder = root / FOLDER / release.hash.removeprefix("b2:")[:_DIGITS]
    contents = contents_of(store, release)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _keep_out_of_git(root / FOLDER)
        for path, content in contents.items():
            _write(folder, path, content)
        for inside in {"", *(p for path in contents for p in _folders(path))}:
            _link(root / inside, folder / inside)
    except OSError as error:
        raise EnvironmentFault(
            f"The code of {release.title} cannot be laid out in {folder}: "
            f"{error.strerror or error}.",
            hint="Make the project's .pantheon folder writable, or free space.",
        ) from error
    return folder


def _keep_out_of_git(folder: Path) -> None:
    if not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _folders(path: str) -> Iterable[str]:
    return (parent.as_posix() for parent in Path(path).parents if parent.as_posix() != ".")


def _write(folder: Path, path: str, content: bytes) -> None:
    target = folder / path
    if target.is_file() and not target.is_symlink() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(target)


def _link(source: Path, target: Path) -> None:
    """Links to all of a folder that the version did not bring itself."""
    if not source.is_dir():
        return
    for entry in source.iterdir():
        link = target / entry.name
        if entry.name in _LEFT_OUT or link.exists() or link.is_symlink():
            continue
        try:
            link.symlink_to(entry)
        except FileExistsError:
            continue  # another process was faster
