"""Tagging the tokens of a text: a linear-chain conditional random field (Lafferty et al. 2001).

Features of a token are its word, shape, beginning and end, its neighbours, and what the gazetteer
knows. Trained by CRFsuite with an elastic net; in a second for a thousand short texts.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from pantheon.errors import InputError
from pantheon.learn.rungs._gazetteer import Gazetteer
from pantheon.learn.rungs._spans import Span, Tokens, to_spans, to_tags

Features = list[list[str]]
_SETTINGS: dict[str, Any] = {"c1": 0.1, "c2": 0.1, "max_iterations": 80}
_AROUND = 2
_AFFIXES = (2, 3)


@dataclass(frozen=True, slots=True)
class Tagged:
    """The likeliest tags of a text.

    - chance: probability of the whole sequence
    - sureness: for each span the lowest probability of one of its tags
    - lowest: the lowest probability of a tag anywhere in the text
    """

    spans: tuple[Span, ...] = ()
    chance: float = 1.0
    sureness: tuple[float, ...] = ()
    lowest: float = 1.0


@dataclass(frozen=True)
class Tagger:
    """A trained field as bytes; empty bytes find nothing, which is right where nothing was seen."""

    data: bytes
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
    """CRFsuite's tagger holds the text it works on."""

    def tag(self, features: Features) -> Tagged:
        """Tags of one text, from `describe`."""
        if not self.data or not features:
            return Tagged()
        with self._lock:
            engine = self._engine
            engine.set(features)
            tags: list[str] = engine.tag()
            chance = float(engine.probability(tags))
            sure = [float(engine.marginal(tag, index)) for index, tag in enumerate(tags)]
        spans = to_spans(tags)
        lows = tuple(min(sure[span.start : span.end]) for span in spans)
        return Tagged(tuple(spans), chance, lows, min(sure))

    @cached_property
    def _engine(self) -> Any:
        engine: Any = _crfsuite().Tagger()
        try:
            engine.open_inmemory(self.data)
        except ValueError as error:
            raise InputError(
                f"A tagger of this specialist cannot be read: {error}.",
                hint="Roll back to an earlier version, or let the next night train a new one.",
            ) from error
        return engine


def _crfsuite() -> Any:
    """The library, which comes without types; imported where it is first needed."""
    return import_module("pycrfsuite")


def train_tagger(examples: Iterable[tuple[Features, Sequence[Span]]]) -> Tagger:
    """Learn from texts, as features, and their spans; the same examples give the same bytes."""
    trainer: Any = _crfsuite().Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(_SETTINGS)
    found = 0
    for features, spans in examples:
        if features:
            trainer.append(features, to_tags(spans, len(features)))
            found += len(spans)
    if not found:
        return Tagger(b"")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crf"
        trainer.train(str(path))
        return Tagger(path.read_bytes())


def describe(tokens: Tokens, gazetteer: Gazetteer, without: Gazetteer | None = None) -> Features:
    """Features of each token; `without`: what the gazetteer must not know of (see there)."""
    known = gazetteer.describe(tokens, without)
    return [own + seen for own, seen in zip(_describe_words(tokens), known, strict=True)]


def _describe_words(tokens: Tokens) -> tuple[list[str], ...]:
    """What needs no gazetteer. Not kept: it is large, and made faster than most texts are read."""
    shapes = [_shape(word) for word in tokens.words]
    return tuple(_describe_word(tokens.folded, shapes, index) for index in range(len(tokens)))


def _describe_word(words: Sequence[str], shapes: Sequence[str], here: int) -> list[str]:
    word, count = words[here], len(words)
    features = ["always", f"s0={shapes[here]}"]
    for step in range(-_AROUND, _AROUND + 1):
        other = here + step
        if 0 <= other < count:
            features.append(f"w{step}={words[other]}")
        elif other in (-1, count):
            features.append(f"edge{step}")
    features += [f"p{n}={word[:n]}" for n in _AFFIXES] + [f"x{n}={word[-n:]}" for n in _AFFIXES]
    if here:
        features += [f"b-={words[here - 1]} {word}", f"s-1={shapes[here - 1]}"]
    if here + 1 < count:
        features += [f"b+={word} {words[here + 1]}", f"s1={shapes[here + 1]}"]
    return features


def _shape(word: str) -> str:
    """Upper case A, lower case a, digits by their number, signs as they are: `Aa`, `00`, `-`."""
    if word.isdigit():
        return "0" * min(len(word), 5)
    if not word.isalpha():
        return word
    if word.isupper():
        return "A" if len(word) == 1 else "AA"
    return "Aa" if word[0].isupper() else "a"
