"""Which examples train and which are held out: a fixed function of their group.

A night cannot choose, and no example can move: the same function is asked by whoever trains and by
whoever gates. Calibration needs no third part, because every example is scored by a machine that
did not see its group (see `_fit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pantheon.learn._rows import Row, hash_unit

Split = Literal["train", "holdout", "quarantine"]
QUARANTINE = "quarantine:"
"""Groups of rows that resemble examples on both sides; they are used for nothing."""


def assign_split(group: str, *, holdout_share: float = 0.1) -> Split:
    """The side on which `group` is, for ever."""
    if group.startswith(QUARANTINE):
        return "quarantine"
    return "holdout" if hash_unit("holdout", group) < holdout_share else "train"


def rows_in(split: Split, rows: Sequence[Row], *, holdout_share: float = 0.1) -> list[Row]:
    """The rows on one side, in the order given."""
    return [row for row in rows if assign_split(row.group, holdout_share=holdout_share) == split]


def drawn_like_traffic(row: Row, *, audit_rate: float, seed: int = 0) -> bool:
    """Whether `row` belongs to a sample in which every request was as likely as any other.

    While everything was asked (`bootstrap`) all rows do. Later the label of a local answer was
    seen with the audit rate, that of an escalated request always: a coin that falls the same way
    each night keeps every row with the chance `audit_rate` over its propensity, so that what is
    left was drawn evenly, whatever its specialist thought of it. Feedback is never random.
    """
    if row.drawn == "bootstrap":
        return True
    if row.drawn == "feedback" or row.propensity <= 0:
        return False
    return hash_unit("calibrate", seed, row.id) * row.propensity < audit_rate


def lowest_audit_rate(rows: Sequence[Row], default: float) -> float:
    """The lowest propensity of an audited row: what all others are thinned to."""
    return min((row.propensity for row in rows if row.drawn == "audit"), default=default)
