"""What is decided when a run begins: its id, whose it is, and which version answers it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from pantheon.flows._deployed import Draw
from pantheon.flows._pinned import Pinned
from pantheon.ids import JsonObject, RunId, derive_seed, new_id
from pantheon.store import Run, Store


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


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a run comes from, and whose it is."""

    cause: str
    night: str | None
    user: str | None
    deadline: float | None

    def run(self, id: RunId, pinned: Pinned, input: JsonObject, *, now: float, seed: int) -> Run:
        """The run as it begins."""
        return Run(
            id=id,
            flow=pinned.pin.flow.name,
            flow_hash=pinned.pin.hash,
            input=input,
            state="running",
            created=now,
            cause=self.cause,
            seed=seed,
            started=now,
            night=self.night,
            priority=pinned.plan.flow.priority,
            user=self.user,
            deadline=self.deadline,
            release=pinned.release,
            channel=pinned.channel,
        )


def told_of(run: Run) -> JsonObject:
    """What the first event of a run says."""
    facts: JsonObject = {"flow": run.flow, "cause": run.cause}
    if run.release is not None:
        facts |= {"release": run.release, "channel": run.channel}
    return facts
