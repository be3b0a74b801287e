"""Versions on trial, as the report tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TrialNote:
    """A version on trial that its guards stopped, or made stable."""

    kind: str
    name: str
    version: str
    """`support@3`."""
    outcome: Literal["stopped", "promoted"]
    at: float
    why: str
    """The figures."""
    words: str
    look: str
    """What to type to see its history."""
    undo: str
    """What to type to undo it."""
