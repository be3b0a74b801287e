"""The part of the morning's model that is about money and tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one agent cost and saved in the period."""

    agent: str
    cloud: int
    cloud_usd: float
    audits: int
    audit_usd: float
    local: int
    mean_cloud_usd: float | None
    """Mean cost of the agent's own cloud answers over the trailing window."""
    saved_usd: float
    """`local` times that mean; what the audits cost is not taken off, it is in the spending."""
    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Costs:
    """Spending of the period; the rows add up to the totals."""

    cloud_usd: float
    """Answers and audits together."""
    audit_usd: float
    saved_usd: float
    tokens_in: int
    tokens_out: int
    rows: tuple[CostRow, ...]
