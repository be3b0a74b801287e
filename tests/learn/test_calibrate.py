"""Shares of delta, and slices that must keep the promise by themselves."""

from __future__ import annotations

import numpy as np

from pantheon.learn import Promise, calibrate
from pantheon.learn._rows import Flags, Floats

PROMISE = Promise(0.05, 0.95, None)


def _world(count: int, seed: int = 0) -> tuple[Floats, Flags]:
    """Margins, and errors that are likelier at low ones."""
    draw = np.random.default_rng(seed)
    margin = draw.random(count)
    return margin, draw.random(count) < 0.3 * (1 - margin)


def test_a_smaller_share_of_delta_asks_for_more() -> None:
    """Less may go wrong, so less is accepted and the bound is further off."""
    margin, wrong = _world(800)
    whole = calibrate(margin, wrong, PROMISE)
    part = calibrate(margin, wrong, PROMISE, share=0.2)
    assert part.threshold > whole.threshold
    assert part.bound <= PROMISE.disagreement
    assert part.promise == PROMISE


def test_a_slice_that_fails_stops_the_walk() -> None:
    """Errors within a few rows do not matter to all rows, but do to their slice."""
    margin, wrong = _world(800)
    inside = np.zeros(800, dtype=bool)
    inside[:100] = True
    margin[:100], wrong[:100] = 0.9, np.arange(100) < 8
    free = calibrate(margin, wrong, PROMISE)
    bound = calibrate(margin, wrong, PROMISE, slices=[inside])
    assert free.threshold < 0.9 < bound.threshold


def test_a_slice_of_few_rows_tolerates_no_known_error() -> None:
    """Ten rows cannot certify anything; an error among them is still an error."""
    margin, wrong = _world(800)
    inside = np.zeros(800, dtype=bool)
    inside[:10] = True
    margin[:10], wrong[:10] = 0.8, False
    clean = calibrate(margin, wrong, PROMISE, slices=[inside])
    assert clean.threshold < 0.8
    wrong[3] = True
    assert calibrate(margin, wrong, PROMISE, slices=[inside]).threshold > 0.8


def test_no_slices_change_nothing() -> None:
    """A slice without rows asks for nothing."""
    margin, wrong = _world(800)
    empty = np.zeros(800, dtype=bool)
    assert calibrate(margin, wrong, PROMISE, slices=[empty]) == calibrate(margin, wrong, PROMISE)
