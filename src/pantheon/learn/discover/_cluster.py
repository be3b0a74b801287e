# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""Recurring tasks among prompts without a template: written anew each time, but for the same work.

Instructions are compared by meaning (sentence embeddings) and clustered by density (HDBSCAN,
Campello et al. 2013), so that what belongs to nothing stays outside; the answers' shape is looked
at first, since two tasks rarely answer alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pantheon.learn._rows import Embed
from pantheon.learn.discover._call import Call
from pantheon.learn.discover._names import content_words
from pantheon.learn.discover._shape import find_shape, read_reply

_WORDS = 40
"""Words of an instruction that are compared: what is wanted stands first (or in the system's)."""
_MOST = 800
"""Calls that are embedded at most; a task that recurs recurs in a sample too."""
_ALIKE = 0.75
"""Mean cosine of a cluster's members to its centre, below which it is no task."""
_LOOSELY_ALIKE = 0.35
"""The same where all answers come from a few labels, which is evidence by itself."""
_FEW_LABELS = 20


def cluster_calls(
    calls: Sequence[Call], *, least: int, embed: Embed, seed: int = 0
) -> list[list[int]]:
    """Groups of at least `least` calls (by index) that ask for the same kind of work."""
    pools: dict[str, list[int]] = defaultdict(list)
    for index, call in enumerate(calls):
        pools[answer_sign(call)].append(index)
    found: list[list[int]] = []
    for sign in sorted(pools):
        pool = pools[sign]
        if len(pool) >= least:
            parts = _split([calls[i] for i in pool], least=least, embed=embed, seed=seed)
            found.extend([pool[i] for i in part] for part in parts)
    return found


def answer_sign(call: Call) -> str:
    """What tells tasks apart before meaning does: the tool called, or the fields of the answer."""
    if call.tool:
        return f"tool {call.tool}"
    reply = read_reply(call.reply)
    if isinstance(reply.value, dict):
        return f"object {' '.join(sorted(reply.value)[:8])}"
    return "short" if reply.kind in {"words", "number"} else reply.kind


def instruction(call: Call) -> str:
    """The part of a prompt that says what is wanted: the system's words, else the first of all."""
    system = call.system.strip()
    said = system if content_words(re.findall(r"\w+", system)) else call.user
    return " ".join(said.split()[:_WORDS])


def _split(pool: Sequence[Call], *, least: int, embed: Embed, seed: int) -> list[list[int]]:
    """Groups (by index) within calls that answer alike."""
    if answer_sign(pool[0]).startswith(("object ", "tool ")):
        return [list(range(len(pool)))]  # equal fields are evidence enough
    chosen = _draw(len(pool), seed)
    texts = [instruction(pool[i]) for i in chosen]
    vectors = np.asarray(embed(texts), dtype=np.float64)
    if _few_labels([pool[i] for i in chosen]) and _tightness(vectors) >= _LOOSELY_ALIKE:
        return [list(range(len(pool)))]
    labels = _dense(vectors, max(5, least * len(chosen) // len(pool)))
    groups = [labels == label for label in range(int(labels.max(initial=-1)) + 1)]
    tight = [chosen[group].tolist() for group in groups if _tightness(vectors[group]) >= _ALIKE]
    return [group for group in tight if len(group) >= least]


def _few_labels(calls: Sequence[Call]) -> bool:
    shape = find_shape([call.reply for call in calls])
    return shape is not None and shape.kind == "label" and len(shape.labels) <= _FEW_LABELS


def _draw(total: int, seed: int) -> NDArray[np.intp]:
    order = np.random.default_rng(seed).permutation(total)[:_MOST]
    return np.sort(order).astype(np.intp)


def _dense(vectors: NDArray[np.float64], least: int) -> NDArray[np.intp]:
    """The cluster of each vector, -1 for none."""
    from sklearn.cluster import HDBSCAN

    if len(vectors) < 2 * least:
        return np.zeros(len(vectors), dtype=np.intp)
    machine = HDBSCAN(min_cluster_size=least, min_samples=5, copy=True)  # pyright: ignore[reportArgumentType]
    return np.asarray(machine.fit_predict(vectors), dtype=np.intp)


def _tightness(vectors: NDArray[np.float64]) -> float:
    """Mean cosine of vectors to their centre."""
    centre = vectors.mean(axis=0)
    return float((vectors @ centre).mean() / max(float(np.linalg.norm(centre)), 1e-9))
