"""Writing a changed text: whole or not at all, and never over what somebody else wrote meanwhile."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pantheon.errors import EnvironmentFault
from pantheon.files import stage_text


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file, its text as it was read, and as it should be."""

    path: Path
    name: str
    """As it is shown."""
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff."""
        return "".join(
            line if line.endswith("\n") else f"{line}\n"
            for line in difflib.unified_diff(
                self.before.splitlines(keepends=True),
                self.after.splitlines(keepends=True),
                self.name,
                self.name,
            )
        )

    def write(self) -> None:
        """Replace the file in one step.

        Raises:
            EnvironmentFault: it has been changed since it was read, or cannot be written.
        """
        write_all([self])


def write_all(rewrites: Iterable[Rewrite]) -> None:
    """Replace every file whose text changes: first all are written beside, then all take their place.

    Raises:
        EnvironmentFault: one has been changed since it was read, or cannot be written; until all
            are written beside, none is touched.
    """
    staged: list[tuple[Path, Path]] = []
    rewrite = None
    try:
        for rewrite in (each for each in rewrites if each.changed):
            staged.append((_stage(rewrite), rewrite.path.resolve()))  # a link stays one
        for temporary, path in staged:
            temporary.replace(path)
    except OSError as error:
        name = rewrite.name if rewrite else "The file"
        raise EnvironmentFault(
            f"{name} cannot be written: {error.strerror or error}.",
            hint="Make it and its folder writable; it was left as it is.",
        ) from error
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def _stage(rewrite: Rewrite) -> Path:
    """The new text in a file beside the old one."""
    path = rewrite.path.resolve()
    if path.read_bytes().decode("utf-8-sig", errors="replace") != rewrite.before:
        raise EnvironmentFault(
            f"{rewrite.name} has been changed by somebody else.", hint="Run it again."
        )
    return stage_text(path, rewrite.after)
