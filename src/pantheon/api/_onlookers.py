"""Who looks on while runs end: versions in the shadow, and the guards of versions on trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.flows import Onlooker
    from pantheon.models import ChatModel
    from pantheon.spec import Project
    from pantheon.store import Run, Store


def onlookers(
    project: Project,
    store: Store,
    *,
    clock: Clock,
    models: Mapping[str, ChatModel] | None,
    seed: int,
    lock: Path | None,
) -> tuple[Onlooker, ...]:
    """Shadows first, so that guards see what they came to.

    `lock`: the lock file that guards write; None: only the store, as for a project that has none.
    """

    def shadows() -> Onlooker:
        from pantheon.trying import Shadows

        return Shadows(project, store, clock=clock, models=models, seed=seed)

    def guards() -> Onlooker:
        from pantheon.releases import GuardWatch

        return GuardWatch(store, lock)

    return OnTrial(store, shadows), OnTrial(store, guards)


class OnTrial:
    """An onlooker that is made when something is first found on trial."""

    def __init__(self, store: Store, make: Callable[[], Onlooker]) -> None:
        self._store = store
        self._make = make
        self._made: Onlooker | None = None
        self._seen = 0

    def ended(self, run: Run) -> None:
        """A run has ended."""
        if self._made is None and self._look():
            self._made = self._make()
        if self._made is not None:
            self._made.ended(run)

    async def close(self) -> None:
        """The project is being closed."""
        if self._made is not None:
            await self._made.close()

    def _look(self) -> bool:
        """Whether anything is on trial; looked up again when something has moved."""
        newest = self._store.releases.newest_move()
        if newest == self._seen:
            return False
        self._seen = newest
        return any(move.after.keys() - {"stable"} for move in self._store.releases.standing())
