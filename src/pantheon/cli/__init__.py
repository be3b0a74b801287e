"""The `pantheon` command: one file a command group, each imported only when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

__all__ = ["command_tree", "main"]


def command_tree() -> click.Group:
    """Every command and option there is; the reference page of commands is written from it."""
    from pantheon.cli._app import app

    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (`pantheon.errors.ExitCode`)."""
    from pantheon.cli._app import run

    return run(arguments)
