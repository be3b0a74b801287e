"""What a simulation's figures count, and that every share has its interval."""

from __future__ import annotations

import pytest

from pantheon.night._figures import Served, Share, figures_json, latency_milliseconds, measure


def served(*, local: bool, agrees: bool = True, **others: object) -> Served:
    """One request; escalated ones ask the cloud."""
    facts: dict[str, object] = {
        "asked_cloud": not local,
        "correct": None,
        "teacher_correct": None,
        "saved_usd": None,
        "latency": None,
    }
    return Served(local=local, agrees=agrees, **{**facts, **others})  # pyright: ignore[reportArgumentType]


def test_disagreement_is_of_all_requests_and_of_the_local_ones() -> None:
    """Two of eight local answers differ, of ten requests; an audited answer asks the cloud too."""
    requests = [
        *[served(local=True) for _ in range(5)],
        served(local=True, asked_cloud=True),
        *[served(local=True, agrees=False) for _ in range(2)],
        *[served(local=False) for _ in range(2)],
    ]

    figures = figures_json(measure(requests))

    assert figures["local_share"] == 0.8
    assert figures["disagreement"] == 0.2
    assert figures["disagreement_local"] == 0.25
    assert figures["cloud_calls"] == 3


def test_without_anything_to_count_a_share_is_null() -> None:
    """No gold, no local answer, no price: null, not zero."""
    figures = figures_json(measure([served(local=False)]))

    assert figures["accuracy"] is None
    assert figures["accuracy_interval"] is None
    assert figures["disagreement_local"] is None
    assert figures["cost_saved_usd"] is None
    assert figures["specialist_latency_ms"] == {"p50": None, "p99": None}


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 59, 0.0, 0.0606), (59, 59, 0.9394, 1.0), (5, 100, 0.0164, 0.1128)],
)
def test_intervals_are_exact(hits: int, of: int, low: float, high: float) -> None:
    """Clopper-Pearson's limits, as tables give them."""
    assert Share(hits, of).interval == pytest.approx((low, high), abs=5e-4)


def test_latency_is_of_timed_answers_only() -> None:
    """Nearest rank over the requests that were timed."""
    requests = [served(local=True, latency=n / 1000) for n in range(1, 101)]

    assert latency_milliseconds(measure([*requests, served(local=True)])) == (51.0, 100.0)
