"""Which arrows share a row of the channel between two rows of boxes, in a terminal.

A net is one source and its targets below; it needs a stretch of one track, unless it is straight.
Where one net ends in the column in which another begins, the other must turn off above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Net:
    """Columns of a source and of what it leads to."""

    source: int
    targets: tuple[int, ...]

    @property
    def straight(self) -> bool:
        """Whether it goes straight down."""
        return set(self.targets) == {self.source}

    @property
    def low(self) -> int:
        """Leftmost column."""
        return min(self.source, *self.targets)

    @property
    def high(self) -> int:
        """Rightmost column."""
        return max(self.source, *self.targets)


def assign_tracks(nets: Sequence[Net]) -> dict[int, int]:
    """Track, from 0 at the top, of every net that is not straight, by its index."""
    open_ = {index: net for index, net in enumerate(nets) if not net.straight}
    above = {i: {j for j in open_ if j != i and open_[j].source in open_[i].targets} for i in open_}
    tracks: dict[int, int] = {}
    while open_:
        index = _next(open_, above, tracks)
        net = open_.pop(index)
        least = max((tracks[j] + 1 for j in above[index] if j in tracks), default=0)
        tracks[index] = _free(net, least, nets, tracks)
    return tracks


def _next(
    open_: Mapping[int, Net], above: Mapping[int, set[int]], tracks: Mapping[int, int]
) -> int:
    """The leftmost net that waits for no other, or that waits for the fewest."""
    return min(open_, key=lambda i: (len(above[i] - tracks.keys()), open_[i].low, i))


def _free(net: Net, least: int, nets: Sequence[Net], tracks: Mapping[int, int]) -> int:
    taken = {
        track
        for index, track in tracks.items()
        if net.low <= nets[index].high + 1 and nets[index].low - 1 <= net.high
    }
    return next(track for track in range(least, least + len(taken) + 1) if track not in taken)
