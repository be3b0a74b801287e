"""The ladder: every rung that fits is tried within a budget, and the cheapest good one is put up.

Each rung that fits is certified with its own share of the promise's delta (weighted Bonferroni), so
the best certificate may be taken: with chance 1 - delta none of them is wrong. Weights are fixed; which
rungs fit is read from the contract and from which answers come again, never from how well any would
do. "Cheapest good one": the lowest rung whose local share is within `WORTH` of the highest.

A trial is kept under the hash of all that decides its outcome. A night that is killed and begun
again finds what it had trained, and so does the next night if nothing was learned meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from pantheon.errors import PantheonError
from pantheon.ids import ContentHash, hash_json
from pantheon.learn._calibrate import Calibration, calibrate
from pantheon.learn._candidate import Candidate
from pantheon.learn._certainty import fit_certainty
from pantheon.learn._rung import Judged, Rung, RungModel, Tools, Trained
from pantheon.learn._splits import rows_in
from pantheon.store import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from pantheon.ids import Json, JsonObject
    from pantheon.learn._rows import Row
    from pantheon.learn._task import Task
    from pantheon.store import Store

WORTH = 0.01
"""Share of the requests for which a dearer rung is not worth its price."""
_NOTHING_LEFT = 0.98
"""A cheaper rung that answers so much leaves too little for a dearer one to gain."""
_EVEN = 0.5
_VERSION = 2
"""Raised when rungs learn otherwise than before, so that old trials are not taken for new ones."""

Fate: TypeAlias = Literal["trained", "reused", "unfit", "failed", "pruned"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one rung tonight, for the report."""

    rung: str
    fate: Fate
    reason: str = ""
    seconds: float = 0.0
    trained: Trained | None = None
    candidate: Candidate[RungModel] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Climb:
    """All attempts, and the candidate that may go to the gate; None if no rung could be trained."""

    attempts: tuple[Attempt, ...]
    best: Candidate[RungModel] | None


@dataclass(frozen=True, slots=True)
class Memory:
    """Where trials are kept: the store, on behalf of one agent in one night."""

    store: Store
    agent: str
    night: str
    content: ContentHash
    """Hash of the rows that are learned from."""
    revive: Callable[[bytes], RungModel]
    """Brings a model back from its bytes."""

    def key(self, rung: Rung, task: Task, space: str) -> str:
        """What decides the outcome of a trial."""
        promise = task.promise
        return hash_json(
            {
                "rung": [self.agent, rung.name, _VERSION, space],
                "rows": [self.content, task.seed, task.audit_rate],
                "contract": [task.input, task.output, task.description, str(task.same)],
                "promise": [promise.disagreement, promise.confidence, *task.critical],
            }
        )

    def recall(self, key: str) -> tuple[Trained, float] | None:
        """A trial that is done, with the seconds it took."""
        trial = self.store.trials.get(key)
        if trial is None or trial.state != "done" or trial.artifact is None:
            return None
        try:
            model = self.revive(self.store.blobs.get(trial.artifact))
        except PantheonError:
            return None
        # Asked for tonight, so tonight's it is: `release` lets go of what nobody asks for.
        self.store.trials.put(replace(trial, night=self.night))
        return _trained(model, trial.result), trial.seconds

    def keep(self, key: str, rung: str, trained: Trained, seconds: float) -> None:
        """Write a trial with its model down."""
        artifact = self.store.blobs.put(trained.model.dumps())
        self._put(key, rung, seconds, "done", _result(trained), artifact)

    def keep_failure(self, key: str, rung: str, reason: str, seconds: float) -> None:
        """Write down why a rung gave nothing."""
        self._put(key, rung, seconds, "failed", {"reason": reason}, None)

    def _put(
        self,
        key: str,
        rung: str,
        seconds: float,
        state: Literal["done", "failed", "pruned"],
        result: JsonObject,
        artifact: ContentHash | None,
    ) -> None:
        now = self.store.clock.now()
        self.store.trials.put(
            Trial(key, self.agent, self.night, rung, now, seconds, state, result, artifact)
        )

    def release(self) -> None:
        """Let go of models of trials that no night will ask for again; what they showed stays."""
        for trial in self.store.trials.list(self.agent):
            if trial.artifact is not None and trial.night != self.night:
                self.store.trials.put(replace(trial, artifact=None, result={}))


async def climb(
    rungs: Iterable[Rung],
    rows: Sequence[Row],
    task: Task,
    tools: Tools,
    memory: Memory | None = None,
) -> Climb:
    """Try every rung that fits, the cheapest first.

    Args:
        rungs: the ladder.
        rows: everything that is known; held-out rows are left alone.
        task: what is to be learned.
        tools: what may be used, and until when.
        memory: where trials are kept; None keeps nothing.
    """
    mine = [row for row in rows_in("train", rows) if row.weight > 0]
    held_out = len(rows_in("holdout", rows))
    ladder = sorted(rungs, key=lambda rung: (rung.cost, rung.name))
    unfit = {rung.name: rung.unfit(task, mine, tools) for rung in ladder}
    fitting = [rung for rung in ladder if unfit[rung.name] is None]
    total = sum(rung.weight for rung in fitting)
    attempts = [Attempt(r.name, "unfit", unfit[r.name] or "") for r in ladder if unfit[r.name]]
    for rung in fitting:
        attempt = await _try(rung, mine, task, tools, memory, found=attempts)
        if attempt.trained is not None:
            share = rung.weight / total
            made = certify(attempt.trained, task, rung, share=share, held_out=held_out)
            attempt = replace(attempt, candidate=made)
        attempts.append(attempt)
    return Climb(tuple(attempts), choose([a.candidate for a in attempts if a.candidate]))


