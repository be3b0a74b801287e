"""Files to be written, and writing them without ever taking away what is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pantheon.errors import EnvironmentFault, InputError
from pantheon.files import replace_text


@dataclass(frozen=True, slots=True)
class File:
    """A text file of the project, by its path from the project's folder."""

    path: str
    text: str
    renewed: bool = False
    """Whether it is generated, so that another text there is an older one of the same."""
    added: bool = False
    """Whether its lines are put behind those of a file that is there, where they are missing."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a file."""

    path: str
    status: Literal["applied", "already", "would"]
    """Written; there already, the same; or what a dry run would write."""


def place(files: Iterable[File], root: Path, *, dry_run: bool = False) -> tuple[Placed, ...]:
    """Write the files that are missing; all are looked at before one is written.

    Raises:
        InputError: one is there with another text; then nothing is written.
        EnvironmentFault: a folder or file cannot be written.
    """
    wanted = list(files)
    states = [_look(file, root) for file in wanted]
    taken = [file.path for file, state in zip(wanted, states, strict=True) if state == "differs"]
    if taken:
        raise InputError(
            f"{', '.join(taken)}: there already, with another text; nothing was written.",
            hint="Choose another name, or move the file away.",
        )
    return tuple(
        _place_one(file, root, dry_run=dry_run) if state == "missing" else _already(file)
        for file, state in zip(wanted, states, strict=True)
    )


def _already(file: File) -> Placed:
    return Placed(file.path, "already")


def _look(file: File, root: Path) -> Literal["missing", "same", "differs"]:
    path = root / file.path
    if not path.exists():
        return "missing"
    try:
        same = path.read_text(encoding="utf-8") == _wanted(file, path)
    except (OSError, UnicodeDecodeError):
        return "differs"
    if same:
        return "same"
    return "missing" if file.renewed or file.added else "differs"


def _wanted(file: File, path: Path) -> str:
    """What the file should hold. Raises OSError or UnicodeDecodeError."""
    if not file.added or not path.exists():
        return file.text
    there = path.read_text(encoding="utf-8")
    known = set(there.splitlines())
    missing = [line for line in file.text.splitlines(keepends=True) if line.strip() not in known]
    gap = "" if not missing or not there or there.endswith("\n") else "\n"
    return there + gap + "".join(missing)


def _place_one(file: File, root: Path, *, dry_run: bool) -> Placed:
    if dry_run:
        return Placed(file.path, "would")
    path = root / file.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, _wanted(file, path))
    except OSError as error:
        raise EnvironmentFault(
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Make the folder writable, or free space.",
        ) from error
    return Placed(file.path, "applied")
