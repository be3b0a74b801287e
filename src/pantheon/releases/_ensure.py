"""A version that a channel points at, wherever it is to be had: the store, else the working files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.errors import NotFound
from pantheon.releases._record import from_row, next_number, record_as
from pantheon.releases._standing import Pointer, Reserve

if TYPE_CHECKING:
    from pantheon.releases._drafts import Drafts, Written
    from pantheon.releases._release import Kind, Release
    from pantheon.store import Store


def ensure(
    store: Store, drafts: Drafts | None, kind: Kind, name: str, pointer: Pointer | Reserve
) -> Release:
    """The version, recorded from the working files when they are what the lock file pins.

    Raises:
        NotFound: this store does not hold it and the files are something else.
    """
    row = store.releases.find(pointer.hash)
    if row is not None:
        return from_row(store, row)
    if drafts is not None and drafts.has(kind, name):
        written = drafts.written(kind, name)
        if written.release.hash == pointer.hash:
            for used in drafts.with_all_it_uses(kind, name)[:-1]:
                _keep_used(store, used)
            return record_as(store, written, number=pointer.number)
    raise NotFound(
        f"pantheon.lock pins {kind} {name}@{pointer.number} ({pointer.hash}), which this "
        "project's store does not hold, and the working files are something else.",
        hint="Check out the commit that deployed it (`git log -S "
        f"{pointer.hash} -- pantheon.lock`) and run it there once, copy `.pantheon/` from the "
        f"machine that deployed it, deploy the files as they are (`pantheon deploy {name}`), or "
        "run them with --draft.",
    )


def _keep_used(store: Store, used: Written) -> None:
    number = next_number(store, used.release.kind, used.release.name)
    record_as(store, used, number=number)