def choose(candidates: Sequence[Candidate[RungModel]]) -> Candidate[RungModel] | None:
    """The cheapest certified one whose local share is close to the best; else the best uncertified.

    An uncertified one is returned so that the gate can say why nothing may answer.
    """
    certified = [c for c in candidates if c.calibration.certified]
    if not certified:
        return max(candidates, key=lambda c: c.calibration.agreement.estimate, default=None)
    most = max(c.calibration.local_share.estimate for c in certified)
    good = [c for c in certified if c.calibration.local_share.estimate >= most - WORTH]
    return min(good, key=lambda c: (c.cost, c.rung))


async def _try(
    rung: Rung,
    rows: Sequence[Row],
    task: Task,
    tools: Tools,
    memory: Memory | None,
    *,
    found: Sequence[Attempt],
) -> Attempt:
    key = memory.key(rung, task, tools.space) if memory else ""
    recalled = memory.recall(key) if memory else None
    if recalled is not None:
        trained, seconds = recalled
        return Attempt(rung.name, "reused", seconds=seconds, trained=trained)
    reason = _prune(rung, rows, task, tools, found)
    if reason is not None:
        return Attempt(rung.name, "pruned", reason)
    return await _train(rung, rows, task, tools, memory, key=key)


def _prune(
    rung: Rung, rows: Sequence[Row], task: Task, tools: Tools, found: Sequence[Attempt]
) -> str | None:
    shares = [a.candidate.calibration.local_share.estimate for a in found if a.candidate]
    if max(shares, default=0.0) >= _NOTHING_LEFT:
        return f"A cheaper rung answers {100 * max(shares):.0f} % of the requests."
    needed, left = rung.seconds(task, rows, tools), tools.seconds_left
    if needed > left:
        return f"It would take about {needed:.0f} s; {left:.0f} s are left of the night's budget."
    return None


async def _train(
    rung: Rung,
    rows: Sequence[Row],
    task: Task,
    tools: Tools,
    memory: Memory | None,
    *,
    key: str,
) -> Attempt:
    started = tools.clock.elapsed()
    tools.notify(rung.name)
    try:
        trained = await rung.train(rows, task, tools)
    except PantheonError as error:
        seconds = tools.clock.elapsed() - started
        if memory:
            memory.keep_failure(key, rung.name, error.message, seconds)
        return Attempt(rung.name, "failed", error.message, seconds)
    seconds = tools.clock.elapsed() - started
    if memory:
        memory.keep(key, rung.name, trained, seconds)
    return Attempt(rung.name, "trained", seconds=seconds, trained=trained)


def certify(
    trained: Trained, task: Task, rung: Rung, *, share: float = 1.0, held_out: int = 0
) -> Candidate[RungModel]:
    """Find what a trained model may answer, with a share of the promise's delta."""
    judged = trained.judged
    certainty = fit_certainty(judged.margin, ~judged.wrong)
    calibration = calibrate(
        judged.margin,
        judged.wrong,
        task.promise,
        floor=certainty.even,
        labels=trained.choices,
        share=share,
    )
    calibration = _worth_asking(calibration)
    model = trained.model.accepting(calibration.threshold, certainty)
    return Candidate(
        model,
        calibration,
        trained.trained_on,
        held_out,
        judged,
        rung.name,
        rung.cost,
        trained.note,
    )


def _worth_asking(calibration: Calibration) -> Calibration:
    """Nothing may answer that is wrong as often as right, however seldom it would answer."""
    if not calibration.certified or calibration.disagreement_local.estimate < _EVEN:
        return calibration
    share = f"{100 * calibration.disagreement_local.estimate:.0f} %"
    reason = f"Of what it would answer, {share} would differ from the teacher."
    return replace(calibration, threshold=np.inf, reasons=(*calibration.reasons, reason))


# ------------------------------------------------------------------------------- as JSON and back
def _result(trained: Trained) -> JsonObject:
    judged = trained.judged
    return {
        "ids": [*judged.ids],
        "margin": cast("list[Json]", judged.margin.tolist()),
        "wrong": cast("list[Json]", judged.wrong.tolist()),
        "said": [*judged.said],
        "trained_on": trained.trained_on,
        "choices": trained.choices,
        "note": trained.note,
    }


def _trained(model: RungModel, result: JsonObject) -> Trained:
    kept = cast("dict[str, Any]", result)
    judged = Judged(
        tuple(kept["ids"]),
        np.array(kept["margin"], dtype=np.float64),
        np.array(kept["wrong"], dtype=bool),
        tuple(kept["said"]),
    )
    return Trained(model, judged, int(kept["trained_on"]), int(kept["choices"]), kept["note"])
