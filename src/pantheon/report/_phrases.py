"""The short phrases that all renderings share, so that they cannot tell different stories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pantheon.report import _words as words
from pantheon.report._model import (
    AgentMorning,
    AgentUpdate,
    Count,
    Fact,
    Morning,
    Numbers,
    Period,
    Step,
    TierCount,
    Undelivered,
)
from pantheon.report._model_costs import CostRow
from pantheon.report._model_school import AlarmNote, RungTried

STATUS: Mapping[str, tuple[str, str]] = {
    "kept": ("✓ Kept", "good"),
    "unproven": ("○ Too early to say", "quiet"),
    "idle": ("– Nothing to judge", "quiet"),
    "apart": ("– No cloud to compare with", "quiet"),
    "broken": ("✕ Broken", "bad"),
    "stepped_back": ("✕ Broken: stepped back", "bad"),
    "precaution": ("▲ Stepped back to be safe", "warn"),
}
"""Words (with a sign that needs no colour) and tone of a promise's status."""
OUTCOME: Mapping[str, tuple[str, str]] = {
    "promoted": ("✓ Promoted", "good"),
    "proposed": ("◆ Waits for your review", "warn"),
    "rejected": ("✕ Rejected", "quiet"),
    "skipped": ("– Nothing trained", "quiet"),
}
STATE: Mapping[str, tuple[str, str]] = {
    "failed": ("✕ Failed", "bad"),
    "waiting": ("◆ Waits for you", "warn"),
    "not_run": ("○ Not run", "quiet"),
    "cut_off": ("✕ Cut off", "bad"),
    "cancelled": ("– Cancelled", "quiet"),
}
NEED: Mapping[str, tuple[str, str]] = {
    "question": ("◆ Question", "warn"),
    "proposal": ("◆ To review", "warn"),
    "stepped_back": ("✕ Promise broken", "bad"),
    "precaution": ("▲ Stepped back", "warn"),
    "promise": ("✕ Promise broken", "bad"),
    "judgements": ("◆ To judge", "warn"),
    "idea": ("◇ Suggested", "quiet"),
}
FATE: Mapping[str, str] = {
    "trained": "tried",
    "reused": "tried before on the same examples",
    "unfit": "does not fit",
    "failed": "failed",
    "pruned": "not worth its time",
}
_TIERS: Mapping[str, str] = {
    "specialist": "its specialist",
    "prompt": "a local prompt",
    "cloud": "the cloud",
    "human": "a person",
    "python": "a function",
    "command": "a program",
    "rules": "a rule",
    "none": "nobody",
}
_SOURCES: Mapping[str, str] = {"recorded": "recorded earlier", "scripted": "scripted"}


def tier(kind: str) -> str:
    """A kind of tier for people."""
    return _TIERS.get(kind, kind)


def label(source: str) -> str:
    """` (recorded earlier)` for answers that no model gave just then, else nothing."""
    return f" ({_SOURCES[source]})" if source in _SOURCES else ""


def period(m: Morning) -> str:
    """From when to when, and how the night went."""
    span = f"Up to {words.moment(m.period.until)} UTC"
    if m.period.since > 0:
        span = f"From {words.moment(m.period.since)} to {words.moment(m.period.until)} UTC"
    night = m.period
    if night.night is None or night.night_started is None:
        return f"{span}. No night has run yet."
    if night.night_finished is None:
        return f"{span}. The night has not finished."
    return f"{span}. The night {_took(night)}{_stopped(night.stopped)}."


def _took(night: Period) -> str:
    """Simulated nights take no time at all."""
    seconds = (night.night_finished or 0.0) - (night.night_started or 0.0)
    how, alone = (
        ("failed after", "failed") if night.night_state == "failed" else ("took", "is over")
    )
    return f"{how} {words.duration(seconds)}" if seconds >= 1 else alone


def _stopped(why: str | None) -> str:
    reasons = {
        "time": " and ended with work left, as its time was up",
        "budget": " and ended with work left, as its budget was spent",
        "killed": " and was cut off",
    }
    return "" if why is None else reasons.get(why, f" and was stopped ({why})")


def labels(counts: Sequence[Count]) -> str:
    """What the banner says about answers that no model gave just then."""
    parts = [f"{words.plural(c.count, 'answer')} {_SOURCES.get(c.name, c.name)}" for c in counts]
    return (
        f"{words.listing(parts)} stand in for the cloud in this report. "
        "No cloud model gave them now; their costs are not real spending."
    )


def undelivered(n: Numbers) -> str:
    """What became of the other tasks."""
    parts = [(n.failed, "failed"), (n.waiting, "waiting for you"), (n.not_run, "not run")]
    said = [f"{words.count(number)} {what}" for number, what in parts if number]
    return ", ".join(said) or ("none left over" if n.tasks else "nothing was queued")


def cloud_note(n: Numbers) -> str:
    """Of how many requests, and the day before."""
    if not n.requests:
        return "nothing was asked"
    before = n.cloud_share_before
    after = f"; {words.estimate(before)} the day before" if before else ""
    return f"of {words.plural(n.requests, 'request')}{after}"


def saved_note(m: Morning) -> str:
    """What local answers saved; where no price is known, how many there were."""
    local = m.numbers.local
    if m.costs.saved_usd:
        return f"about {words.money(m.costs.saved_usd)} saved by answering here"
    if not local:
        return "nothing saved yet"
    return f"{words.plural(local, 'request')} answered here instead; no price is known"


def saved(row: CostRow) -> str:
    """A row's saving, or a dash where the cloud's price is not known."""
    return words.money(row.saved_usd) if row.mean_cloud_usd else "–"


