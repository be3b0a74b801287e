"""The review queue: the judgements to ask a person for, and what becomes of one that is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pantheon.errors import InputError, NotFound
from pantheon.ids import JsonObject, hash_json
from pantheon.learn._rows import hash_unit
from pantheon.learn._same import sameness
from pantheon.learn._select import select
from pantheon.learn._task import output_of
from pantheon.learn._watch import promise_of
from pantheon.learn.quality._queue import Outlook, Wanted, look_ahead, rank_wanted
from pantheon.learn.quality._region import compared_rows
from pantheon.spec import validate_value
from pantheon.store import Judgement

if TYPE_CHECKING:
    from pantheon.learn.quality._pairs import Compared
    from pantheon.spec import AgentDef
    from pantheon.store import Store, Verdict


@dataclass(frozen=True, slots=True)
class Question:
    """Two different answers to one request; which of them is right?

    `first` and `second` are the two in an order drawn by lot, so that whoever judges does not know
    which is the cloud's.
    """

    id: str
    agent: str
    text: str
    first: JsonObject
    second: JsonObject
    local_first: bool
    wanted: Wanted

    def verdict(self, choice: int) -> Verdict:
        """What choosing the first (1) or the second (2) means."""
        return "local" if (choice == 1) == self.local_first else "cloud"


@dataclass(frozen=True, slots=True)
class Review:
    """One agent's queue, the judgement that moves its test most first."""

    agent: str
    margin: float
    confidence: float
    outlook: Outlook
    questions: tuple[Question, ...]


def review(store: Store, agents: Sequence[AgentDef], *, seed: int = 0) -> tuple[Review, ...]:
    """The queues of all agents that promise quality."""
    return tuple(_review(store, agent, seed) for agent in agents if promise_of(agent).quality)


def _review(store: Store, agent: AgentDef, seed: int) -> Review:
    promised = promise_of(agent)
    margin, delta = promised.quality or 0.0, 1 - promised.confidence
    compared = compare_agent(store, agent, seed=seed)
    wanted = rank_wanted(compared, margin=margin, delta=delta)
    return Review(
        agent.name,
        margin,
        promised.confidence,
        look_ahead(compared, margin=margin, delta=delta),
        tuple(_question(agent.name, item) for item in wanted),
    )


def compare_agent(store: Store, agent: AgentDef, *, seed: int = 0) -> list[Compared]:
    """Every fresh request that the agent's versions and its cloud have both answered.

    `seed` draws which differences are put to a person. Whoever asks people and whoever counts what
    they said must draw alike, so the nights' own seeds are not for here.
    """
    rows = select(store, agent).rows
    return compared_rows(
        store,
        agent.name,
        rows,
        same=sameness(agent),
        seed=seed,
        audit_rate=promise_of(agent).audit,
    )


def _question(agent: str, wanted: Wanted) -> Question:
    row = wanted.compared.row
    local, cloud = wanted.compared.local, output_of(row.label)
    local_first = hash_unit("order", row.id) < 0.5
    first, second = (local, cloud) if local_first else (cloud, local)
    return Question(question_id(agent, row.id), agent, row.text, first, second, local_first, wanted)


def question_id(agent: str, example: str) -> str:
    """Stable: a second judgement of a request replaces the first."""
    return "q" + hash_json([agent, example]).split(":")[-1][:12]


def find_question(reviews: Sequence[Review], id: str) -> Question:
    """The question of that id; NotFound when it is not asked (any longer)."""
    for queue in reviews:
        for question in queue.questions:
            if question.id == id:
                return question
    raise NotFound(
        f"No judgement {id} is asked for.", hint="`pantheon teach --list` shows what is."
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What a person (or a recording that stands for one) said of a question.

    `output` is the right answer where neither of the two is.
    """

    verdict: Verdict
    who: str
    at: float
    output: JsonObject | None = None
    source: Literal["user", "recorded"] = "user"


def record_judgement(store: Store, agent: AgentDef, question: Question, given: Given) -> Judgement:
    """Write a judgement down; the next night trains on it, and the test counts it at once.

    Raises:
        InputError: the output does not satisfy the agent's contract.
    """
    problems = [] if given.output is None else validate_value(agent.output, given.output)
    if problems:
        raise InputError(
            f"The right answer does not fit what {agent.name} returns: {problems[0]}.",
            hint="Give the whole output object.",
        )
    compared = question.wanted.compared
    judgement = Judgement(
        question.id,
        agent.name,
        compared.row.id,
        given.at,
        given.verdict,
        given.output,
        given.who,
        compared.local,
        output_of(compared.row.label),
        given.source,
    )
    store.judgements.add(judgement)
    return judgement
