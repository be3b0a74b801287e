"""A challenger against what is deployed, on requests that came after it was trained.

Each night the two are asked the same fresh rows (`pantheon.learn.gates._shadow`). A row counts for
the challenger if it is answered here like the teacher: 1 if only the challenger does so, -1 if only
the deployed one does. The night's counts go into an e-process that is kept in the store, and its
e-value to the budget of false discoveries over all agents. What is tested is a rung against a
deployed version: tonight's challenger may be another than last night's, as long as it was trained
before the rows came.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.learn._paired import Paired, e_value
from pantheon.learn.gates._evalues import EProcess
from pantheon.learn.gates._fdr import ALPHA, decide
from pantheon.store import Decision, Evidence

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.learn._rows import Flags
    from pantheon.store import Store

Test: TypeAlias = Literal["superior", "not_inferior"]
MARGIN = 0.02
"""By which share of the requests a cheaper rung may answer fewer rightly."""
_PATIENCE = 14
"""Nights after which a test whose evidence has not grown is not worth a shadow any longer."""
_SHOWN = math.log(1 / ALPHA)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is tested.

    - test: `superior` to improve; `not_inferior` to replace something dearer
    - rung: who challenges; deployed: the version that answers
    - margin: of `not_inferior`, stated beforehand
    - taken_back: how often the rung was promoted in the place of this version and did not last
      its probation; what was shown before is then refuted, and has to be shown anew
    """

    agent: str
    rung: str
    deployed: ContentHash
    test: Test = "superior"
    margin: float = MARGIN
    taken_back: int = 0

    @property
    def subject(self) -> str:
        """Names the test in the store."""
        again = f", {self.taken_back} times taken back" if self.taken_back else ""
        return f"{self.rung} against {self.deployed}{again}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """Where a challenge stands.

    - shown: the evidence suffices; needed: the e-value that it takes now
    - futile: it will hardly ever, so the challenger need not be shadowed any longer
    - rows, wins, losses: over all nights
    """

    challenge: Challenge
    shown: bool
    futile: bool
    log_e: float
    needed: float
    nights: int
    rows: int
    wins: int
    losses: int

    @property
    def evidence(self) -> float:
        """The e-value reached."""
        return math.exp(min(self.log_e, 700.0))

    @property
    def reason(self) -> str:
        """Why it does not suffice, or that it does."""
        aim = "better" if self.challenge.test == "superior" else "no worse"
        verdict = f"is {aim}" if self.shown else f"is not shown to be {aim} yet"
        if self.futile:
            verdict = f"will hardly be shown to be {aim}"
        return (
            f"{self.challenge.rung} {verdict}: on {self.rows:,} fresh requests of {self.nights} "
            f"nights it alone was right {self.wins} times, the deployed one alone {self.losses} "
            f"times; evidence {self.evidence:.3g}, {self.needed:.3g} needed."
        )


def weigh(
    store: Store,
    challenge: Challenge,
    night: str,
    ours: Flags,
    theirs: Flags,
    *,
    alpha: float = ALPHA,
) -> Weighed:
    """Add one night's fresh rows to the evidence, and decide within the budget of all agents.

    A night that is begun again counts its rows once.

    Args:
        store: keeps evidence and decisions.
        challenge: what is tested.
        night: this one.
        ours: shape (n,), whether the challenger answered a row here and rightly.
        theirs: the same of what is deployed.
        alpha: the false-discovery rate of all agents together.
    """
    before = store.evidence.last(challenge.agent, challenge.test, challenge.subject)
    with store.transaction():
        if before is None or before.night != night:
            before = _grow(store, challenge, night, before, Paired.count(ours, theirs))
        decision = decide(
            store,
            agent=challenge.agent,
            test=challenge.test,
            subject=challenge.subject,
            night=night,
            log_e=before.log_e,
            alpha=alpha,
        )
    return _stand(challenge, before, decision)


def standing(store: Store, challenge: Challenge, *, alpha: float = ALPHA) -> Weighed | None:
    """Where a challenge stands without new rows; None if it never began."""
    last = store.evidence.last(challenge.agent, challenge.test, challenge.subject)
    if last is None:
        return None
    decision = decide(
        store,
        agent=challenge.agent,
        test=challenge.test,
        subject=challenge.subject,
        night=last.night,
        log_e=last.log_e,
        alpha=alpha,
    )
    return _stand(challenge, last, decision)


def _grow(
    store: Store, challenge: Challenge, night: str, before: Evidence | None, pairs: Paired
) -> Evidence:
    margin = challenge.margin if challenge.test == "not_inferior" else 0.0
    process = EProcess.from_json(before.state) if before else EProcess(margin)
    wins, losses = pairs.candidate_only, pairs.deployed_only
    process = process.add(wins, losses, pairs.rows - wins - losses)
    grown = Evidence(
        agent=challenge.agent,
        test=challenge.test,
        subject=challenge.subject,
        night=night,
        at=store.clock.now(),
        log_e=float(process.log_e),
        rows=pairs.rows + (before.rows if before else 0),
        wins=wins + (before.wins if before else 0),
        losses=losses + (before.losses if before else 0),
        state=process.to_json(),
    )
    store.evidence.add(grown)
    return grown


def _stand(challenge: Challenge, last: Evidence, decision: Decision) -> Weighed:
    nights = EProcess.from_json(last.state).nights
    return Weighed(
        challenge=challenge,
        shown=decision.rejected,
        futile=not decision.rejected and _futile(last, nights),
        log_e=last.log_e,
        needed=1 / decision.level,
        nights=nights,
        rows=last.rows,
        wins=last.wins,
        losses=last.losses,
    )


def _futile(last: Evidence, nights: int) -> bool:
    """Shown to be worse, or without progress for long. Giving up needs no guarantee."""
    worse = math.log(max(e_value(last.losses, last.wins), 1e-300)) >= _SHOWN
    return worse or (nights >= _PATIENCE and last.log_e <= 0)
