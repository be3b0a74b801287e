"""How an agent was used lately: what suggestions rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import PantheonError
from pantheon.ids import canonical_json, derive_seed, hash_json
from pantheon.learn._bad_cases import is_traffic
from pantheon.learn._load import load_specialist
from pantheon.spec import render_text

if TYPE_CHECKING:
    from pantheon.ids import ContentHash
    from pantheon.learn._rows import Prediction
    from pantheon.models import Embedder
    from pantheon.spec import AgentDef, Same
    from pantheon.store import AnswerRow, Store

_MOST = 1000
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Used:
    """One agent's recent traffic; arrays and lists are parallel, one entry a request.

    - last: time of the last request ever; None if there was none; ever: how many there were
    - answer: asks the deployed specialist; None if there is none that answers at once
    - outputs: what was answered, canonical JSON; empty where nothing was
    - local: whether it was answered on this machine; taught: whether a teacher answered
    - judged: predicted answer and agreement of each settled audit
    - usd: mean price of a request that went to the cloud; share: of requests that are in `texts`
    - days: how many days the requests span, at least one
    """

    name: str
    agent: AgentDef
    last: float | None
    ever: int
    lesson_seconds: float
    answer: Callable[[Sequence[str]], Sequence[Prediction]] | None
    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    outputs: tuple[str, ...]
    local: NDArray[np.bool_]
    taught: NDArray[np.bool_]
    judged: tuple[tuple[str, bool], ...]
    usd: float
    requests: int
    days: float

    @property
    def contract(self) -> ContentHash:
        """Hash of what goes in and comes out: agents of one contract can stand in for another."""
        return hash_json([self.agent.input, self.agent.output])

    @property
    def same(self) -> Same:
        """When two outputs count as one answer."""
        return self.agent.same

    def monthly(self, share: float) -> float:
        """USD that the cloud takes in 30 days for `share` of the agent's requests."""
        return self.usd * share * self.requests * 30 / self.days


def use_of(
    store: Store, agent: AgentDef, embedder: Embedder, *, since: float, now: float, seed: int
) -> Used:
    """How `agent` was used between `since` and `now`; of many requests a random sample."""
    newest = store.answers.list(agent.name, until=now, limit=1, traffic=True)
    everything = store.answers.list(
        agent.name, since=since, until=now, limit=4 * _MOST, traffic=True
    )
    rows = [row for row in everything if is_traffic(row)]
    kept = _sample(rows, seed=derive_seed(seed, agent.name, "used"))
    texts = tuple(render_text(agent.input, row.input) for row in kept)
    answer = _answering(store, agent.name, embedder) if texts else None
    lessons = [lesson for lesson in store.nights.lessons(agent=agent.name) if lesson.seconds > 0]
    paid = [row.cost_usd for row in rows if not row.local and row.cost_usd > 0]
    audits = store.audits.list(agent.name, since=since)
    return Used(
        name=agent.name,
        agent=agent,
        last=newest[0].at if newest else None,
        ever=store.answers.count(agent.name, traffic=True),
        lesson_seconds=float(np.mean([lesson.seconds for lesson in lessons])) if lessons else 0.0,
        answer=answer,
        texts=texts,
        vectors=embedder.embed(texts) if answer else np.zeros((0, 1), np.float32),
        outputs=tuple("" if row.output is None else canonical_json(row.output) for row in kept),
        local=np.array([row.local for row in kept], dtype=bool),
        taught=np.array([row.tier in {"cloud", "human"} for row in kept], dtype=bool),
        judged=tuple(
            (canonical_json(store.answers.get(a.answer).output), a.agrees)
            for a in audits
            if a.agrees is not None
        ),
        usd=float(np.mean(paid)) if paid else 0.0,
        requests=store.answers.count(agent.name, since=since, until=now, traffic=True),
        days=max((now - max(since, rows[0].at)) / _DAY, 1.0) if rows else 1.0,
    )


def _sample(rows: list[AnswerRow], *, seed: int) -> list[AnswerRow]:
    if len(rows) <= _MOST:
        return rows
    chosen = np.sort(np.random.default_rng(seed).choice(len(rows), _MOST, replace=False))
    return [rows[index] for index in chosen.tolist()]


def _answering(
    store: Store, agent: str, embedder: Embedder
) -> Callable[[Sequence[str]], Sequence[Prediction]] | None:
    current = store.channels.current(agent)
    if current is None:
        return None
    try:
        artifact = store.blobs.get(store.versions.get(current).artifact)
        model = load_specialist(artifact, embedder=embedder)
        model.answer(["?"])
    except PantheonError:
        return None
    return model.answer
