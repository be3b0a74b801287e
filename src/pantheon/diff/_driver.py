"""`git diff` with meaning: what git calls for each changed file, and what it prints.

git hands over one file at two states. All the others are taken as they are in the work tree, so
what is shown is what the change of this one file means. Where a side cannot be read as a project,
its text is compared as git would, because a driver that fails stops the whole of `git diff`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pantheon.diff._compare import compare
from pantheon.diff._files import MAX_BYTES, laid_out, read_folder
from pantheon.diff._model import Source
from pantheon.diff._terminal import diff_segments
from pantheon.draw import Segment, Style
from pantheon.errors import InputError, PantheonError, UsageError
from pantheon.spec import Project, load_project
from pantheon.text import clean, scrub

FILE_NAME = "pantheon.yaml"
_STYLES: dict[str, Style] = {"+": "added", "-": "removed", "@": "quiet"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call by git: a path from the root of the work tree, and files with two states of it."""

    path: str
    old: Path | None
    """None: it was added."""
    new: Path | None
    """None: it was removed."""
    renamed: str | None = None
    """The later path."""


def read_call(arguments: Sequence[str], folder: Path) -> Call | None:
    """What git's arguments mean; None for a path with a conflict. Raises UsageError.

    git gives `path old-file old-hex old-mode new-file new-hex new-mode`, then the new path and
    what was done to it if the file was renamed, and only the path while a conflict is open.
    """
    if len(arguments) == 1:
        return None
    if len(arguments) not in {7, 9}:
        raise UsageError(
            f"A diff driver is called with 7 arguments, not with {len(arguments)}.",
            hint="Let git call it: see `pantheon diff --help`.",
        )
    path, old, _, _, new = arguments[:5]
    later = arguments[7] if len(arguments) == 9 else None
    return Call(path, _file(old, folder), _file(new, folder), later)


def _file(name: str, folder: Path) -> Path | None:
    return None if name == "/dev/null" else folder / name


def drive(
    arguments: Sequence[str], folder: Path, *, width: int, ascii_only: bool = False
) -> list[list[Segment]]:
    """The lines to print for one call by git; `folder` is where git started the program."""
    call = read_call(arguments, folder)
    if call is None:
        return [[("changed", f"* Unmerged path {scrub(arguments[0])}")]]
    later = call.renamed or call.path
    lines: list[list[Segment]] = [[("strong", f"diff a/{scrub(call.path)} b/{scrub(later)}")]]
    try:
        old, new = _load(call, folder)
    except PantheonError as error:
        note = clean(f"compared as text, because a side is no valid project: {error.message}", 240)
        return [*lines, [("quiet", note)], *_plain(call)]
    found = compare(Source(f"a/{call.path}", old), Source(f"b/{later}", new))
    if found.empty:
        note = "the definitions mean the same; only their text differs"
        return [*lines, [("quiet", note)], *_plain(call)]
    return [*lines, *diff_segments(found, width=width, ascii_only=ascii_only), []]


def _load(call: Call, folder: Path) -> tuple[Project, Project]:
    """The project with the file as it was, and as it is."""
    target = (folder / (call.renamed or call.path)).absolute()
    root = _project_folder(target, folder.absolute())
    name = target.relative_to(root).as_posix()
    files = read_folder(root)
    return _state(files, name, call.old, root), _state(files, name, call.new, root)


def _project_folder(file: Path, top: Path) -> Path:
    """The nearest folder with a project, that of the file first, up to the root of the tree."""
    for folder in file.parents:
        if file.name == FILE_NAME or (folder / FILE_NAME).is_file():
            return folder
        if folder == top:
            break
    raise InputError(f"There is no {FILE_NAME} for {file.name}.", hint="")


def _state(files: Mapping[str, bytes], name: str, state: Path | None, root: Path) -> Project:
    if state is None and name == FILE_NAME:
        return Project(root)
    others = {path: data for path, data in files.items() if path != name}
    if state is not None:
        others[name] = state.read_bytes()[: MAX_BYTES + 1]
    with laid_out(others) as laid:
        return load_project(laid, local=False)


def _plain(call: Call) -> Iterator[list[Segment]]:
    """The texts compared line by line."""
    old, new = _lines(call.old), _lines(call.new)
    names = f"a/{call.path}", f"b/{call.renamed or call.path}"
    for line in difflib.unified_diff(old, new, *names, lineterm=""):
        yield [(_STYLES.get(line[:1], "plain"), scrub(line))]


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    return file.read_bytes()[: MAX_BYTES + 1].decode(errors="replace").splitlines()
