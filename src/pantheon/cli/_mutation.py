"""Commands that change something: rehearsed on request, and saying whether anything changed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from pantheon.store import Store

Status = Literal["applied", "already", "would"]
"""What became of a change: made, there before, or only said."""

dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what would be changed.")


def status_of(*, changes: bool, dry_run: bool) -> Status:
    """How a command says what it did; twice the same is `already`."""
    if not changes:
        return "already"
    return "would" if dry_run else "applied"


@contextmanager
def rehearsal(store: Store, *, dry_run: bool) -> Generator[None]:
    """With `dry_run` all that is written to the store inside is checked as ever, and taken back."""
    if not dry_run:
        yield
        return
    with suppress(_TakenBack), store.transaction():
        yield
        raise _TakenBack


class _TakenBack(Exception):
    """Ends the transaction of a rehearsal without keeping it."""
