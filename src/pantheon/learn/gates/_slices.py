"""Slices that must not get worse: declared critical ones, and every label by itself."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pantheon.learn._paired import Paired
from pantheon.spec import holds_part

if TYPE_CHECKING:
    from pantheon.ids import Json
    from pantheon.learn._rows import Row
    from pantheon.learn.gates._answers import Answers, Outcome


def find_critical(
    rows: Sequence[Row], said: Sequence[Answers], critical: Collection[str]
) -> dict[str, list[int]]:
    """For each critical part of an output the rows that it is about.

    A row is about it if the right answer holds the part, or if one of `said` would answer the row
    here with an output that does: both missing it and seeing it where it is not are harm.
    """
    found: dict[str, list[int]] = {}
    outputs = [_parse(row.label) for row in rows]
    for part in sorted(critical):
        wanted = json.loads(part)
        found[part] = [
            place
            for place, output in enumerate(outputs)
            if holds_part(wanted, output)
            or any(
                answers.local[place] and holds_part(wanted, _parse(answers.said[place]))
                for answers in said
            )
        ]
    return found


def harmed_parts(
    slices: dict[str, list[int]], candidate: Outcome, deployed: Outcome
) -> tuple[str, ...]:
    """Zero tolerance: critical parts with a wrong local answer that is new."""
    worse = candidate.wrong & ~deployed.wrong
    return tuple(part for part, places in slices.items() if bool(worse[places].any()))


def harmed_labels(
    rows: Sequence[Row], candidate: Outcome, deployed: Outcome, *, alpha: float
) -> list[tuple[str, Paired, float]]:
    """Labels that are clearly answered wrongly more often, with the counts and the p-value.

    One-sided mid-p McNemar on each label where the two differ, Bonferroni over these. Only rows that
    both answer count: who answers more also errs more, and that is what the promise is for.
    """
    places: dict[str, list[int]] = defaultdict(list)
    both = candidate.local & deployed.local
    for place in np.flatnonzero(both & (candidate.wrong != deployed.wrong)).tolist():
        places[rows[place].label].append(place)
    found: list[tuple[str, Paired, float]] = []
    for label, where in sorted(places.items()):
        paired = Paired.count(candidate.wrong[where], deployed.wrong[where])
        if paired.p_more <= alpha / len(places):
            found.append((label, paired, paired.p_more))
    return found


def _parse(label: str) -> Json:
    try:
        return json.loads(label)
    except ValueError:
        return None
