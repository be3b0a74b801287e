"""What learning takes in and gives out: rows, promises, settings, predictions."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts in, an (n, d) array out, each row of length 1."""

Drawn = Literal["bootstrap", "audit", "escalated", "feedback"]


@dataclass(frozen=True, slots=True)
class Row:
    """One request whose right answer is known.

    - label: the answer, as canonical JSON
    - group: near-duplicates share it; a group never crosses a split
    - at: when the request came, seconds since the epoch
    - drawn: how its label became known. `bootstrap`: everything was asked of the teacher;
      `escalated`: no specialist accepted it; `audit`: it was answered locally and drawn at
      random to be asked as well; `feedback`: a person said so
    - propensity: the chance with which its label became known (1 unless audited)
    - weight: how much it counts in training
    """

    id: str
    text: str
    label: str
    group: str
    at: float
    drawn: Drawn
    propensity: float = 1.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Promise:
    """At most `disagreement` of ALL requests are answered locally and unlike the teacher.

    - confidence: one night in 1 / (1 - confidence) may get it wrong
    - horizon: the promise is kept for what the next `horizon` requests will really show, not only
      in the long run; None asks for the long run only
    """

    disagreement: float = 0.05
    confidence: float = 0.95
    horizon: int | None = 1000

    def __post_init__(self) -> None:
        if not (0 < self.disagreement < 1 and 0 < self.confidence < 1):
            raise ValueError("disagreement and confidence must lie between 0 and 1")

    @property
    def delta(self) -> float:
        """The chance of being wrong that is left."""
        return 1 - self.confidence


_BYTES = 4 * 8
"""Training holds about four square matrices of doubles at its height."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a specialist is trained; the defaults were chosen on real streams and rarely need care.

    - holdout_share: share of the groups that is only ever used by the gate
    - audit_rate: the audit rate in service, used until an audited row says otherwise
    - labels: answers known to be possible before any example shows them (an enum in the contract)
    - width, ridge: of the kernel machine; text_weight: n-grams beside the embedding
    - anchor_weight: how much the name of a label counts as an example of it; 0 turns it off
    - balance: strengths tried of the counterweight to frequent labels; the first is the usual one
    - critical: partial outputs, canonical JSON, on whose requests alone the promise must hold too
    - clean: learn little from what the teacher probably got wrong; for a promise of quality, never for one
      of agreement, which such answers are part of
    - space: id of the embedder, kept with the specialist
    - max_rows: examples kept at most; training takes n^3 time and n^2 memory
    """

    holdout_share: float = 0.1
    audit_rate: float = 0.05
    labels: tuple[str, ...] = ()
    width: float = 1.2
    ridge: float = 0.2
    text_weight: float = 0.15
    anchor_weight: float = 4.0
    balance: tuple[float, ...] = (0.06, 0.03, 0.09, 0.0)
    critical: tuple[str, ...] = ()
    clean: bool = False
    max_rows: int = 6000
    neighbours: int = 3
    space: str = ""

    def within(self, memory: int) -> Settings:
        """These settings, with no more examples than may train within so many bytes."""
        return replace(self, max_rows=min(self.max_rows, math.isqrt(memory // _BYTES)))


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer of a specialist.

    - confidence: estimated chance that the teacher would say the same
    - accepted: it may be used; otherwise the next tier is asked
    - nearest: ids of the most similar examples, the nearest first
    - tokens_in, tokens_out: of a language model that wrote it
    """

    label: str
    confidence: float
    accepted: bool
    nearest: tuple[str, ...]
    tokens_in: int = 0
    tokens_out: int = 0


def hash_unit(*parts: str | int) -> float:
    """A number in [0, 1) that depends on nothing but `parts`: a coin that always falls the same."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return math.ldexp(int.from_bytes(digest, "big") >> 11, -53)
