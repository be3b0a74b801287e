# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Typed doors to SciPy, which ships without types: special functions and dense solving."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy import linalg, special
from threadpoolctl import ThreadpoolController

from pantheon.learn._rows import Floats


def beta_quantile(a: float, b: float, probability: float) -> float:
    """The value below which a Beta(a, b) variable falls with this probability."""
    return float(special.betaincinv(a, b, probability))


def normal_quantile(probability: float) -> float:
    """The value below which a standard normal variable falls with this probability."""
    return float(special.ndtri(probability))


def binomial_cdf(count: int, total: int, share: float) -> float:
    """P(X <= count) for X ~ Binomial(total, share)."""
    return 1.0 if count >= total else float(special.bdtr(count, total, share))


def log_choose(total: int, chosen: Floats) -> Floats:
    """Logarithm of the binomial coefficients; -inf outside 0..total."""
    inside = (chosen >= 0) & (chosen <= total)
    safe = np.where(inside, chosen, 0.0)
    logs = (
        special.gammaln(total + 1) - special.gammaln(safe + 1) - special.gammaln(total - safe + 1)
    )
    return np.asarray(np.where(inside, logs, -np.inf), dtype=np.float64)


def log_beta(a: float, b: float) -> float:
    """Logarithm of the Beta function."""
    return float(special.betaln(a, b))


def log_betas(a: Floats, b: Floats) -> Floats:
    """Logarithm of the Beta function, element by element."""
    return np.asarray(special.betaln(a, b), dtype=np.float64)


def beta_tail(a: Floats, b: Floats, above: float) -> Floats:
    """Chance of a Beta(a, b) variable to lie above a value, element by element."""
    return np.asarray(special.betaincc(a, b, above), dtype=np.float64)


def t_quantile(probability: float, freedom: float) -> float:
    """The value below which Student's t with so many degrees of freedom falls."""
    return float(special.stdtrit(freedom, probability))


def log_sum(logs: Floats) -> float:
    """log(sum(exp(logs))) without overflow."""
    return float(special.logsumexp(logs))


@contextmanager
def one_thread() -> Generator[None]:
    """Products of a single row gain nothing from threads, and lose much on a busy machine."""
    with at_most_threads(1):
        yield


@contextmanager
def at_most_threads(number: int | None) -> Generator[None]:
    """Linear algebra within uses no more threads than this; None: as many as there are cores."""
    with _blas().limit(limits=number):
        yield


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@dataclass(frozen=True, slots=True)
class Solution:
    """The solution x of A x = y, and a root R of the end of A's inverse: R' R is its last block."""

    x: Floats
    root: Floats


def solve_with_corner(matrix: Floats, y: Floats, corner: int) -> Solution:
    """Solve A x = y for a positive definite A (overwritten), with the end of its inverse.

    From A = L L' follows that the inverse's last block needs only the last block of L, so the
    inverse of the whole is never formed.

    Args:
        matrix: A, shape (n, n).
        y: shape (n, k).
        corner: size of the block of the inverse that is wanted.
    """
    lower = linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
    x = linalg.cho_solve((lower, True), y, check_finite=False)
    last = lower[len(lower) - corner :, len(lower) - corner :]
    if corner == 0:
        return Solution(x, last)
    invert: Any = linalg.get_lapack_funcs("trtri", (last,))
    root, _ = invert(last, lower=1)
    return Solution(x, np.asarray(root, dtype=np.float64))
