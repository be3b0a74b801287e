"""What chance decides when a run begins: its id, and which version answers it."""

from __future__ import annotations

import random

from pantheon.flows._deployed import Draw
from pantheon.ids import RunId, derive_seed, new_id
from pantheon.store import Store


class RunIds:
    """Ids of new runs; reproducible for the same seed and history of the store."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._seed = seed
        self._rng: random.Random | None = None

    def new(self, now: float) -> RunId:
        """The id of a run that begins now."""
        if self._rng is None:
            self._rng = random.Random(derive_seed(self._seed, "run", self._store.runs.count()))
        return RunId(new_id("r", now=now, rng=self._rng))

    def draw(self, run: RunId) -> Draw:
        """Chance that depends on the seed, the run and a name alone."""
        return lambda name: derive_seed(self._seed, "channel", run, name) / 2**32
