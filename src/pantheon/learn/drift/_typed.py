# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportArgumentType=false
"""Typed doors to what SciPy and scikit-learn know: rank tests, exact tails, clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._rows import Floats


def rank_test(fresh: Floats, usual: Floats) -> tuple[float, float]:
    """Share of pairs in which the fresh score is higher, and its one-sided p-value.

    Mann & Whitney 1947, by the normal limit with ties corrected.
    """
    from scipy.stats import mannwhitneyu

    found = mannwhitneyu(fresh, usual, alternative="greater", method="asymptotic")
    p = 1.0 if np.isnan(found.pvalue) else float(found.pvalue)
    return float(found.statistic) / (len(fresh) * len(usual)), p


def discriminant(rows: Floats, is_fresh: NDArray[np.bool_], *, ridge: float) -> Floats:
    """Fisher's linear discriminant; `ridge` is added to each eigenvalue as a share of their sum."""
    means = [rows[~is_fresh].mean(axis=0), rows[is_fresh].mean(axis=0)]
    centred = rows - np.where(is_fresh[:, None], means[1], means[0])
    covariance = centred.T @ centred / len(rows)
    covariance.flat[:: len(covariance) + 1] += ridge * np.trace(covariance) + 1e-9
    return np.linalg.solve(covariance, means[1] - means[0])


def pearson_tail(z: float, skew: float) -> float:
    """Chance that a standardised Pearson III variable with this skew is above `z`."""
    from scipy.stats import pearson3

    return float(pearson3.sf(z, skew))


def hypergeometric_tail(count: int, rows: int, bad: int, drawn: int) -> float:
    """Chance to draw at least `count` of `bad` among `rows` in `drawn` draws."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(count - 1, rows, bad, drawn))


def clusters(vectors: NDArray[np.float32], count: int, *, seed: int) -> NDArray[np.intp]:
    """The cluster of each row by k-means; shape (n,)."""
    from sklearn.cluster import KMeans

    machine = KMeans(count, n_init=3, random_state=seed % 2**31)
    return np.asarray(machine.fit_predict(vectors), dtype=np.intp)
