"""The rungs of the ladder: ways to learn a task, from the cheapest to the dearest.

Every rung gives the same two things: a model that answers with a score, and what models that had
not seen a row (nor its near-duplicates) said of the rows drawn like the traffic. Calibration, the
gate and the promise need nothing else, so they are the same for a table of answers and an adapter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

import numpy as np

from pantheon.learn._certainty import Certainty
from pantheon.learn._rows import Embed, Flags, Floats, Prediction, Row, hash_unit
from pantheon.learn._splits import drawn_like_traffic, lowest_audit_rate
from pantheon.learn._task import Task

if TYPE_CHECKING:
    from pathlib import Path

    from pantheon.clock import Clock
    from pantheon.ids import Json, JsonObject
    from pantheon.models import ChatModel

Sameness: TypeAlias = Callable[[str, str], bool]
"""Whether two outputs, canonical JSON, count as the same."""
LocalModels: TypeAlias = "Callable[[str | None], Awaitable[ChatModel]]"
"""A model of this machine by its name under `models`; None is the default one. NotFound where
there is none of that name, or asking it would send something out."""
Pair: TypeAlias = tuple[str, str, str]
"""A request's text and two outputs to compare."""


@dataclass(frozen=True, slots=True, repr=False)
class Judged:
    """What models that did not see them said of the rows drawn like the traffic; all shape (n,).

    - ids: of the rows
    - margin: the score, in [0, 1]; -1 where the answer is refused whatever the threshold
    - wrong: whether the answer differs from the teacher's
    - said: the answers, canonical JSON; empty where they were not kept
    """

    ids: tuple[str, ...]
    margin: Floats
    wrong: Flags
    said: tuple[str, ...] = ()


class RungModel(Protocol):
    """What a rung makes and a version holds; immutable.

    A model that generates has `ask` besides (see `pantheon.agents`), and `answer` refuses.
    """

    @property
    def kind(self) -> str:
        """Names the loader of its bytes."""
        ...

    @property
    def threshold(self) -> float:
        """The score from which on it accepts; infinite until it is calibrated."""
        ...

    @property
    def certainty(self) -> Certainty:
        """What its score means."""
        ...

    def accepting(self, threshold: float, certainty: Certainty) -> Self:
        """The same model with an acceptance region and the meaning of its score."""
        ...

    def answer(self, texts: Sequence[str]) -> Sequence[Prediction]:
        """One prediction a text, in order."""
        ...

    def dumps(self) -> bytes:
        """As bytes; the same contents give the same bytes."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Trained:
    """What a rung gives back.

    - choices: number of labels if `judged` are leave-one-out scores (see `steady_horizon`); 0 if
      they come from folds, whose models know less than the one that will serve
    - note: figures for people, e.g. per field
    """

    model: RungModel
    judged: Judged
    trained_on: int
    choices: int = 0
    note: JsonObject = field(default_factory=dict[str, "Json"])


@dataclass(frozen=True, slots=True)
class Tools:
    """What a rung may use.

    - embed, space: vectors of texts, and the embedder's id
    - same: the contract's equality, without a judge; same_many: with one where there is one
    - chat: a local model by its name under `models`; None: the default one
    - larger: names of other local models, for a rung that may use one
    - reflect: asks the cloud for a better prompt, within the night's budget; None: it may not be
    - workdir: where what goes on after a crash may be kept; None: nothing is kept
    - clock, deadline: monotonic seconds (`clock.elapsed`) after which training must have ended
    - cpu, memory: cores and bytes that it may use; None: what it takes
    - notify: told what is being done, for whoever watches
    """

    embed: Embed
    space: str
    same: Sameness
    clock: Clock
    same_many: Callable[[Sequence[Pair]], Awaitable[list[bool]]] | None = None
    chat: LocalModels | None = None
    larger: tuple[str, ...] = ()
    reflect: Callable[[str], Awaitable[str]] | None = None
    workdir: Path | None = None
    deadline: float | None = None
    cpu: int | None = None
    memory: int | None = None
    notify: Callable[[str], None] = lambda _: None

    async def compare(self, pairs: Sequence[Pair]) -> Flags:
        """Whether the two outputs of each pair are the same, a judge asked where they differ."""
        cheap = [self.same(left, right) for _, left, right in pairs]
        if self.same_many is None or all(cheap):
            return np.array(cheap, dtype=bool)
        asked = [index for index, same in enumerate(cheap) if not same]
        verdicts = await self.same_many([pairs[index] for index in asked])
        found = np.array(cheap, dtype=bool)
        found[asked] = verdicts
        return found

    @property
    def seconds_left(self) -> float:
        """Until the deadline; infinite without one."""
        if self.deadline is None:
            return float("inf")
        return max(self.deadline - self.clock.elapsed(), 0.0)


class Rung(Protocol):
    """One way to learn a task.

    - name: what the ladder calls it
    - cost: its place on the ladder; what answers cheaper has a lower one
    - weight: its share of the promise's delta before shares are scaled to 1; fixed beforehand, so
      that the best of several certificates may be taken
    """

    @property
    def name(self) -> str: ...

    @property
    def cost(self) -> int: ...

    @property
    def weight(self) -> float: ...

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        """Why it cannot learn this at all, as a sentence; None if it can."""
        ...

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        """Roughly how long training will take on one core, to be pruned before it begins."""
        ...

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        """Learn from `rows`, none of which is held out.

        Raises:
            PantheonError: it cannot, after all; the other rungs go on.
        """
        ...


def random_rows(rows: Sequence[Row], task: Task) -> list[Row]:
    """Those drawn like the traffic: they, and only they, may judge."""
    rate = lowest_audit_rate(rows, task.audit_rate)
    return [row for row in rows if drawn_like_traffic(row, audit_rate=rate, seed=task.seed)]


def fold_of(group: str, *, folds: int, seed: int = 0) -> int:
    """The fold of a group: cross-fitting leaves near-duplicates out together."""
    return int(hash_unit("fold", seed, group) * folds)
