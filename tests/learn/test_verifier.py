"""The verifier of written answers: what it learns, and that its scores are honest."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn import Promise, calibrate, fit_certainty
from pantheon.learn._verifier import REFUSED, Verifier, Written, features_of, learn_verifier


def equal(left: str, right: str) -> bool:
    """The contract's equality of these tests."""
    return left == right


def draw(count: int, *, seed: int, telling: float = 1.0) -> tuple[list[Written], np.ndarray]:
    """Answers whose log-probabilities tell whether they are right, more or less.

    `telling`: 0 makes them noise.
    """
    random = np.random.default_rng(seed)
    right = random.random(count) < 0.7
    written: list[Written] = []
    for one in right:
        mean = -1.0 + telling * (0.8 if one else -0.8)
        chances = tuple(float(min(it, 0.0)) for it in random.normal(mean, 0.6, size=12))
        near = tuple(sorted(random.random(5).tolist(), reverse=True))
        answers = tuple("right" if it else "other" for it in random.random(5) < 0.5)
        written.append(
            Written("a request", "right", chances, near, answers, int(random.poisson(1)))
        )
    return written, right


def test_likely_answers_score_higher() -> None:
    """Where log-probabilities tell right from wrong, so do scores of rows it did not see."""
    written, right = draw(200, seed=1)
    verifier, margin = learn_verifier(written, right, [i % 5 for i in range(200)], equal)
    fresh, fresh_right = draw(300, seed=2)
    scores = verifier.score(fresh, equal)

    assert margin[right].mean() > margin[~right].mean() + 0.2
    assert scores[fresh_right].mean() > scores[~fresh_right].mean() + 0.2


def test_scores_of_judged_rows_are_those_of_strangers() -> None:
    """Where nothing can be learned, cross-fitted scores rank no better than chance; own ones do."""
    leads: list[float] = []
    own: list[float] = []
    for seed in range(12):
        written, right = draw(60, seed=seed, telling=0.0)
        verifier, margin = learn_verifier(written, right, [i % 5 for i in range(60)], equal)
        leads.append(_lead(margin, right))
        own.append(_lead(verifier.score(written, equal), right))

    assert abs(float(np.mean(leads)) - 0.5) < 0.08
    assert float(np.mean(own)) > 0.6


def _lead(scores: np.ndarray, right: np.ndarray) -> float:
    """Chance that a right row outscores a wrong one (area under the curve)."""
    pairs = scores[right][:, None] - scores[~right][None, :]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


def test_the_promise_holds_on_what_it_did_not_see() -> None:
    """Certified on cross-fitted scores, at most delta of the nights break it on fresh answers."""
    promise, broken, nights, certified = Promise(0.1, 0.9, None), 0, 30, 0
    for seed in range(nights):
        written, right = draw(150, seed=seed, telling=0.6)
        verifier, margin = learn_verifier(written, right, [i % 5 for i in range(150)], equal)
        floor = fit_certainty(margin, right).even
        found = calibrate(margin, ~right, promise, floor=floor)
        certified += found.certified
        fresh, fresh_right = draw(600, seed=1000 + seed, telling=0.6)
        local = verifier.score(fresh, equal) >= found.threshold
        broken += float((local & ~fresh_right).mean()) > promise.disagreement

    assert certified > 0.8 * nights
    assert broken <= promise.delta * nights + 2


def test_foreign_requests_and_empty_answers_are_refused() -> None:
    """The nearest example decides about the request, whatever the answer looks like."""
    written, right = draw(100, seed=3)
    verifier, margin = learn_verifier(written, right, [i % 5 for i in range(100)], equal)
    far = Written("a request", "right", (-0.01,), (verifier.reach - 0.1,), ("right",), 9)
    empty = Written("a request", "", (), (0.99,), ("right",), 0)
    blank = Written("  ", "right", (-0.01,), (0.99,), ("right",), 9)

    assert (verifier.score([far, empty, blank], equal) == REFUSED).all()
    assert (margin == REFUSED).sum() == 1  # the furthest of a hundred


def test_it_comes_back_from_json() -> None:
    """Weights and reach are all there is."""
    written, right = draw(80, seed=4)
    verifier, _ = learn_verifier(written, right, [i % 5 for i in range(80)], equal)
    again = Verifier.from_json(verifier.to_json())

    assert (again.score(written, equal) == verifier.score(written, equal)).all()


@given(
    st.lists(st.floats(-50, 0), max_size=20),
    st.lists(st.floats(-1, 1), max_size=5),
    st.text(max_size=30),
)
def test_features_are_finite_whatever_was_written(
    logprobs: list[float], likeness: list[float], said: str
) -> None:
    """No engine's silence, no empty answer and no odd text makes a feature that cannot be weighed."""
    answers = (said,) * len(likeness)
    one = Written("text", said, tuple(logprobs), tuple(likeness), answers, 0)

    assert np.isfinite(features_of([one], equal)).all()
