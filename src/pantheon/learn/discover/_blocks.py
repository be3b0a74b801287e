"""Which prompts share constant text: found from runs of tokens that always occur together.

A template's constant text gives four-token shingles that occur in the very same prompts, however
its slots are filled; a phrase of everyday language occurs now with these, now with those. So
shingles with equal sets of prompts are gathered into blocks, blocks of some length count as
constant text, and prompts with the same blocks are of one template. Everything is sorting and
counting of hashes: linear in the log's tokens, whatever order slots and constants come in. (Drain's
prefix tree, He et al. 2017, needs constants in the first tokens, and log lines of equal length.)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pantheon.learn.discover._call import Prompt, is_mark

_GRAM = 4
_WEIGHTY = 3
"""Shingles of a block that counts as constant text, i.e. about six tokens …"""
_AT_EDGE = 2
"""… or five, where it begins or ends a message."""
_MIX = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Prompts (by index) that share their constant text.

    - blocks: ids of the pieces of constant text, with their weight in shingles
    """

    members: tuple[int, ...]
    blocks: dict[int, int]

    @property
    def weight(self) -> int:
        """Constant text in shingles."""
        return sum(self.blocks.values())


def gather(prompts: Sequence[Prompt], *, least: int) -> tuple[list[Gathered], list[int]]:
    """Groups of at least `least` prompts, the largest first, and the indices of all others."""
    if not prompts:
        return [], []
    blocks, weights = _find_blocks(prompts, least)
    keys = [(_roles(p), frozenset(b)) for p, b in zip(prompts, blocks, strict=True)]
    counts = Counter(key for key in keys if key[1])
    common = {key for key, count in counts.items() if count >= least}
    homes = {key: _nearest(key, common, weights) for key in counts}
    members: dict[tuple[str, frozenset[int]], list[int]] = defaultdict(list)
    rest: list[int] = []
    for index, key in enumerate(keys):
        home = homes.get(key)
        (members[home] if home else rest).append(index)
    groups = [Gathered(tuple(m), {b: weights[b] for b in k[1]}) for k, m in members.items()]
    return sorted(groups, key=lambda g: (-len(g.members), g.members[0])), rest


_Key = tuple[str, frozenset[int]]


def _nearest(key: _Key, common: set[_Key], weights: dict[int, int]) -> _Key | None:
    """The commonest explanation: the key itself, or the weightiest that is part of it."""
    if key in common:
        return key
    inside = [other for other in common if other[0] == key[0] and other[1] < key[1]]
    return max(inside, key=lambda o: (sum(weights[b] for b in o[1]), sorted(o[1])), default=None)


def _roles(prompt: Prompt) -> str:
    return "".join(token for token in prompt.tokens if is_mark(token))


def _find_blocks(prompts: Sequence[Prompt], least: int) -> tuple[list[list[int]], dict[int, int]]:
    """The blocks of each prompt, and the weight of each block."""
    owners, shingles, edges = _shingles(prompts)
    names, inverse, counts = np.unique(shingles, return_inverse=True, return_counts=True)
    # The sum of the owners' random numbers names the set of owners.
    marks = _scramble(np.arange(1, len(prompts) + 1, dtype=np.uint64))
    sums = np.zeros(len(names), dtype=np.uint64)
    np.add.at(sums, inverse, marks[owners])
    at_edge = np.zeros(len(names), dtype=bool)
    np.logical_or.at(at_edge, inverse, edges)
    frequent = counts >= least
    sets, block_of = np.unique(sums[frequent], return_inverse=True)
    weight = np.bincount(block_of, minlength=len(sets))
    edge = np.bincount(block_of, weights=at_edge[frequent], minlength=len(sets)) > 0
    heavy = (weight >= _WEIGHTY) | (edge & (weight >= _AT_EDGE))
    block = np.full(len(names), -1)
    block[np.flatnonzero(frequent)] = np.where(heavy[block_of], block_of, -1)
    pairs = np.unique(np.stack([owners, block[inverse]], axis=1), axis=0)
    found: list[list[int]] = [[] for _ in prompts]
    for owner, one in pairs[pairs[:, 1] >= 0]:
        found[int(owner)].append(int(one))
    return found, {int(b): int(weight[b]) for b in np.flatnonzero(heavy)}


def _shingles(prompts: Sequence[Prompt]) -> tuple[NDArray[np.int64], Hashes, NDArray[np.bool_]]:
    """Distinct shingles of all prompts: whose they are, their hashes, whether at an edge."""
    known: dict[str, int] = {}
    owners: list[NDArray[np.int64]] = []
    hashes: list[Hashes] = []
    edges: list[NDArray[np.bool_]] = []
    for index, prompt in enumerate(prompts):
        ids = np.array(
            [known.setdefault(token, len(known) + 1) for token in prompt.tokens], dtype=np.uint64
        )
        marks = np.array([is_mark(token) for token in prompt.tokens])
        values, first = np.unique(_roll(ids), return_index=True)
        hashes.append(values)
        edges.append(_near_mark(marks)[first])
        owners.append(np.full(len(values), index, dtype=np.int64))
    return np.concatenate(owners), np.concatenate(hashes), np.concatenate(edges)


def _roll(ids: Hashes) -> Hashes:
    """Hash of each run of four tokens; of all tokens where there are fewer."""
    width = min(_GRAM, len(ids))
    total = np.zeros(len(ids) - width + 1, dtype=np.uint64)
    for offset in range(width):
        total = _scramble(total + ids[offset : offset + len(total)])
    return total


def _near_mark(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    width = min(_GRAM, len(marks))
    windows = np.lib.stride_tricks.sliding_window_view(marks, width)
    return windows[:, 0] | windows[:, -1]


def _scramble(values: Hashes) -> Hashes:
    """The finaliser of MurmurHash3 with a golden-ratio step: every bit depends on every other."""
    mixed = (values + np.uint64(1)) * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    return mixed ^ (mixed >> np.uint64(29))


def shared_weight(left: Gathered, right: Gathered) -> float:
    """How much of the longer constant text two groups share, from 0 to 1."""
    common = sum(w for b, w in left.blocks.items() if b in right.blocks)
    return common / max(left.weight, right.weight, 1)


def join(groups: Iterable[Gathered]) -> Gathered:
    """One group of several: what they share is its constant text."""
    all_ = list(groups)
    shared = {b: w for b, w in all_[0].blocks.items() if all(b in g.blocks for g in all_)}
    return Gathered(tuple(sorted(i for g in all_ for i in g.members)), shared)
