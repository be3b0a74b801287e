"""What is said of where a number comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """What a number is, and how to get it again: SQL, or else a formula in words."""

    says: str
    sql: str = ""
    formula: str = ""
