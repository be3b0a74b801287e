"""Prompts that evolve: GEPA (Agrawal et al. 2025) with a test in place of its comparison of sums.

GEPA takes a proposal as soon as it does better on a handful of examples, and at the end the best of
all on one small set; among equal prompts both pick luck. Here a proposal enters only if a paired
test (mid-p McNemar) says that it is better, and what comes out must show it once more on examples
that took no part.

GEPA is synchronous, so it runs in a thread of its own, and asks the event loop for every answer.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from pantheon.learn._paired import Paired
from pantheon.learn.rungs._operators import hints_of, mistakes_in, propose, tame

if TYPE_CHECKING:
    from pantheon.learn._rows import Flags, Row
    from pantheon.learn._rung import Tools
    from pantheon.learn.rungs._generating import Pen

LEVEL = 0.05
"""Of the paired tests, one-sided."""
BATCH = 16
"""Examples on which a proposal and its parent are compared; five wins without a loss are enough."""
PROPOSALS = 4
"""A seed's, at most: each costs `BATCH` answers or more."""
_PART = "instruction"
_TIMEOUT = 1800.0

Reflect: TypeAlias = Callable[[str], Awaitable[str]]
"""Asks a larger model for a better prompt."""


class _Proposal(Protocol):
    """The part of `gepa.proposer.base.CandidateProposal` that is looked at."""

    @property
    def subsample_scores_before(self) -> Sequence[float] | None:
        """Of its parent."""
        ...

    @property
    def subsample_scores_after(self) -> Sequence[float] | None:
        """Its own, on the same examples."""
        ...


class PairedAcceptance:
    """GEPA's acceptance criterion: better by a paired test, not by a sum."""

    def should_accept(self, proposal: _Proposal, state: object) -> bool:
        """Whether a proposal is surely better than its parent on the same examples."""
        del state
        before, after = proposal.subsample_scores_before, proposal.subsample_scores_after
        return better(_flags(after), _flags(before))

    def reject_reason(self, proposal: _Proposal, state: object) -> str:
        """For the log."""
        del proposal, state
        return "no paired test says that it is better"


def better(candidate: Flags, parent: Flags) -> bool:
    """One-sided mid-p McNemar at `LEVEL`; False for rows that differ in number."""
    if len(candidate) != len(parent) or not len(parent):
        return False
    return Paired.count(candidate, parent).p_more <= LEVEL


def _flags(scores: Sequence[float] | None) -> Flags:
    return np.array(scores or (), dtype=np.float64) > 0.5


def is_installed() -> bool:
    """Whether the optional extra is there."""
    return find_spec("gepa") is not None


@dataclass
class Trials:
    """What prompts made of rows; nothing is written twice.

    - until: on the tools' clock, when no further prompt is proposed
    - answers: instruction and id of a row → what was said, and whether it was right
    """

    pen: Pen
    tools: Tools
    until: float = math.inf
    answers: dict[tuple[str, str], tuple[str, bool]] = field(
        default_factory=dict[tuple[str, str], tuple[str, bool]]
    )

    async def ask(self, instruction: str, rows: Sequence[Row]) -> list[tuple[str, bool]]:
        """What it says of each row under an instruction, and whether that is right."""
        new = [row for row in rows if (instruction, row.id) not in self.answers]
        pen = replace(self.pen, recipe=replace(self.pen.recipe, instruction=instruction))
        drafts = await pen.draft(new, self.tools) if new else []
        pairs = [(r.text, d.said or "{}", r.label) for r, d in zip(new, drafts, strict=True)]
        right: list[bool] = (await self.tools.compare(pairs)).tolist() if new else []
        for row, draft, is_right in zip(new, drafts, right, strict=True):
            self.answers[instruction, row.id] = (draft.said, is_right and bool(draft.said))
        return [self.answers[instruction, row.id] for row in rows]

    async def right(self, instruction: str, rows: Sequence[Row]) -> Flags:
        """Whether each row is answered right; shape (n,)."""
        return np.array([right for _, right in await self.ask(instruction, rows)], dtype=bool)


async def evolve(trials: Trials, rows: Sequence[Row], *, seed: int, reflect: Reflect | None) -> str:
    """The instruction that came out best of those that a test let in; often the first one."""
    loop = asyncio.get_running_loop()
    adapter = _Adapter(trials, loop, hints_of(rows), seed, reflect)
    return await asyncio.to_thread(_optimise, adapter, list(rows), seed)


