"""The evidence for quality: fair under the null, never helped by silence, and able to show."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.learn.quality import REGIONS, NightPairs, log_evidence, loosest, most_evidence

MARGIN = 0.1


def night(
    differences: Sequence[float], *, chance: float = 1.0, confidence: float = 1.0
) -> NightPairs:
    """One night of requests, all as sure and as likely to be known."""
    count = len(differences)
    return NightPairs(
        np.full(count, confidence), np.array(differences, float), np.full(count, chance)
    )


def test_a_specialist_that_is_exactly_too_bad_earns_nothing_on_average() -> None:
    """E[e] is exactly 1 at the edge of the null: all outcomes of four requests in two nights."""
    # D is 1 or -1, and worse by exactly the margin: P(D = 1) = (1 - margin) / 2.
    good = (1 - MARGIN) / 2
    mean = 0.0
    for outcome in itertools.product((1.0, -1.0), repeat=4):
        weight = math.prod(good if d > 0 else 1 - good for d in outcome)
        mean += weight * np.exp(
            log_evidence([night(outcome[:2]), night(outcome[2:])], margin=MARGIN)[0]
        )

    assert mean == pytest.approx(1.0)


def test_rarely_known_answers_are_as_fair() -> None:
    """With audits at 1 in 5, unknown ones count as ties: E[e] stays 1 at the edge of the null."""
    chance, good = 0.2, (1 - MARGIN) / 2
    mean = 0.0
    for outcome in itertools.product((1.0, -1.0, 0.0), repeat=3):
        weight = math.prod(
            1 - chance if d == 0 else chance * (good if d > 0 else 1 - good) for d in outcome
        )
        mean += weight * np.exp(log_evidence([night(outcome, chance=chance)], margin=MARGIN)[0])

    assert mean == pytest.approx(1.0)


def test_a_false_proof_is_as_rare_as_promised() -> None:
    """200 specialists that are too bad by a hair: at most delta of them are ever believed."""
    draw = np.random.default_rng(5)
    believed = 0
    for _ in range(200):
        nights = [
            NightPairs(
                draw.random(60),
                draw.choice([1.0, -1.0, 0.0], 60, p=[0.1, 0.2, 0.7]),
                np.ones(60),
            )
            for _ in range(5)
        ]
        believed += loosest(most_evidence(nights, margin=MARGIN), delta=0.05) == 0.0

    assert believed <= 10


def test_a_better_specialist_is_shown_and_all_regions_with_it() -> None:
    """Winning two differences of three is enough after a few hundred requests."""
    draw = np.random.default_rng(1)
    nights = [
        NightPairs(
            draw.random(200), draw.choice([1.0, -1.0, 0.0], 200, p=[0.1, 0.05, 0.85]), np.ones(200)
        )
        for _ in range(3)
    ]
    evidence = log_evidence(nights, margin=MARGIN)

    assert evidence.shape == REGIONS.shape
    assert loosest(evidence, delta=0.05) == 0.0


def test_the_walk_stops_at_the_first_region_that_is_not_shown() -> None:
    """A wide region with luck does not count behind a narrow one without evidence."""
    evidence = np.full(len(REGIONS), 9.0)
    evidence[3] = 0.0

    assert loosest(evidence, delta=0.05) == pytest.approx(REGIONS[2])
    assert loosest(np.zeros(len(REGIONS)), delta=0.05) is None


outcomes = st.lists(st.sampled_from([1.0, 0.0, -1.0]), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), differences=outcomes, chance=st.sampled_from([1.0, 0.5, 0.1]))
def test_a_judgement_never_lowers_the_evidence(
    data: st.DataObject, differences: list[float], chance: float
) -> None:
    """Silence counts as a loss, so whatever is said in its place can only help."""
    place = data.draw(st.integers(0, len(differences) - 1))
    silent = list(differences)
    silent[place] = -1.0

    before = log_evidence([night(silent, chance=chance)], margin=MARGIN)
    after = log_evidence([night(differences, chance=chance)], margin=MARGIN)

    assert (after >= before - 1e-9).all()


def test_what_was_shown_stays_shown() -> None:
    """A day that nobody has judged yet counts as lost, and takes nothing from what was shown."""
    good, silent = night([1.0] * 30), night([-1.0] * 200)
    before, after = (
        most_evidence([good], margin=MARGIN),
        most_evidence([good, silent], margin=MARGIN),
    )

    assert (after >= before).all()
    assert log_evidence([good, silent], margin=MARGIN)[0] < before[0]
    assert (most_evidence([], margin=MARGIN) == 0).all()


def test_broken_nights_are_refused() -> None:
    """Columns of different length, or a margin that is none."""
    with pytest.raises(ValueError, match="length"):
        NightPairs(np.ones(2), np.ones(1), np.ones(2))
    with pytest.raises(ValueError, match="margin"):
        log_evidence([], margin=0.0)


def test_stakes_do_not_hang_on_whether_an_audit_was_drawn() -> None:
    """Half of the requests are answered here and audited at 1 in 10, and worse by more than what
    the others gain: E[e] stays at most 1, over all outcomes of two requests of each kind.
    """
    audit, mean = 0.1, 0.0
    for gains, found in itertools.product(
        itertools.product((1.0, 0.0), repeat=2), itertools.product((True, False), repeat=2)
    ):
        # Escalated requests win with chance 1/2; local ones always lose, where one looks.
        weight = 0.5**2 * math.prod(audit if f else 1 - audit for f in found)
        differences = np.array([*gains, *(-1.0 for f in found if f)])
        chances = np.array([1.0, 1.0, *(audit for f in found if f)])
        pairs = NightPairs(
            np.ones(len(chances)), differences, chances, np.full(len(chances), audit)
        )
        mean += weight * np.exp(log_evidence([pairs], margin=MARGIN)[0])

    assert mean <= 1.0
