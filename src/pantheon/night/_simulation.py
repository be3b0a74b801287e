"""What a simulation is asked and what it found, with its stable JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pantheon.ids import JsonObject
from pantheon.night._figures import Figures, figures_json, latency_milliseconds
from pantheon.spec import EXACT, Promise, Same

if TYPE_CHECKING:
    from pantheon.store import Lesson, Store

FORMAT = 1
"""Raised when a key changes its meaning; new keys may be added without."""


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """How recorded work is replayed."""

    day: int = 500
    """Requests between two nights."""
    promise: Promise = field(default_factory=Promise)
    seed: int = 0
    shuffle: bool = False
    """Replay in a random order, drawn from the seed, instead of the recorded one."""
    same: Same | None = None
    """When two outputs count as the same; None: as the agent says, or equal ones."""
    judgements: int = 40
    """How many judgements a night are given at most, of an agent that promises quality; from the
    recorded truth, where a row has it."""


@dataclass(frozen=True, slots=True)
class NightFigures:
    """What the night after a day taught."""

    outcome: str
    """promoted, rejected or skipped."""
    reasons: tuple[str, ...]
    examples: int
    training_seconds: float
    version: int | None
    """Number of the candidate."""
    rung: str | None = None
    """What kind of specialist the candidate is."""
    quality: JsonObject | None = None
    """What judgements show so far; None where quality is not promised."""


def night_figures(store: Store, lesson: Lesson) -> NightFigures:
    """What a lesson came to, with what the version that it made keeps as evidence."""
    version = store.versions.get(lesson.candidate) if lesson.candidate else None
    evidence = version.evidence if version else {}
    quality = evidence.get("quality")
    return NightFigures(
        lesson.outcome,
        lesson.reasons,
        lesson.examples,
        lesson.seconds,
        version.number if version else None,
        str(evidence["rung"]) if "rung" in evidence else None,
        quality if isinstance(quality, dict) else None,
    )


@dataclass(frozen=True, slots=True)
class Day:
    """One day's figures and the night that followed; the last day has none."""

    number: int
    figures: Figures
    night: NightFigures | None
    stepped_back: bool
    """At the end of the day the specialist had stepped back, as its audits were bad."""

    @property
    def night_words(self) -> str:
        """The night in a few words."""
        words = ["stepped back"] if self.stepped_back else []
        if self.night is not None:
            number = f" @{self.night.version}" if self.night.version else ""
            rung = f" ({self.night.rung})" if self.night.rung else ""
            words.append(f"{self.night.outcome}{number}{rung}")
            words.extend(say_quality(self.night.quality))
        return ", ".join(words)


def say_quality(quality: JsonObject | None) -> list[str]:
    """What judgements showed, in a few words; nothing where quality is not promised."""
    if quality is None:
        return []
    reached = quality.get("confidence_from")
    shown = f"good from {reached:.0%} on" if isinstance(reached, (int, float)) else "nothing yet"
    return [f"{quality.get('judged', 0)} judged: {shown}"]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Days and nights on recorded work."""

    agent: str
    stream: str
    settings: SimulationSettings
    days: tuple[Day, ...]
    total: Figures
    last_third: Figures
    """Of the last third of the requests."""
    notes: tuple[str, ...] = ()
    """What a reader must know: lines that were left out, why no cost is given."""
    bad_lines: int = 0
    duplicates: int = 0
    judged: int = 0
    """Judgements that were given, from the recorded truth."""
    same: Same = EXACT
    """When two outputs counted as the same, given or inferred."""

    @property
    def training_seconds(self) -> float:
        """Real seconds of all nights."""
        return sum(day.night.training_seconds for day in self.days if day.night)

    @property
    def latency_milliseconds(self) -> tuple[float | None, float | None]:
        """p50 and p99 of one specialist answer, the text's embedding included."""
        return latency_milliseconds(self.total)


def simulation_to_json(simulation: Simulation) -> JsonObject:
    """The simulation under its documented keys.

    Equal inputs, settings and seed give equal values, but for `training_seconds` and
    `specialist_latency_ms`, which are real time.
    """
    promise = simulation.settings.promise
    return {
        "format": FORMAT,
        "agent": simulation.agent,
        "stream": simulation.stream,
        "source": "recorded",
        "settings": {
            "day": simulation.settings.day,
            "disagreement": promise.disagreement,
            "confidence": promise.confidence,
            "audit": promise.audit,
            "quality": promise.quality,
            "same": str(simulation.same),
            "judgements": simulation.settings.judgements,
            "seed": simulation.settings.seed,
            "shuffle": simulation.settings.shuffle,
        },
        "total": {
            **figures_json(simulation.total),
            "training_seconds": simulation.training_seconds,
            "promoted": _nights(simulation, "promoted"),
            "rejected": _nights(simulation, "rejected"),
            "judged": simulation.judged,
        },
        "last_third": figures_json(simulation.last_third),
        "days": [_day_json(day) for day in simulation.days],
        "notes": [*simulation.notes],
        "bad_lines": simulation.bad_lines,
        "duplicates": simulation.duplicates,
    }


def _nights(simulation: Simulation, outcome: str) -> int:
    return sum(day.night is not None and day.night.outcome == outcome for day in simulation.days)


def _day_json(day: Day) -> JsonObject:
    night = day.night
    return {
        "day": day.number,
        **figures_json(day.figures),
        "stepped_back": day.stepped_back,
        "training_seconds": night.training_seconds if night else 0.0,
        "night": night_json(night),
    }


def night_json(night: NightFigures | None) -> JsonObject | None:
    """A night under its documented keys; None for a day without one."""
    if night is None:
        return None
    return {
        "outcome": night.outcome,
        "reasons": [*night.reasons],
        "examples": night.examples,
        "version": night.version,
        "rung": night.rung,
        "quality": night.quality,
    }
