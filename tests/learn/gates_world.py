"""Rows and answers for the tests of gates: what is right is decided, not learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pantheon.learn import Row
from pantheon.learn.gates import Answers

RIGHT, WRONG = '{"team":"cards"}', '{"team":"loans"}'


def rows_at(times: Sequence[float], *, prefix: str = "r") -> list[Row]:
    """Rows whose right answer is RIGHT, one a time; each a group of its own."""
    return [
        Row(f"{prefix}{n}", f"text {prefix} {n}", RIGHT, f"{prefix}{n}", at, "bootstrap")
        for n, at in enumerate(times)
    ]


def answers(code: str) -> Answers:
    """`+` is answered here rightly, `-` wrongly, `.` left to the next tier."""
    local = np.array([c != "." for c in code], dtype=bool)
    return Answers(local, tuple(WRONG if c == "-" else RIGHT for c in code))
