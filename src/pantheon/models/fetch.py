"""Fetch the default weights into the user's cache: `python -m pantheon.models.fetch [NAME ...]`.

Quick when they are already there. Exits with 0, or with 8 when they cannot be fetched.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pantheon.errors import PantheonError
from pantheon.models._weights import CATALOGUE, Progress, catalogued, ensure


def fetch_weights(names: Sequence[str] = (), *, progress: Progress | None = None) -> None:
    """Make sure that these default weights (all, when none is named) are on this machine."""
    for name in names or tuple(CATALOGUE):
        ensure(catalogued(name), progress=progress)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    try:
        fetch_weights(arguments, progress=_print_line)
    except PantheonError as error:
        _print_line(f"error: {error.message}\n  fix: {error.hint}")
        return int(error.exit_code)
    return 0


def _print_line(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
