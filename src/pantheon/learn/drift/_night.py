"""The nightly watch: is everything as it was? What is not becomes an alarm, and may step back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pantheon.learn.drift._alarms import Moved, close_over, raise_alarm
from pantheon.learn.drift._bag import Bag, Levels
from pantheon.learn.drift._day import Day, begin_day
from pantheon.learn.drift._domain import same_source, tell_apart
from pantheon.learn.drift._measure import (
    PER_OCTAVE,
    PER_ODDS,
    audit_levels,
    cost_levels,
    latency_levels,
    novel_levels,
    slices_of,
    unsure_levels,
)
from pantheon.learn.drift._rules import NOVEL, TIER, USUAL, WatchRules
from pantheon.learn.drift._watched import LEVELS, TEST, Watched
from pantheon.store import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pantheon.models import Embedder
    from pantheon.spec import AgentDef
    from pantheon.store import Alarm, Store

_LEAST_REFERENCE = 20
_PER_VERSION = frozenset({"inputs", "confidence", "disagreement"})


def watch_night(
    store: Store,
    agents: Mapping[str, AgentDef],
    embedder: Embedder,
    now: float,
    seed: int,
    *,
    night: str = "",
    rules: WatchRules = USUAL,
) -> tuple[Alarm, ...]:
    """Look at what came since the last watch; the alarms that were raised.

    Alarms whose reason is gone are closed. An alarm that threatens the promise lets the specialist
    step back, as a broken promise does: the night then teaches anew from what came since.

    Args:
        store: the past, and where alarms and the state of the watch are kept.
        agents: by name; those that never answered cost nothing.
        embedder: gives the texts' vectors.
        now: end of the day that is looked at, seconds since the epoch.
        seed: draws samples and breaks ties.
        night: under whose id the state is kept.
        rules: false-alarm rate, and what an alarm does.
    """
    raised: list[Alarm] = []
    for name in sorted(agents):
        before = store.evidence.last(name, TEST)
        state = Watched() if before is None else Watched.from_json(before.state)
        day = begin_day(
            store, agents[name], state, embedder=embedder, rules=rules, now=now, seed=seed
        )
        after, moved = _watch(day, state)
        with store.transaction():
            after = close_over(day, after, now=now)
            for thing in moved:
                raised.append(raise_alarm(day, thing, now=now, since=state.seen))
                after = after.raised(thing.kind, thing.part)
            if after != state:
                _keep(store, name, after, night=night, now=now)
    return tuple(raised)


def _keep(store: Store, agent: str, state: Watched, *, night: str, now: float) -> None:
    rows = sum(d.bag.rows for (kind, _), d in state.detectors.items() if kind == "confidence")
    body = state.to_json()
    evidence = Evidence(agent, TEST, "", night, now, state.log_evidence, rows, 0, 0, body)
    store.evidence.add(evidence)


def _watch(day: Day, state: Watched) -> tuple[Watched, list[Moved]]:
    """The state after tonight's rows, and what has moved."""
    if day.version != state.version:
        state = _renew(day, state)
    moved: list[Moved] = []
    for look in (_see_inputs, _see_novel, _see_confidence, _see_audits, _see_tiers):
        state, found = look(day, state)
        moved += found
    seen = max([state.seen, *(row.at for row in day.rows)])
    return replace(state, seen=seen), moved


def _renew(day: Day, state: Watched) -> Watched:
    """Another specialist answers: what is usual is asked anew; what was spent of alpha stays."""
    kept = {
        (kind, part): detector
        if kind not in _PER_VERSION
        else detector.renewed(Bag((0,) * len(detector.bag.counts)))
        for (kind, part), detector in state.detectors.items()
    }
    looks = replace(state.looks, alarmed=False, calm=0)
    state = replace(state, version=day.version, looks=looks, detectors=kept, looked=state.seen)
    if day.version is None:
        return state
    held_out = day.held_out()
    confidence = day.confidence(held_out)
    if confidence is not None:
        name, rows = day.agent.name, len(held_out)
        day.store.looks.add(name, night=None, n=0, at=day.since, purpose="watch", rows=rows)
        bag = Bag.of(unsure_levels(confidence), LEVELS)
        state = state.having("confidence", "", state.detector("confidence").renewed(bag))
    return state


