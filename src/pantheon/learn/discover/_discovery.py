"""Discovery as a whole: a log in, proposed agents out; and what the store remembers of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pantheon.errors import NotFound
from pantheon.ids import Json, JsonObject
from pantheon.learn._rows import Promise
from pantheon.learn._vectors import VectorCache
from pantheon.learn.discover._from_store import calls_of_store
from pantheon.learn.discover._log import CallLog
from pantheon.learn.discover._propose import ProposedAgent, Setting, propose_agent
from pantheon.learn.discover._tasks import LEAST, find_tasks
from pantheon.spec import Price
from pantheon.store import Suggestion

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.models import Embedder
    from pantheon.spec import Project
    from pantheon.store import Store

_CURVES = 3600
"""Calls embedded for all learning curves together: about a quarter of a minute."""
_FEWEST = 100
_MOST = 1200
CLOUD_MODEL = "cloud"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found in a log.

    - unexplained: share of the calls that belong to no proposal
    """

    proposals: tuple[ProposedAgent, ...]
    calls: int
    bad_lines: int
    reasons: dict[str, int]
    unexplained: float
    cut: bool = False

    def to_json(self) -> JsonObject:
        """The discovery under stable keys."""
        return {
            "calls": self.calls,
            "bad_lines": self.bad_lines,
            "reasons": dict[str, Json](self.reasons),
            "unexplained": self.unexplained,
            "cut": self.cut,
            "proposals": [proposal.to_json() for proposal in self.proposals],
        }


def discover(
    log: CallLog,
    *,
    embedder: Embedder,
    least: int = LEAST,
    price: Price | None = None,
    taken: Collection[str] = (),
    promise: Promise | None = None,
    seed: int = 0,
) -> Discovery:
    """Find recurring tasks in a log and propose an agent for each, the dearest first.

    Args:
        log: the calls.
        embedder: compares instructions, and is what specialists of the learning curve see.
        least: calls that make a task.
        price: of the cloud, where the log does not tell what calls cost.
        taken: names of agents that there are.
        promise: what the simulated specialists must keep.
        seed: same log and seed, same proposals.
    """
    calls = log.calls
    embed = VectorCache.over(embedder).embed
    tasks = find_tasks(calls, embed=embed, least=least, seed=seed)
    proposals: list[ProposedAgent] = []
    names = set(taken)
    rows = _rows_each([len(task.members) for task in tasks])
    setting = Setting(
        calls,
        embed,
        price=price,
        span=_span([call.at for call in calls]),
        promise=promise or Promise(),
        curve_rows=rows,
        seed=seed,
    )
    for task in tasks:
        proposal = propose_agent(task, setting, taken=names)
        if len(proposal.observed) >= least:
            names.add(proposal.name)
            proposals.append(proposal)
    explained = sum(proposal.calls for proposal in proposals)
    return Discovery(
        proposals=tuple(sorted(proposals, key=lambda p: (-p.spend_share, p.id))),
        calls=len(calls),
        bad_lines=log.bad_lines,
        reasons=log.reasons,
        unexplained=1 - explained / len(calls) if calls else 0.0,
        cut=log.cut,
    )


def _rows_each(sizes: Sequence[int]) -> int:
    """How many calls of each task its curve may use: what small tasks leave goes to the others."""
    left, limit = _CURVES, _MOST
    for number, size in enumerate(sorted(sizes)):
        limit = left // (len(sizes) - number)
        if size >= limit:
            break
        left -= size
    return min(_MOST, max(_FEWEST, limit))


def _span(moments: Sequence[float | None]) -> float | None:
    """Seconds that the log covers; None where most calls tell no time."""
    known = [moment for moment in moments if moment is not None]
    if len(known) < max(2, len(moments) / 2):
        return None
    return max(known) - min(known)


def remember(
    store: Store, discovery: Discovery, *, agents: Collection[str], at: float
) -> Discovery:
    """Keep the proposals, and give back those that wait for a person.

    One that was dismissed stays so; one whose agent has come to be is accepted.

    Args:
        store: keeps them.
        discovery: what was found.
        agents: names of the project's agents.
        at: seconds since the epoch.
    """
    for suggestion in store.suggestions.list("agent", state="open"):
        if suggestion.subject in agents:
            store.suggestions.set_state(suggestion.id, "accepted")
    known = {s.id: s for s in store.suggestions.list("agent")}
    waiting: list[ProposedAgent] = []
    for proposal in discovery.proposals:
        earlier = known.get(proposal.id)
        if earlier is not None and earlier.state != "open":
            continue
        waiting.append(proposal)
        since = at if earlier is None else earlier.at
        body = proposal.to_json()
        store.suggestions.put(Suggestion(proposal.id, "agent", proposal.name, since, body))
    return replace(discovery, proposals=tuple(waiting))


def discover_night(
    store: Store,
    project: Project,
    *,
    clock: Clock,
    embedder: Embedder | Callable[[], Embedder],
    least: int = LEAST,
    seed: int = 0,
) -> Discovery:
    """Look for recurring work in what the cloud answered here, and keep the proposals.

    Agents that are `privacy: local` are not looked at. Nothing is embedded, or loaded for it,
    while there are fewer than `least` calls.
    """
    log = calls_of_store(store, project)
    if len(log.calls) < least:
        return Discovery((), len(log.calls), 0, {}, 1.0)
    ready = embedder() if callable(embedder) else embedder
    taken = {*project.agents, *project.flows}
    found = discover(
        log, embedder=ready, least=least, price=cloud_price(project), taken=taken, seed=seed
    )
    return remember(store, found, agents=project.agents.keys(), at=clock.now())


def cloud_price(project: Project) -> Price | None:
    """What the project's cloud model costs; None where it says nothing."""
    model = project.models.get(CLOUD_MODEL)
    return model.price if model else None


def find_proposal(discovery: Discovery, wanted: str) -> ProposedAgent:
    """The proposal of that id or name; raises NotFound."""
    for proposal in discovery.proposals:
        if wanted in {proposal.id, proposal.name}:
            return proposal
    known = ", ".join(p.id for p in discovery.proposals) or "none"
    raise NotFound(f"There is no proposal {wanted!r}.", hint=f"The proposals are: {known}.")