def _optimise(adapter: _Adapter, rows: list[Row], seed: int) -> str:
    """In a thread of its own."""
    gepa: Any = import_module("gepa")
    first = adapter.trials.pen.recipe.instruction
    result = gepa.optimize(
        seed_candidate={_PART: first},
        trainset=rows,
        valset=rows[:BATCH],
        adapter=adapter,
        acceptance_criterion=PairedAcceptance(),
        candidate_selection_strategy="current_best",
        reflection_minibatch_size=min(BATCH, len(rows)),
        skip_perfect_score=True,
        stop_callbacks=adapter.is_over,
        logger=_Silent(),
        seed=seed,
        track_best_outputs=False,
        raise_on_exception=True,
    )
    return str(result.candidates[result.best_idx][_PART])


class _Silent:
    """GEPA prints what it does; the night tells it in its own way."""

    def log(self, message: str) -> None:
        """Nothing."""
        del message


class _Adapter:
    """What GEPA asks of a system that it improves (`gepa.core.adapter.GEPAAdapter`)."""

    def __init__(
        self,
        trials: Trials,
        loop: asyncio.AbstractEventLoop,
        hints: Sequence[str],
        seed: int,
        reflect: Reflect | None,
    ) -> None:
        self.trials = trials
        self._loop = loop
        self._hints = hints
        self._seed = seed
        self._reflect = reflect
        self._tried: set[str] = set()
        self._proposed = 0
        self._rounds = 0

    def is_over(self, state: object) -> bool:
        """Whether to stop: enough was proposed, or the time for it is over."""
        del state
        self._rounds += 1  # a batch without a mistake makes no proposal
        enough = self._proposed >= PROPOSALS or self._rounds > 2 * PROPOSALS
        return enough or self.trials.tools.clock.elapsed() > self.trials.until

    def evaluate(
        self, batch: list[Row], candidate: dict[str, str], capture_traces: bool = False
    ) -> Any:
        """What a prompt makes of rows: 1 for the teacher's answer, else 0."""
        del capture_traces
        asked = self._wait(self.trials.ask(candidate[_PART], batch))
        made: Any = import_module("gepa.core.adapter").EvaluationBatch
        scores = [float(right) for _, right in asked]
        traces = [(row, said, right) for row, (said, right) in zip(batch, asked, strict=True)]
        return made(outputs=[said for said, _ in asked], scores=scores, trajectories=traces)

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> dict[str, list[dict[str, object]]]:
        """What is told to whoever proposes: request, answer, and what was wanted."""
        del candidate
        records: list[dict[str, object]] = [
            {
                "Inputs": row.text,
                "Generated Outputs": said or "nothing that fits",
                "Feedback": "Right." if right else f"Wrong; wanted: {row.label}",
                "right": right,
                "wanted": row.label,
            }
            for row, said, right in eval_batch.trajectories
        ]
        return dict.fromkeys(components_to_update, records)

    def propose_new_texts(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, object]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """Another instruction, by the larger model where one may be asked, else by an operator."""
        self._proposed += 1
        records = reflective_dataset[components_to_update[0]]
        instruction = candidate[_PART]
        if self._reflect is not None:
            asked = tame(self._wait(self._reflect(_question(instruction, records))), "")
            if asked:
                return {_PART: asked}
        mistakes = mistakes_in(records)
        made = propose(instruction, self._hints, mistakes, tried=self._tried, seed=self._seed)
        self._tried.add(made)
        return {_PART: made}

    def _wait(self, work: Awaitable[Any]) -> Any:
        """The result of something awaited on the loop's thread."""
        return asyncio.run_coroutine_threadsafe(_await(work), self._loop).result(_TIMEOUT)


async def _await(work: Awaitable[Any]) -> Any:
    return await work


def _question(instruction: str, records: Sequence[Mapping[str, object]]) -> str:
    told = "\n\n".join(
        f"Request: {it['Inputs']}\nAnswer: {it['Generated Outputs']}\n{it['Feedback']}"
        for it in sorted(records, key=lambda it: bool(it["right"]))[:8]
    )
    return (
        "A small language model answers requests by this instruction:\n\n"
        f"{instruction}\n\nSo it did:\n\n{told}\n\n"
        "Write a better instruction for it: short, plain, with what it must know about the task "
        "and the mistakes to avoid. Reply with the instruction alone."
    )
