"""The command line as a function, as the tests of the command line have it."""

from __future__ import annotations

from tests.cli.conftest import pantheon

__all__ = ["pantheon"]
