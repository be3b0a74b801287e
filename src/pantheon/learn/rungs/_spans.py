"""Values found in a text and written as tags of its tokens, and back.

A text is cut into words, numbers and single signs; white space belongs to no token. A value is
found where its tokens stand in a row, whatever their case. The tags say for each token which field
begins there or goes on (B, I, O: Ramshaw and Marcus 1995), so that a sequence model can learn them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
MAX_TOKENS = 1000
"""What a text holds beyond is not read."""
OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text: as written, folded, and where they begin and end."""

    text: str
    words: tuple[str, ...]
    folded: tuple[str, ...]
    places: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.words)

    def between(self, start: int, end: int) -> str:
        """The text from token `start` to before token `end`, as it is written."""
        return self.text[self.places[start][0] : self.places[end - 1][1]]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Tokens `start` to before `end` are a value of the field with this number."""

    start: int
    end: int
    field: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value of a field and the ways it may be written in a text, the likeliest first."""

    field: int
    spellings: tuple[str, ...]


def tokenise(text: str) -> Tokens:
    """Cut a text into its first `MAX_TOKENS` tokens."""
    found = [match for match, _ in zip(_TOKEN.finditer(text), range(MAX_TOKENS), strict=False)]
    words = tuple(match.group() for match in found)
    return Tokens(text, words, fold_words(words), tuple(match.span() for match in found))


def fold_words(words: Sequence[str]) -> tuple[str, ...]:
    """Words without regard to case."""
    return tuple(word.casefold() for word in words)


def fold_phrase(text: str) -> str:
    """Folded tokens of a text with single spaces: the same for all ways to write it."""
    return " ".join(word.casefold() for word in _TOKEN.findall(text))


def find(tokens: Tokens, spelling: str) -> list[tuple[int, int]]:
    """Where a value may stand, those written exactly alike first, then from the left."""
    words = tuple(_TOKEN.findall(spelling))
    if not words:
        return []
    folded, count = fold_words(words), len(words)
    starts = [
        start
        for start in range(len(tokens) - count + 1)
        if tokens.folded[start] == folded[0] and tokens.folded[start : start + count] == folded
    ]
    starts.sort(key=lambda start: (tokens.words[start : start + count] != words, start))
    return [(start, start + count) for start in starts]


def align(tokens: Tokens, wanted: Sequence[Wanted]) -> tuple[list[Span], list[Wanted]]:
    """Places of the values, no two of which share a token, and the values without a place.

    Longer values choose first; values of equal length in the order given.
    """
    taken: set[int] = set()
    spans: list[Span] = []
    lost: list[Wanted] = []
    for value in sorted(wanted, key=lambda value: -len(_TOKEN.findall(value.spellings[0]))):
        free = next(_free(tokens, value, taken), None)
        if free is None:
            lost.append(value)
            continue
        taken.update(range(*free))
        spans.append(Span(*free, value.field))
    return sorted(spans), lost


def _free(tokens: Tokens, value: Wanted, taken: set[int]) -> Iterator[tuple[int, int]]:
    for spelling in value.spellings:
        for start, end in find(tokens, spelling):
            if taken.isdisjoint(range(start, end)):
                yield start, end


def to_tags(spans: Sequence[Span], count: int) -> list[str]:
    """A tag for each of `count` tokens: `B3` begins a value of field 3, `I3` goes on with it."""
    tags = [OUTSIDE] * count
    for span in spans:
        tags[span.start : span.end] = [f"I{span.field}"] * (span.end - span.start)
        tags[span.start] = f"B{span.field}"
    return tags


def to_spans(tags: Sequence[str]) -> list[Span]:
    """The spans that tags stand for; an `I` that continues nothing begins a value."""
    spans: list[Span] = []
    for index, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        field, last = int(tag[1:]), spans[-1] if spans else None
        if tag[0] == "I" and last and last.end == index and last.field == field:
            spans[-1] = Span(last.start, index + 1, field)
        else:
            spans.append(Span(index, index + 1, field))
    return spans
