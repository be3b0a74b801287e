"""Learned parts: which specialist is pinned on each side, and what the store knows of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pantheon.diff._model import Learned
from pantheon.diff._scores import score_slices
from pantheon.errors import NotFound

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.report import VersionDiff
    from pantheon.store import Store


def compare_learned(
    before: Mapping[str, ContentHash], after: Mapping[str, ContentHash], store: Store | None
) -> dict[str, Learned]:
    """By agent, where another specialist is pinned, or none any more."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        name: Learned(
            before.get(name),
            after.get(name),
            _details(store, name, before.get(name), after.get(name)),
            score_slices(store, name, before.get(name), after.get(name)) if store else (),
        )
        for name in names
    }


def _details(
    store: Store | None, agent: str, before: ContentHash | None, after: ContentHash | None
) -> VersionDiff | None:
    if store is None or after is None:
        return None
    from pantheon.report import version_diff

    try:
        return version_diff(store, agent, before, after)
    except NotFound:
        return None
