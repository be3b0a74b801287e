"""Around a lesson: what the night gives it, what it is about, and how its ladder is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pantheon.ids import hash_json
from pantheon.learn._bounds import rows_needed
from pantheon.learn._rows import Promise
from pantheon.learn._rung import Pair, Rung, Tools
from pantheon.learn._same import sameness
from pantheon.learn._task import Task, infer_shape
from pantheon.learn._watch import promise_of

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.ids import JsonObject
    from pantheon.learn._ladder import Attempt, Climb
    from pantheon.learn._load import Around
    from pantheon.learn._select import Selection
    from pantheon.spec import AgentDef


@dataclass(frozen=True, slots=True)
class Tonight:
    """What the lessons of one night have in common."""

    night: str
    seed: int
    promote: Literal["auto", "review"]
    root: Path | None = None
    """Folder of the project, for `pantheon.lock` and proposals; None keeps all in the store."""
    cpu: int | None = None
    """Cores that training may use; None: all."""
    memory: int | None = None
    """Bytes that training may use; None: what the usual number of examples takes."""
    canary: float | None = None
    """Share of the requests for what is on probation; None: 0.2 for another rung, else all."""
    seconds: float | None = None
    """How long this lesson may take; dearer rungs are left out when time is short."""
    judgements: int = 40
    """How many judgements a night people are asked for, of an agent that promises quality."""
    workdir: Path | None = None
    """Where long trainings keep what lets them go on after a crash; None: nothing is kept."""


@dataclass(frozen=True, slots=True)
class World:
    """What lessons are given in.

    - around: embedder and local models
    - timer: measures the seconds of training
    - judge: asks the agent that a contract names as judge, where it names one
    - rungs: the ladder; None: all there is
    - larger: names of other local models; reflect: asks the cloud for a better prompt
    - notify: told which rung is tried
    """

    around: Around
    timer: Clock
    judge: Callable[[Sequence[Pair]], Awaitable[list[bool]]] | None = None
    rungs: tuple[Rung, ...] | None = None
    larger: tuple[str, ...] = ()
    reflect: Callable[[str], Awaitable[str]] | None = None
    notify: Callable[[str], None] = lambda _: None


def too_few(selection: Selection, task: Task) -> str | None:
    """Why no rung could be certified, however good; None if one could."""
    needed = rows_needed(task.promise)
    if selection.random >= needed:
        return None
    came = "" if selection.fresh_since is None else " since the specialist stepped back"
    return (
        f"{selection.random} examples{came}; at least {needed} without an error are needed to "
        f"certify {100 * task.promise.disagreement:g} % at {100 * task.promise.confidence:g} %."
    )


def why_none(climbed: Climb) -> tuple[str, ...]:
    """Why no rung gave anything: a sentence for each, what went wrong before what did not fit."""
    order = {"failed": 0, "pruned": 1, "unfit": 2}
    told = sorted(climbed.attempts, key=lambda attempt: order.get(attempt.fate, 3))
    return tuple(f"{attempt.rung} ({attempt.fate}): {attempt.reason}" for attempt in told)


def attempt_json(attempt: Attempt) -> JsonObject:
    """One rung of tonight's ladder, for the report."""
    calibration = attempt.candidate.calibration if attempt.candidate else None
    return {
        "rung": attempt.rung,
        "fate": attempt.fate,
        "reason": attempt.reason,
        "seconds": attempt.seconds,
        "local_share": calibration.local_share.estimate if calibration else None,
        "agreement": calibration.agreement.estimate if calibration else None,
        "certified": bool(calibration and calibration.certified),
    }


def tools_of(agent: AgentDef, tonight: Tonight, world: World) -> Tools:
    """What the rungs of an agent's lesson may use."""
    # A name is data and no path: its hash is.
    own = hash_json(agent.name).removeprefix("b2:")
    return Tools(
        embed=world.around.embed,
        space=world.around.space,
        same=sameness(agent),
        clock=world.timer,
        same_many=world.judge,
        chat=world.around.chat,
        larger=world.larger,
        reflect=world.reflect,
        workdir=None if tonight.workdir is None else tonight.workdir / own,
        deadline=None if tonight.seconds is None else world.timer.elapsed() + tonight.seconds,
        cpu=tonight.cpu,
        memory=tonight.memory,
        notify=world.notify,
    )


def task_of(agent: AgentDef, selection: Selection, *, seed: int) -> Task:
    """What an agent's lesson is about."""
    promised = promise_of(agent)
    return Task(
        agent=agent.name,
        input=agent.input,
        output=agent.output,
        shape=infer_shape(agent.output, selection.rows, same=agent.same),
        promise=Promise(promised.disagreement, promised.confidence),
        same=agent.same,
        description=agent.description,
        audit_rate=promised.audit,
        labels=selection.labels,
        critical=agent.critical,
        seed=seed,
    )
