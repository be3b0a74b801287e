"""Writing a changed text: whole or not at all, and never over what somebody else wrote meanwhile."""

from __future__ import annotations

import difflib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pantheon.errors import EnvironmentFault


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
        try:
            if self.path.read_bytes().decode("utf-8-sig") != self.before:
                raise EnvironmentFault(
                    f"{self.name} has been changed by somebody else.", hint="Run it again."
                )
            self._replace()
        except OSError as error:
            raise EnvironmentFault(
                f"{self.name} cannot be written: {error.strerror or error}.",
                hint="Make it and its folder writable; it was left as it is.",
            ) from error

    def _replace(self) -> None:
        path = self.path.resolve()  # a link stays one
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=".edit-", delete=False
        ) as out:
            out.write(self.after)
        temporary = Path(out.name)
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
