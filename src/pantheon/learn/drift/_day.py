"""What of an agent's past one night looks at: new requests, what was usual, what was audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pantheon.errors import PantheonError
from pantheon.ids import derive_seed
from pantheon.learn._bad_cases import is_traffic
from pantheon.learn._load import load_specialist
from pantheon.learn._monitor_state import fresh_since
from pantheon.spec import render_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pantheon.ids import ContentHash
    from pantheon.learn._rows import Floats
    from pantheon.learn.drift._rules import WatchRules
    from pantheon.learn.drift._watched import Watched
    from pantheon.models import Embedder
    from pantheon.spec import AgentDef
    from pantheon.store import AnswerRow, Audit, Store

_MOST = 1000
"""Requests a night that the ranks take in; of more, a random sample in their order."""


@dataclass(frozen=True, slots=True)
class Day:
    """One agent on one night.

    - rows: requests since the last watch, oldest first; at most some thousands
    - served: those of them that came while `version` was deployed
    - since: when `version` was deployed
    """

    store: Store
    agent: AgentDef
    embedder: Embedder
    rules: WatchRules
    version: ContentHash | None
    since: float
    rows: tuple[AnswerRow, ...]
    seed: int

    @property
    def served(self) -> list[AnswerRow]:
        """The requests that the deployed specialist was, or could have been, asked."""
        return [row for row in self.rows if row.at >= self.since]

    def rng(self, *names: str) -> np.random.Generator:
        """Coins for one purpose on this night."""
        last = self.rows[-1].id if self.rows else ""
        return np.random.default_rng(derive_seed(self.seed, self.agent.name, last, *names))

    def texts(self, rows: Sequence[AnswerRow]) -> list[str]:
        """What the specialist reads of each request."""
        return [render_text(self.agent.input, row.input) for row in rows]

    def thinned(self, rows: Sequence[AnswerRow], most: int, purpose: str) -> list[AnswerRow]:
        """At most `most` of the rows, drawn at random, in their order."""
        if len(rows) <= most:
            return list(rows)
        kept = np.sort(self.rng("thin", purpose).choice(len(rows), most, replace=False))
        return [rows[index] for index in kept.tolist()]

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts."""
        return np.asarray(self.embedder.embed(texts), dtype=np.float32)

    def latest(self) -> list[AnswerRow]:
        """The newest requests since the specialist was deployed, of earlier days as well."""
        until = max((row.at for row in self.rows), default=self.since) + 1e-6
        most = self.rules.sample
        rows = self.store.answers.list(
            self.agent.name, since=self.since, until=until, limit=most, traffic=True
        )
        return [row for row in rows if is_traffic(row)]

    # ------------------------------------------------------------------ what was usual

    def usual_texts(self) -> list[str]:
        """Requests from before the specialist was deployed, a fair sample in random order.

        Requests of days that a step back has made outdated are left out; recorded work counts
        where there were few requests.
        """
        begin = fresh_since(self.store, self.agent.name)
        rows = self.store.answers.list(
            self.agent.name,
            since=begin,
            until=self.since,
            limit=2 * self.rules.sample,
            traffic=True,
        )
        texts = self.texts([row for row in rows if is_traffic(row)])
        if len(texts) < self.rules.sample:
            texts += self._recorded(begin)
        rng = np.random.default_rng(derive_seed(self.seed, self.agent.name, "usual", self.version))
        kept = rng.permutation(len(texts))[: self.rules.sample]
        return [texts[index] for index in kept.tolist()]

    def _recorded(self, begin: float | None) -> list[str]:
        examples = self.store.examples.list(self.agent.name, until=self.since)
        return [
            render_text(self.agent.input, example.input)
            for example in examples
            if example.answer is None
            and example.drawn == "bootstrap"
            and (begin is None or example.at >= begin)
        ]

    def held_out(self) -> list[str]:
        """Inputs that the deployed specialist never saw and that were drawn like the traffic."""
        begin = fresh_since(self.store, self.agent.name)
        examples = self.store.examples.list(self.agent.name, split="holdout", until=self.since)
        fair = [e for e in examples if e.drawn == "bootstrap"]
        fresh = [e for e in fair if begin is None or e.at >= begin]
        return [render_text(self.agent.input, example.input) for example in fresh]

    # ------------------------------------------------------------------ what it says

    def confidence(self, texts: Sequence[str]) -> Floats | None:
        """How sure the deployed specialist is of each; None if that cannot be asked for cheaply."""
        if self.version is None or not texts:
            return None
        try:
            artifact = self.store.blobs.get(self.store.versions.get(self.version).artifact)
            model = load_specialist(artifact, embedder=self.embedder)
            said = model.answer(list(texts))
        except PantheonError:
            return None
        return np.array([p.confidence for p in said])

    def served_thinned(self, purpose: str) -> list[AnswerRow]:
        """Requests of the deployed specialist's time for ranking."""
        return self.thinned(self.served, _MOST, purpose)

    def audits(self, since: float) -> list[tuple[AnswerRow, Audit]]:
        """Audits of the deployed specialist that were settled after `since`, oldest first."""
        settled = self.store.audits.list(self.agent.name, since=since)
        found: list[tuple[AnswerRow, Audit]] = []
        for audit in settled:
            if audit.agrees is None or audit.at <= since:
                continue
            row = self.store.answers.get(audit.answer)
            if row.specialist == self.version:
                found.append((row, audit))
        return found


def begin_day(
    store: Store,
    agent: AgentDef,
    state: Watched,
    *,
    embedder: Embedder,
    rules: WatchRules,
    now: float,
    seed: int,
) -> Day:
    """What there is to look at tonight."""
    version = store.channels.current(agent.name)
    moves = [m for m in store.channels.history(agent.name) if m.version == version]
    deployed = moves[-1].at if version is not None and moves else float("inf")
    rows = store.answers.list(
        agent.name, since=state.seen, until=now, limit=4 * _MOST, traffic=True
    )
    fresh = tuple(row for row in rows if row.at > state.seen and is_traffic(row))
    return Day(store, agent, embedder, rules, version, deployed, fresh, seed)
