"""What versions say of requests that came after they were trained, answered or not.

Rows that a version never saw, in the order in which they came, are a test that cannot be
overfitted (prequential: Dawid 1984). Near-duplicates of its examples stay among them: the traffic
to come repeats itself as well.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pantheon.ids import canonical_json
from pantheon.learn._splits import drawn_like_traffic, lowest_audit_rate
from pantheon.learn.gates._answers import Answers
from pantheon.store import ShadowPrediction

if TYPE_CHECKING:
    from pantheon.ids import ContentHash, Json
    from pantheon.learn._rows import Prediction, Row
    from pantheon.store import Store

Asking: TypeAlias = "Callable[[Sequence[str]], Awaitable[Sequence[Prediction]]]"
"""Puts texts to a model."""


def fresh_rows(
    rows: Sequence[Row], *, since: float, audit_rate: float = 0.05, seed: int = 0
) -> list[Row]:
    """Rows that came after `since` and are a fair sample of the traffic of that time.

    Args:
        rows: everything that is known; which side of the split it is on does not matter here.
        since: when the version was trained.
        audit_rate: the audit rate in service, used until an audited row says otherwise.
        seed: decides which escalated rows stand for the others.
    """
    later = [row for row in rows if row.at > since]
    rate = lowest_audit_rate(later, audit_rate)
    return [row for row in later if drawn_like_traffic(row, audit_rate=rate, seed=seed)]


def unasked(store: Store, agent: str, version: ContentHash, rows: Sequence[Row]) -> list[Row]:
    """The rows of which it is not known yet what a version says."""
    known = {shadow.example for shadow in store.predictions.list(agent, version=version)}
    return [row for row in rows if row.id not in known]


def keep_shadow(
    store: Store,
    agent: str,
    version: ContentHash,
    rows: Sequence[Row],
    predictions: Sequence[Prediction],
) -> None:
    """Write down what a version says of rows."""
    store.predictions.add(
        ShadowPrediction(
            agent=agent,
            version=version,
            example=row.id,
            at=row.at,
            output=_as_object(prediction.label),
            score=float(prediction.confidence),
            accepted=prediction.accepted,
        )
        for row, prediction in zip(rows, predictions, strict=True)
    )


def recall_shadow(store: Store, agent: str, version: ContentHash, rows: Sequence[Row]) -> Answers:
    """What a version said of these rows; all must have been kept."""
    known = {shadow.example: shadow for shadow in store.predictions.list(agent, version=version)}
    found = [known[row.id] for row in rows]
    local = np.array([shadow.accepted for shadow in found], dtype=bool)
    return Answers(local, tuple(canonical_json(shadow.output) for shadow in found))


async def shadow(
    store: Store, agent: str, version: ContentHash, rows: Sequence[Row], ask: Asking
) -> Answers:
    """What a version says of rows; each is asked once, however often the night is begun again."""
    left = unasked(store, agent, version, rows)
    if left:
        predictions = await ask([row.text for row in left])
        keep_shadow(store, agent, version, left, predictions)
    return recall_shadow(store, agent, version, rows)


def _as_object(label: str) -> dict[str, Json]:
    try:
        output: Json = json.loads(label)
    except ValueError:
        return {}
    return output if isinstance(output, dict) else {}
