"""What was seen before: which phrases were values of which field, and what each word was part of.

A row's own group is subtracted when its features are made for training; a machine that finds its
training values in its own list learns to trust the list, and finds nothing there in service.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pantheon.learn.rungs._spans import OUTSIDE, Span, Tokens, to_tags

_LONGEST = 7
"""Tokens of the longest phrase that is kept."""
_SHARES = 3
"""Shares of a word's uses are told apart in steps of a third."""
_SELDOM = 3

Counts = Mapping[str, Mapping[str, int]]
_NOTHING: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Counts by phrase, or by word, and by number of the field (`O`: no value)."""

    phrases: Counts
    words: Counts

    def knows(self, phrase: str, field: int) -> bool:
        """Whether this was once a value of the field."""
        return str(field) in self.phrases.get(phrase, _NOTHING)

    def describe(self, tokens: Tokens, without: Gazetteer | None = None) -> list[list[str]]:
        """Features of each token; `without`: what is taken for not seen."""
        hidden = without or _EMPTY
        features = [self._of_word(word, hidden) for word in tokens.folded]
        for start in range(len(tokens)):
            for end in range(start + 1, min(len(tokens), start + _LONGEST) + 1):
                phrase = " ".join(tokens.folded[start:end])
                known = _left(self.phrases, hidden.phrases, phrase)
                for index in range(start, end) if known else ():
                    place = _place(index, start, end)
                    features[index] += [f"g{place}={field}" for field in known]
        return [list(dict.fromkeys(found)) for found in features]

    def _of_word(self, word: str, hidden: Gazetteer) -> list[str]:
        known = _left(self.words, hidden.words, word)
        total = sum(known.values())
        if not total:
            return ["unseen"]
        shares = [f"u{field}={round(_SHARES * n / total)}" for field, n in known.items()]
        return [*shares, "seldom"] if total < _SELDOM else shares


_EMPTY = Gazetteer({}, {})


def _left(counts: Counts, hidden: Counts, key: str) -> dict[str, int]:
    seen, less = counts.get(key), hidden.get(key, _NOTHING)
    if not seen:
        return {}
    return {field: n - less.get(field, 0) for field, n in seen.items() if n > less.get(field, 0)}


def _place(index: int, start: int, end: int) -> str:
    if end - start == 1:
        return "S1"
    where = "B" if index == start else "E" if index == end - 1 else "M"
    return f"{where}{min(end - start, 3)}"


def gather(examples: Iterable[tuple[Tokens, Sequence[Span]]]) -> Gazetteer:
    """Count phrases and words of tagged texts."""
    phrases: defaultdict[str, Counter[str]] = defaultdict(Counter)
    words: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for tokens, spans in examples:
        for span in spans:
            if span.end - span.start <= _LONGEST:
                phrase = " ".join(tokens.folded[span.start : span.end])
                phrases[phrase][str(span.field)] += 1
        for word, tag in zip(tokens.folded, to_tags(spans, len(tokens)), strict=True):
            words[word][tag[1:] or OUTSIDE] += 1
    return Gazetteer(_sorted(phrases), _sorted(words))


def _sorted(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """In an order that does not depend on the rows', nor changes when written and read."""
    return {key: dict(sorted(counts[key].items())) for key in sorted(counts)}
