"""Changes to the project that its past speaks for: agents to retire, to merge, to split.

A suggestion changes nothing; a person decides. Each names its evidence with intervals, and at most
what it could save. What was dismissed is not suggested again for some time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from pantheon.ids import hash_json
from pantheon.learn.drift._merge import find_merge
from pantheon.learn.drift._split import find_split
from pantheon.learn.drift._used import Used, use_of
from pantheon.store import Suggestion

if TYPE_CHECKING:
    from typing import Literal

    from pantheon.ids import JsonObject
    from pantheon.models import Embedder
    from pantheon.spec import AgentDef
    from pantheon.store import Store

_DAY = 86_400.0
_KINDS = frozenset({"retire", "merge", "split"})


@dataclass(frozen=True, slots=True)
class SuggestRules:
    """What is asked of the evidence.

    - unused_days: an agent without a request for so long may be retired
    - window_days: how far back requests are looked at
    - least: requests of an agent that are needed to say anything
    - agreement: lower limit that both specialists must reach on each other's traffic
    - told_apart: AUC up to which the inputs of two agents count as overlapping
    - level: of every interval, and 1 - chance of a false split of an agent in one look
    - rest_days: a dismissed suggestion is not made again for so long
    """

    unused_days: float = 30.0
    window_days: float = 30.0
    least: int = 100
    agreement: float = 0.85
    told_apart: float = 0.75
    level: float = 0.99
    rest_days: float = 90.0


def suggest(
    store: Store,
    agents: Mapping[str, AgentDef],
    embedder: Embedder,
    now: float,
    *,
    seed: int = 0,
    rules: SuggestRules = SuggestRules(),
) -> tuple[Suggestion, ...]:
    """The suggestions that hold today; they are kept in the store, and stale ones are taken back.

    Args:
        store: the past.
        agents: of the project, by name.
        embedder: gives the texts' vectors.
        now: seconds since the epoch.
        seed: draws samples.
        rules: what is asked of the evidence.
    """
    since = now - rules.window_days * _DAY
    used = {
        name: use_of(store, agents[name], embedder, since=since, now=now, seed=seed)
        for name in sorted(agents)
    }
    found = [*_retire(used, rules, now), *_merge(used, rules, now), *_split(used, rules, now, seed)]
    kept = {known.id: known for known in store.suggestions.list()}
    with store.transaction():
        _take_back(store, kept, {idea.id for idea in found})
        open_ones = [idea for idea in found if _may_be_made(kept.get(idea.id), rules, now)]
        for idea in open_ones:
            store.suggestions.put(idea)
    return tuple(open_ones)


def _may_be_made(known: Suggestion | None, rules: SuggestRules, now: float) -> bool:
    if known is None or known.state == "open" or known.body.get("stale"):
        return True
    return now - known.at >= rules.rest_days * _DAY


def _take_back(store: Store, kept: Mapping[str, Suggestion], found: set[str]) -> None:
    for known in kept.values():
        if known.state == "open" and known.kind in _KINDS and known.id not in found:
            body: JsonObject = {**known.body, "stale": True}
            store.suggestions.put(replace(known, state="dismissed", body=body))


def _idea(
    kind: Literal["retire", "merge", "split"], subject: str, now: float, body: JsonObject
) -> Suggestion:
    name = hash_json([kind, subject]).removeprefix("b2:")[:12]
    return Suggestion(f"s{name}", kind, subject, now, body)


def _retire(used: Mapping[str, Used], rules: SuggestRules, now: float) -> list[Suggestion]:
    """Agents that were used once and are no longer."""
    ideas: list[Suggestion] = []
    for name, use in used.items():
        if use.last is None or now - use.last < rules.unused_days * _DAY:
            continue
        days = (now - use.last) / _DAY
        body: JsonObject = {
            "says": f"Nobody has asked {name} for {days:.0f} days.",
            "evidence": {"last_request": use.last, "days": days, "requests_ever": use.ever},
            "saving": {
                "seconds_a_night": use.lesson_seconds,
                "says": f"its lesson takes {use.lesson_seconds:.1f} s a night",
            },
            "change": f"Delete the agent {name} from pantheon.yaml; what it learned stays stored.",
        }
        ideas.append(_idea("retire", name, now, body))
    return ideas


def _merge(used: Mapping[str, Used], rules: SuggestRules, now: float) -> list[Suggestion]:
    """Pairs of agents that do the same work."""
    able = [u for u in used.values() if len(u.texts) >= rules.least and u.answer is not None]
    ideas: list[Suggestion] = []
    for left, right in combinations(able, 2):
        if left.contract != right.contract:
            continue
        body = find_merge(
            left,
            right,
            agreement=rules.agreement,
            told_apart=rules.told_apart,
            level=rules.level,
        )
        if body is not None:
            ideas.append(_idea("merge", f"{left.name}+{right.name}", now, body))
    return ideas


def _split(
    used: Mapping[str, Used], rules: SuggestRules, now: float, seed: int
) -> list[Suggestion]:
    """Agents of which one part of the work is unlike the rest."""
    ideas: list[Suggestion] = []
    for name, use in used.items():
        if len(use.texts) < rules.least or use.answer is None:
            continue
        body = find_split(use, level=rules.level, seed=seed)
        if body is not None:
            ideas.append(_idea("split", name, now, body))
    return ideas
