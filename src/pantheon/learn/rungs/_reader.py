"""A reader of records: which tagger reads a text, and the record that its tags stand for.

Where the values of one label field decide which fields there are (an intent and its slots), each of
its values has a tagger of its own: fewer tags to choose from are learned faster and better.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pantheon.learn.rungs._fields import Layout
from pantheon.learn.rungs._gazetteer import Gazetteer, gather
from pantheon.learn.rungs._heads import Chosen
from pantheon.learn.rungs._spans import Span, Tokens
from pantheon.learn.rungs._tagger import Features, Tagged, Tagger, describe, train_tagger

if TYPE_CHECKING:
    from pantheon.ids import JsonObject

_ENOUGH = 25
"""Examples from which on a value of the deciding field has its own tagger."""
_DECIDES = 0.35
"""Information (nats) that a label field must hold about which other fields there are."""
_MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class Example:
    """A text, where its values are, the values of its label fields, and its group."""

    tokens: Tokens
    spans: tuple[Span, ...]
    labels: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True)
class Parts:
    """How texts are shared among taggers.

    - by: place among the label fields of the one that decides; -1 if none does
    - names: its values that have a tagger; all others share the last one
    """

    by: int = -1
    names: tuple[str, ...] = ()

    def of(self, labels: Sequence[str]) -> int:
        """Number of the tagger for a text with these labels."""
        if self.by < 0 or labels[self.by] not in self.names:
            return len(self.names)
        return self.names.index(labels[self.by])


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a text, and what doubts there may be."""

    tokens: Tokens
    chosen: Chosen
    tagged: Tagged
    part: int
    fresh: int
    """Spans whose phrase was never a value of their field."""
    rivals: int
    """Those among them that were a value of another field."""
    unseen: int
    """Words that no example holds."""


@dataclass(frozen=True)
class Reader:
    """Fields, taggers and gazetteer."""

    layout: Layout
    parts: Parts
    taggers: tuple[Tagger, ...]
    gazetteer: Gazetteer

    def read(self, tokens: Tokens, chosen: Chosen) -> Reading:
        """Tag a text whose labels are chosen."""
        part = self.parts.of(chosen.values)
        tagged = self.taggers[part].tag(describe(tokens, self.gazetteer))
        fresh = rivals = 0
        for span in tagged.spans:
            phrase = " ".join(tokens.folded[span.start : span.end])
            if not self.gazetteer.knows(phrase, span.field):
                fresh += 1
                rivals += phrase in self.gazetteer.phrases
        unseen = sum(word not in self.gazetteer.words for word in tokens.folded)
        return Reading(tokens, chosen, tagged, part, fresh, rivals, unseen)

    def write(self, reading: Reading) -> JsonObject:
        """The record that was read."""
        pieces: defaultdict[int, list[str]] = defaultdict(list)
        for span in reading.tagged.spans:
            pieces[span.field].append(reading.tokens.between(span.start, span.end))
        return self.layout.write(reading.chosen.values, pieces)

    def crowded(self, reading: Reading) -> int:
        """Values too many for fields that hold one."""
        counts = Counter(span.field for span in reading.tagged.spans)
        return sum(n - 1 for field, n in counts.items() if not self.layout.fields[field].many)

    def sureness(self, reading: Reading) -> dict[str, float]:
        """For each field that was read, by its dotted path, how sure it is (not calibrated)."""
        sure: dict[str, float] = {}
        for number, lead in zip(self.layout.labels, reading.chosen.leads, strict=True):
            sure[self.layout.fields[number].name] = (1 + min(lead, 1.0)) / 2
        for span, low in zip(reading.tagged.spans, reading.tagged.sureness, strict=True):
            name = self.layout.fields[span.field].name
            sure[name] = min(low, sure.get(name, 1.0))
        return sure


def share_out(layout: Layout, examples: Sequence[Example]) -> Parts:
    """Find the label field that says most about which copied fields there are."""
    best, most = -1, _DECIDES
    for place in range(len(layout.labels)):
        told = _information([(e.labels[place], _present(e)) for e in examples])
        if told > most and len({e.labels[place] for e in examples}) <= _MOST_PARTS:
            best, most = place, told
    if best < 0:
        return Parts()
    counts = Counter(e.labels[best] for e in examples)
    return Parts(best, tuple(sorted(value for value, n in counts.items() if n >= _ENOUGH)))


def _present(example: Example) -> tuple[int, ...]:
    return tuple(sorted({span.field for span in example.spans}))


def _information(pairs: Sequence[tuple[str, tuple[int, ...]]]) -> float:
    """Mean over the fields of what the label tells about their presence, in nats, summed."""
    labels = Counter(label for label, _ in pairs)
    fields = {field for _, present in pairs for field in present}
    total, told = max(len(pairs), 1), 0.0
    for field in fields:
        within = Counter(label for label, present in pairs if field in present)
        whole = _entropy(sum(within.values()) / total)
        parts = (n / total * _entropy(within[label] / n) for label, n in labels.items())
        told += whole - sum(parts)
    return told


def _entropy(share: float) -> float:
    if share <= 0 or share >= 1:
        return 0.0
    return -share * math.log(share) - (1 - share) * math.log(1 - share)


def train_reader(
    layout: Layout, parts: Parts, examples: Sequence[Example], *, threads: int = 2
) -> Reader:
    """Learn from examples; the same ones in the same order give the same reader."""
    gazetteer = gather((e.tokens, e.spans) for e in examples)
    own = _by_group(examples)
    shares: list[list[Example]] = [[] for _ in range(len(parts.names) + 1)]
    for example in examples:
        shares[parts.of(example.labels)].append(example)

    def described(share: Sequence[Example]) -> Iterator[tuple[Features, Sequence[Span]]]:
        """One at a time: features take far more memory than CRFsuite's own copy of them."""
        for example in share:
            yield describe(example.tokens, gazetteer, own[example.group]), example.spans

    with ThreadPoolExecutor(max_workers=threads) as pool:
        taggers = tuple(pool.map(train_tagger, map(described, shares)))
    return Reader(layout, parts, taggers, gazetteer)


def _by_group(examples: Sequence[Example]) -> dict[str, Gazetteer]:
    """What each group tells the gazetteer."""
    groups: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.group].append(example)
    return {name: gather((e.tokens, e.spans) for e in group) for name, group in groups.items()}
