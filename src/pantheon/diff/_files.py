"""Which files a project is read from, and a folder of its own for a state that is on no disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pantheon.errors import EnvironmentFault
from pantheon.spec import InvalidProject, Project

MAX_BYTES = 1 << 20
"""Of one file: the loader reads no larger ones."""
MAX_FILES = 20_000
_SUFFIXES = frozenset({
    ".yaml", ".yml", ".json", ".jsonl", ".j2", ".jinja", ".jinja2", ".txt", ".md", ".lock",
})  # fmt: skip
_NO_SOURCES = frozenset({"node_modules", "__pycache__", "site-packages"})
_SKILL = "SKILL.md"


def wanted(paths: Iterable[str]) -> list[str]:
    """Those of the paths (with `/`) that definitions may name: text files, and whole skills."""
    every = [path for path in paths if _inside(PurePosixPath(path))]
    skills = tuple(path.removesuffix(_SKILL) for path in every if path.endswith(f"/{_SKILL}"))
    chosen = [p for p in every if PurePosixPath(p).suffix in _SUFFIXES or p.startswith(skills)]
    if len(chosen) > MAX_FILES:
        raise EnvironmentFault(
            f"There are more than {MAX_FILES} files that definitions might name.",
            hint="Keep the project in a folder of its own.",
        )
    return chosen


def _inside(path: PurePosixPath) -> bool:
    """Whether it names a file below the folder, and none that is hidden or installed."""
    parts = path.parts
    hidden = any(part.startswith(".") for part in parts)
    return bool(parts) and not path.is_absolute() and not hidden and not _NO_SOURCES & {*parts}


def read_folder(folder: Path) -> dict[str, bytes]:
    """The wanted files of a folder by their path from there."""
    found: list[str] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in _NO_SOURCES)
        here = Path(at)
        found += ((here / name).relative_to(folder).as_posix() for name in sorted(names))
    files = {path: folder / path for path in wanted(found)}
    return {path: file.read_bytes() for path, file in files.items() if _readable(file)}


def _readable(file: Path) -> bool:
    return file.is_file() and file.stat().st_size <= MAX_BYTES


@contextmanager
def laid_out(files: Mapping[str, bytes]) -> Generator[Path]:
    """A temporary folder with these files; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pantheon-diff-") as name:
        folder = Path(name).resolve()
        for path, data in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        yield folder


def load_named(label: str, load: Callable[[], Project]) -> Project:
    """What `load` gives; mistakes are told of the files of that label. Raises InvalidProject."""
    try:
        return load()
    except InvalidProject as error:
        raise InvalidProject(
            replace(d, where=replace(d.where, file=f"{label}:{d.where.file}"))
            for d in error.diagnostics
        ) from None