# ---------------------------------------------------------------------------------- inputs
def _see_inputs(day: Day, state: Watched) -> tuple[Watched, list[Moved]]:
    """Once enough requests have come, ask whether they come from where those before came from."""
    pending = [row for row in day.served if row.at > state.looked]
    if day.version is None or len(pending) < day.rules.least:
        return state, []
    texts = day.usual_texts()
    state = replace(state, looked=pending[-1].at)
    if len(texts) < day.rules.least:
        return state, []
    usual = day.vectors(texts)
    fresh = day.vectors(day.texts(day.latest()))
    seed = int(day.rng("inputs").integers(2**31))
    test = same_source(usual, fresh, seed=seed)
    alpha = day.rules.alpha_of("inputs")
    moved: list[Moved] = []
    if not state.looks.alarmed and test.p <= state.looks.alpha(alpha):
        auc = tell_apart(usual, fresh, seed=seed)
        moved.append(Moved("inputs", "", auc, _OTHER, 0.5, auc, len(fresh), alpha=alpha, p=test.p))
    return replace(state, looks=state.looks.see(test.p)), moved


_OTHER = "Requests are not like those from before the specialist was deployed"


def _see_novel(day: Day, state: Watched) -> tuple[Watched, list[Moved]]:
    """Requests far from every earlier one; ranked by the distance to one half of those."""
    rows = day.served_thinned("novel")
    usual = day.usual_texts() if rows and day.version is not None else []
    if len(usual) < 2 * _LEAST_REFERENCE:
        return state, []
    half = len(usual) // 2
    support = day.vectors(usual[:half])
    detector = state.detector("inputs", NOVEL)
    if not detector.bag.rows:
        levels = novel_levels(day.vectors(usual[half:]), support)
        detector = replace(detector, bag=Bag.of(levels, LEVELS))
    levels = novel_levels(day.vectors(day.texts(rows)), support)
    says = "Requests are farther from the nearest earlier one than they were"
    return _rank(
        day, state.having("inputs", NOVEL, detector), Moved("inputs", NOVEL, 0.0, says), levels
    )


# ---------------------------------------------------------------------------------- answers
def _see_confidence(day: Day, state: Watched) -> tuple[Watched, list[Moved]]:
    rows = day.served_thinned("confidence")
    confidence = day.confidence(day.texts(rows))
    if confidence is None:
        return state, []
    says = "The specialist is less sure of its answers than it was"
    least = day.rules.less_sure * PER_ODDS
    thing = Moved("confidence", "", 0.0, says)
    return _rank(day, state, thing, unsure_levels(confidence), least=least)


def _see_audits(day: Day, state: Watched) -> tuple[Watched, list[Moved]]:
    """Settled audits, all together and slice by slice."""
    pairs = day.audits(state.audited) if day.version is not None else []
    if not pairs:
        return state, []
    known = [part for kind, part in state.detectors if kind == "disagreement" and part]
    moved: list[Moved] = []
    for part, members in {"": pairs, **slices_of(pairs, known)}.items():
        says = "Audited answers differ from the cloud's more often than they did"
        threat = Moved("disagreement", part, 0.0, says)
        state, found = _rank(day, state, threat, audit_levels(members))
        moved += found
    return replace(state, audited=max(audit.at for _, audit in pairs)), moved


def _see_tiers(day: Day, state: Watched) -> tuple[Watched, list[Moved]]:
    """How long tiers take and what they cost."""
    moved: list[Moved] = []
    for kind, measure, word in (
        ("latency", latency_levels, "takes longer than it did"),
        ("cost", cost_levels, "costs more a request than it did"),
    ):
        known = [part.removeprefix(TIER) for k, part in state.detectors if k == kind]
        for tier, levels in measure(day.rows, known).items():
            thing = Moved(kind, TIER + tier, 0.0, f"The tier {tier} {word}")
            state, found = _rank(
                day, state, thing, levels, least=day.rules.least_growth * PER_OCTAVE
            )
            moved += found
    return state, moved


def _rank(
    day: Day, state: Watched, thing: Moved, levels: Levels, *, least: float = 0.0
) -> tuple[Watched, list[Moved]]:
    """Let the detector of `thing` see tonight's levels; says whether it has moved.

    `least`: by how many levels the middle must have risen as well.
    """
    before = state.detector(thing.kind, thing.part)
    coins = day.rng("coins", thing.kind, thing.part).random(len(levels))
    after = before.see(levels, coins)
    state = state.having(thing.kind, thing.part, after)
    alpha = day.rules.alpha_of(thing.kind, thing.part)
    if after.alarmed or not after.game.beyond(alpha):
        return state, []
    was, now = before.bag.mean, float(levels.mean())
    if before.bag.rows and now - was < least:
        return state, []
    log_evidence = after.game.log_evidence
    moved = replace(
        thing, statistic=log_evidence, before=was, now=now, rows=len(levels), alpha=alpha
    )
    return state, [moved]
