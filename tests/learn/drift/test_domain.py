"""Two samples: alike they pass, and what differs is told apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pantheon.learn.drift import same_source, tell_apart


def draw(count: int, seed: int, *, topics: int = 10, often: float = 1.0) -> NDArray[np.float32]:
    """Unit vectors around some topics; the first half of the topics comes `often` as often."""
    centres = np.random.default_rng(0).normal(size=(topics, 24))
    rng = np.random.default_rng([seed, 1])
    weights = np.where(np.arange(topics) < topics / 2, often, 1.0)
    chosen = rng.choice(topics, count, p=weights / weights.sum())
    rows = centres[chosen] + rng.normal(scale=0.6, size=(count, 24))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_samples_from_one_source_pass() -> None:
    """No p too often: of 60 tests few are below a twentieth, and none is tiny."""
    p = np.array([same_source(draw(50, 2 * s), draw(50, 2 * s + 1), seed=s).p for s in range(60)])

    assert (p < 0.05).sum() <= 8
    assert p.min() > 1e-4


def test_topics_that_come_more_often_are_seen() -> None:
    """No single request is new; their mixture is."""
    test = same_source(draw(300, 0), draw(300, 1, often=4.0), seed=0)

    assert test.p < 1e-5
    assert test.rows == (300, 300)


def test_the_auc_says_how_far() -> None:
    """Half by luck; close to 1 where nothing is alike."""
    alike = tell_apart(draw(200, 0), draw(200, 1), seed=0)
    other = tell_apart(draw(200, 0), -draw(200, 1), seed=0)

    assert 0.4 < alike < 0.6
    assert other > 0.95


def test_constant_rows_say_nothing() -> None:
    """There is no spread to compare with."""
    rows = np.tile(np.array([1, 0, 0], dtype=np.float32), (50, 1))

    assert same_source(rows, rows, seed=0).p > 0.4