def step(s: Step) -> str:
    """`triage: its specialist`."""
    times = f" ×{s.count}" if s.count > 1 else ""
    head = f"{s.node}: " if s.node else ""
    return f"{head}{tier(s.tier)}{label(s.source)}{times}"


def why(u: Undelivered) -> str:
    """The reason as a sentence."""
    where = f"Step {u.node}: " if u.node and u.state != "waiting" else ""
    text = where + u.words
    return text[0].upper() + text[1:] + "."


def progress(u: Undelivered) -> str:
    """Which flow, how far it came, and its run."""
    parts = [f"flow {u.flow}" if u.queued else f"flow {u.flow}, not queued"]
    if u.nodes_seen:
        parts.append(f"{u.nodes_done} of {words.plural(u.nodes_seen, 'step')} done")
    if u.run:
        parts.append(f"run {u.run}")
    return " · ".join(parts)


def runs(counts: Sequence[Count]) -> str:
    """`310 done, 2 failed`."""
    return ", ".join(f"{words.count(c.count)} {c.name}" for c in counts)


_ORIGINS: Mapping[str, str] = {
    "cloud": "from the cloud",
    "human": "from people",
    "verified": "verified",
    "agreement": "agreed on by tiers",
    "import": "imported",
    "recorded": "recorded earlier",
}


def source(origin: str) -> str:
    """Where examples came from."""
    return _ORIGINS.get(origin, origin)


def sources(counts: Sequence[Count]) -> str:
    """`243 from the cloud, 45 from people`."""
    return ", ".join(f"{words.count(c.count)} {source(c.name)}" for c in counts)


def move(u: AgentUpdate) -> str:
    """`triage@4 → triage@5`."""
    if u.candidate is None:
        return u.deployed.label if u.deployed else ""
    return f"{u.deployed.label if u.deployed else 'none'} → {u.candidate.label}"


def who(a: AgentMorning) -> str:
    """What answers now."""
    if a.promise.status in {"stepped_back", "precaution"}:
        return f"{a.now.label if a.now else 'specialist'} has stepped back"
    return f"{a.now.label} answers" if a.now else "no specialist yet"


def compared(m: Morning) -> list[AgentMorning]:
    """Agents whose answers can be compared with a cloud's."""
    return [agent for agent in m.agents if agent.promise.status != "apart"]


def apart(m: Morning) -> str:
    """Which agents have no cloud to be compared with; empty when all have."""
    names = [agent.name for agent in m.agents if agent.promise.status == "apart"]
    if not names:
        return ""
    verb = "answers" if len(names) == 1 else "answer"
    return f"{words.listing(names)} {verb} without a cloud, so there is nothing to compare."


def answered(t: TierCount) -> str:
    """What a tier did with requests."""
    return "gave no answer" if t.tier == "none" else f"answered{label(t.source)}"


def fact(f: Fact) -> str:
    """The value of a fact in its unit."""
    return _spell(f, f.value)


def fact_interval(f: Fact) -> str:
    """Its interval, if it is an estimate."""
    if f.low is None or f.high is None:
        return ""
    return f"{_spell(f, f.low)} to {_spell(f, f.high)}"


def _spell(f: Fact, value: float) -> str:
    if f.unit == "share":
        return words.percent(value)
    if f.unit == "count":
        return words.count(round(value))
    return f"{value:.3g}"


def verdict(r: RungTried) -> str:
    """What became of one kind of specialist tonight."""
    if r.fate not in {"trained", "reused"}:
        return f"{FATE.get(r.fate, r.fate)}: {r.reason}" if r.reason else FATE.get(r.fate, r.fate)
    won = "won" if r.chosen else "certified" if r.certified else "could not be certified"
    return f"{'✓ ' if r.chosen else ''}{won}"


def tried_share(r: RungTried) -> str:
    """What it would answer here; a dash where it may answer nothing."""
    return "–" if r.local_share is None or not r.certified else words.percent(r.local_share)


def tried_agreement(r: RungTried) -> str:
    """How often it agreed with the cloud on requests it had not seen."""
    return "–" if r.agreement is None else words.percent(r.agreement)


_ALARMS: Mapping[str, str] = {
    "inputs": "Other requests",
    "confidence": "Other confidence",
    "disagreement": "Differs more",
    "latency": "Other speed",
    "cost": "Other cost",
}


def alarm_kind(a: AlarmNote) -> str:
    """What moved, in two words, and whether it is over."""
    over = ", over" if a.state == "closed" else ""
    return f"▲ {_ALARMS.get(a.kind, a.kind)}{over}"


def alarm(a: AlarmNote) -> str:
    """What moved, in a sentence, and what came of it."""
    back = " Its specialist stepped back at once; the cloud answers." if a.stepped_back else ""
    over = " It is over." if a.state == "closed" and not a.stepped_back else ""
    return f"{a.agent}: {a.says}{back}{over}"


def window(m: Morning) -> str:
    """`last 9 days`: how far charts and promises look back."""
    days = max((len(agent.days) for agent in m.agents), default=0)
    return f"last {words.plural(days, 'day')}" if days > 1 else "last day"


def unusual(m: Morning) -> str:
    """What is said when nothing stands out."""
    if m.period.night is None:
        return "No night has run yet."
    before = len(m.nights) - 1
    if before < 4:
        return f"Too early to say: {words.plural(before, 'night')} to compare with, 4 are needed."
    if m.alarms:
        return "Duration, failures, cost and cloud share are as usual."
    return (
        f"No. Duration, failures, cost and cloud share are within what the last "
        f"{words.plural(before, 'night')} were like."
    )
