"""What a simulation measured: per day, in all and over the last third, every share an interval.

The keys of `figures_json` are stable: scripts and the report read them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pantheon.ids import Json, JsonObject

CONFIDENCE = 0.95
"""Of every interval here: exact (Clopper–Pearson), two-sided."""


@dataclass(frozen=True, slots=True)
class Served:
    """One simulated request: who answered, and how that compares with the recording."""

    local: bool
    """Answered by a local tier; an audited one is local too."""
    asked_cloud: bool
    """The recorded cloud was asked: escalated, or audited."""
    agrees: bool
    """The answer equals the recorded output; an escalated one does by construction."""
    correct: bool | None
    """The answer equals `gold`; None without gold, or without an answer."""
    teacher_correct: bool | None
    """The recorded output equals `gold`."""
    saved_usd: float | None
    """Estimated price of the call that was not made; None when no price is known."""
    latency: float | None
    """Seconds the specialist took, by a real timer; None when none was asked."""
    fields: tuple[tuple[str, bool], ...] = ()
    """Of a record that was answered locally: its fields, and whether each agrees."""


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a count. `rate` is None when there was nothing to count."""

    hits: int
    of: int

    @property
    def rate(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Exact two-sided 95 % interval (Clopper & Pearson, 1934)."""
        from pantheon.learn import clopper_pearson

        limits = clopper_pearson(self.hits, self.of, CONFIDENCE)
        return (limits.low, limits.high) if self.of else None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a stretch of requests."""

    requests: int
    local: Share
    disagreement: Share
    disagreement_local: Share
    accuracy: Share
    teacher_accuracy: Share
    cloud_calls: int
    saved_usd: float | None
    latencies: tuple[float, ...]
    fields: tuple[tuple[str, Share], ...] = ()
    """Of a record's fields, the worst first: how often a local answer differs in it, of those
    where it or the recording has it."""


def measure(served: Sequence[Served]) -> Figures:
    """The figures of these requests."""
    local = [s for s in served if s.local]
    differ = sum(not s.agrees for s in local)
    judged = [s.correct for s in served if s.correct is not None]
    taught = [s.teacher_correct for s in served if s.teacher_correct is not None]
    saved = [s.saved_usd for s in served if s.saved_usd is not None]
    return Figures(
        requests=len(served),
        local=Share(len(local), len(served)),
        disagreement=Share(differ, len(served)),
        disagreement_local=Share(differ, len(local)),
        accuracy=Share(sum(judged), len(judged)),
        teacher_accuracy=Share(sum(taught), len(taught)),
        cloud_calls=sum(s.asked_cloud for s in served),
        saved_usd=sum(saved) if saved else None,
        latencies=tuple(s.latency for s in served if s.latency is not None),
        fields=_measure_fields(served),
    )


def _measure_fields(served: Sequence[Served]) -> tuple[tuple[str, Share], ...]:
    seen = Counter(name for s in served for name, _ in s.fields)
    wrong = Counter(name for s in served for name, agrees in s.fields if not agrees)
    order = sorted(seen, key=lambda name: (-wrong[name] / seen[name], name))
    return tuple((name, Share(wrong[name], seen[name])) for name in order)


def figures_json(figures: Figures) -> JsonObject:
    """The figures under their documented keys.

    `requests`; `local` and `local_share` (answered by a local tier, audited ones included);
    `disagreement` (share of ALL requests answered locally and unlike the recording) and
    `disagreement_local` (of those answered locally); `accuracy` and `cloud_accuracy` against
    `gold`; `cloud_calls` (escalated and audited); `cost_saved_usd` (an estimate);
    `specialist_latency_ms` (`p50`, `p99`); `fields` of a record. Each share has a `…_interval`; null: nothing to count.
    """
    p50, p99 = latency_milliseconds(figures)
    return {
        "requests": figures.requests,
        "local": figures.local.hits,
        **_share_json("local_share", figures.local),
        "disagreements": figures.disagreement.hits,
        **_share_json("disagreement", figures.disagreement),
        **_share_json("disagreement_local", figures.disagreement_local),
        **_share_json("accuracy", figures.accuracy),
        **_share_json("cloud_accuracy", figures.teacher_accuracy),
        "cloud_calls": figures.cloud_calls,
        "cost_saved_usd": figures.saved_usd,
        "specialist_latency_ms": {"p50": p50, "p99": p99},
        "fields": [_field_json(name, share) for name, share in figures.fields],
    }


def _field_json(name: str, share: Share) -> JsonObject:
    return {"field": name, "of": share.of, **_share_json("disagreement", share)}


def _share_json(name: str, share: Share) -> JsonObject:
    interval: list[Json] | None = None if share.interval is None else [*share.interval]
    return {name: share.rate, f"{name}_interval": interval}


def latency_milliseconds(figures: Figures) -> tuple[float | None, float | None]:
    """p50 and p99 (nearest rank) of what one specialist answer took, in milliseconds."""
    return _milliseconds(figures.latencies, 0.50), _milliseconds(figures.latencies, 0.99)


def _milliseconds(latencies: Sequence[float], quantile: float) -> float | None:
    """The nearest-rank quantile of seconds, in milliseconds."""
    if not latencies:
        return None
    ordered = sorted(latencies)
    return 1000 * ordered[min(int(quantile * len(ordered)), len(ordered) - 1)]
