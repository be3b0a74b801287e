"""One agent's slot during a night: its canary is reviewed, its challenger is weighed, and tonight's
candidate is told what it has to show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pantheon.errors import PantheonError
from pantheon.learn._asking import judged_sameness, most_rows, predict
from pantheon.learn._channels import canary_of
from pantheon.learn._gate import Claim, Sample
from pantheon.learn._splits import rows_in
from pantheon.learn.gates import (
    SHARE,
    AgentNight,
    Challenge,
    Move,
    Probation,
    challenge_for,
    challenger,
    contest,
    find_leaks,
    review_canary,
    set_aside,
    shadow,
    standing,
    times_taken_back,
)

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.learn._candidate import Candidate
    from pantheon.learn._rows import Embed, Prediction, Row
    from pantheon.learn._rung import RungModel, Tools
    from pantheon.learn._task import Task
    from pantheon.learn.gates import Answers
    from pantheon.store import Store, Version


@dataclass(frozen=True, slots=True)
class Slot:
    """What a night knows of one agent's slot.

    - rows: everything that is known of its requests
    - load: brings a version's model to life
    - tools: the contract's equality, and its judge where it names one
    - lock: the lock file; None keeps all in the store
    """

    store: Store
    task: Task
    night: str
    rows: Sequence[Row]
    load: Callable[[Version], RungModel]
    tools: Tools
    lock: Path | None = None

    async def review(self) -> Probation | None:
        """Settle the canary or take it back; where it stands, None if none is on probation.

        Then the challenger's day is added to its evidence. A version that cannot be brought to
        life is not asked: nothing is decided about it tonight.
        """
        tonight = AgentNight(
            agent=self.task.agent,
            night=self.night,
            promise=self.task.promise,
            rows=self.rows,
            ask=self._ask,
            same=self.tools.same,
            compare=lambda rows, answers: judged_sameness(rows, answers, self.tools),
            audit_rate=self.task.audit_rate,
            seed=self.task.seed,
            most=most_rows(*self._rivals()),
        )
        try:
            found = await review_canary(self.store, tonight, clock=self.store.clock, lock=self.lock)
            if found is None:
                await contest(self.store, tonight)
        except PantheonError:
            return None
        return found

    def _rivals(self) -> list[RungModel]:
        """What may be asked tonight: what answers, and what waits or is on probation beside it."""
        agent = self.task.agent
        waiting, canary = challenger(self.store, agent), canary_of(self.store, agent)
        current = self.store.channels.current(agent)
        rivals = [waiting.hash if waiting else None, canary.version if canary else None]
        hashes = [current, *(hash for hash in rivals if hash != current)]
        found: list[RungModel] = []
        for hash in hashes if current is not None and any(rivals) else ():
            with suppress(PantheonError):
                found += [self.load(self.store.versions.get(hash))] if hash else []
        return found

    async def _ask(self, version: ContentHash, rows: Sequence[Row]) -> Answers:
        model: list[RungModel] = []

        async def ask(texts: Sequence[str]) -> Sequence[Prediction]:
            model.append(self.load(self.store.versions.get(version)))
            return await predict(model[-1], texts)

        return await shadow(self.store, self.task.agent, version, rows, ask)

    def claim(
        self, candidate: Candidate[RungModel], sample: Sample, embed: Embed, *, vacant: bool
    ) -> Claim:
        """What tonight's candidate has to show, and what it has; `vacant`: nothing answers now."""
        move, challenge = self._challenge(candidate, vacant=vacant)
        texts = {row.id: row.text for row in self.rows}
        shown = cast("list[str]", candidate.note.get("demonstrations") or [])
        leaks = find_leaks(
            [row.text for row in rows_in("train", self.rows)],
            [sample.rows[place].text for place in sample.random],
            demonstrations=[texts[id] for id in shown if id in texts],
            embed=embed,
        )
        weighed = standing(self.store, challenge) if challenge else None
        return Claim(candidate.calibration.reasons, move, weighed, leaks)

    def _challenge(
        self, candidate: Candidate[RungModel], *, vacant: bool
    ) -> tuple[Move, Challenge | None]:
        current = None if vacant else self.store.channels.current(self.task.agent)
        deployed = None if current is None else self.store.versions.get(current)
        agent, rung = self.task.agent, candidate.rung
        taken_back = times_taken_back(self.store, agent, rung, deployed)
        return challenge_for(
            agent, rung=rung, cost=candidate.cost, deployed=deployed, taken_back=taken_back
        )


def without_twins(sample: Sample, rows: Sequence[Row], embed: Embed) -> Sample:
    """The sample without held-out rows too like what is trained on; critical ones stay looked at."""
    held = [sample.rows[place] for place in sample.random]
    kept, _ = set_aside(held, rows_in("train", rows), embed)
    chosen = {row.id for row in kept}
    random = tuple(place for place in sample.random if sample.rows[place].id in chosen)
    return replace(sample, random=random)


def share_of(move: Move, configured: float | None) -> float:
    """The share that a promoted version begins with: none is on probation that only fills an empty
    slot, nor, unless something is configured, one of the rung that answers already.
    """
    if move == "fill":
        return 1.0
    if configured is None:
        return 1.0 if move == "refresh" else SHARE
    return configured
