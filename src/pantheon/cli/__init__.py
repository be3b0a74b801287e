"""The `pantheon` command: one file a command group, each imported only when it is called."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (`pantheon.errors.ExitCode`)."""
    from pantheon.cli._app import run

    return run(arguments)
