"""Records as fields: which are chosen among values, which are copied from the text, and how.

A field is a dotted path into the output. It is learned from examples, not from the contract, as
only they tell whether the teacher copies a value as it is written, folds it, or makes it up.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from pantheon.ids import canonical_json
from pantheon.learn.rungs._spans import Tokens, Wanted, align, find

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject

Path: TypeAlias = tuple[str, ...]
Kind: TypeAlias = Literal["label", "span"]
MISSING = ""
"""Stands for the value of a field that an output does not have; no JSON value is spelled so."""

_COPIED = 0.95
"""A field is copied from the text if so many of its values are found there."""
_MIXED = 0.6
"""With fewer of a field's values coming again, nothing can choose among them."""
_CONTAINED = 0.5
"""An object that is empty in so many outputs without its fields is always written."""
_MOST_FIELDS = 200
_FEW, _OFTEN = 20, 5
"""A field that every output has is chosen if it has so few values, each so often on average."""
_TO_TEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = (*_TO_TEN, "eleven", "twelve")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the outputs.

    - kind: `label`: one of the values seen; `span`: copied from the text
    - many: a list of values
    - form: how a copied value is written, a key of `FORMS`
    - absent: how the output looks without it: `MISSING`, or JSON such as `null` or `[]`
    """

    path: Path
    kind: Kind
    many: bool = False
    form: str = "as it is"
    absent: str = MISSING

    @property
    def name(self) -> str:
        """Its dotted path."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Layout:
    """All fields, and the objects that every output has even where they are empty."""

    fields: tuple[Field, ...]
    objects: tuple[Path, ...] = ()

    @property
    def labels(self) -> list[int]:
        """Numbers of the fields that are chosen."""
        return [number for number, field in enumerate(self.fields) if field.kind == "label"]

    @property
    def spans(self) -> list[int]:
        """Numbers of the fields that are copied."""
        return [number for number, field in enumerate(self.fields) if field.kind == "span"]

    def values(self, output: JsonObject) -> list[str]:
        """The value of each label field, as canonical JSON or `MISSING`."""
        leaves = flatten(output)
        return [spell(leaves, self.fields[number].path) for number in self.labels]

    def wanted(self, output: JsonObject) -> list[Wanted]:
        """The values of the copied fields, in the order of fields and lists."""
        leaves = flatten(output)
        return [
            Wanted(number, spellings(value))
            for number in self.spans
            for value in copies(leaves.get(self.fields[number].path))
        ]

    def write(self, labels: Sequence[str], copied: Mapping[int, Sequence[str]]) -> JsonObject:
        """The output with these values of the label fields and these pieces of the text.

        `copied`: pieces by number of field; a field that holds one value takes the first.
        """
        output: JsonObject = {}
        for path in self.objects:
            _descend(output, path)
        for number, text in zip(self.labels, labels, strict=True):
            if text != MISSING:
                _put(output, self.fields[number].path, json.loads(text))
        for number in self.spans:
            field, pieces = self.fields[number], copied.get(number, ())
            values = [FORMS[field.form](piece) for piece in pieces]
            if values:
                _put(output, field.path, cast("Json", values if field.many else values[0]))
            elif field.absent != MISSING:
                _put(output, field.path, json.loads(field.absent))
        return output


def _descend(output: JsonObject, path: Path) -> JsonObject:
    """The object at a path, made where there is none; what stands in its way is replaced."""
    for key in path:
        inner = output.get(key)
        if not isinstance(inner, dict):
            inner = output[key] = {}
        output = inner
    return output


def _put(output: JsonObject, path: Path, value: Json) -> None:
    _descend(output, path[:-1])[path[-1]] = value


def flatten(output: JsonObject, at: Path = ()) -> dict[Path, Json]:
    """The values by path: objects are descended into, lists are not; an empty object is a value."""
    leaves: dict[Path, Json] = {}
    for key, value in output.items():
        if isinstance(value, dict) and value:
            leaves.update(flatten(value, (*at, key)))
        else:
            leaves[(*at, key)] = value
    return leaves


def spell(leaves: Mapping[Path, Json], path: Path) -> str:
    """A value as canonical JSON, or `MISSING`."""
    return canonical_json(leaves[path]) if path in leaves else MISSING


def copies(value: Json) -> list[str | int | float]:
    """The single values that could be copied from a text; of an empty one none."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if _is_copy(item)]  # pyright: ignore[reportReturnType]


def _is_copy(value: Json) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int | float) and not isinstance(value, bool)


def spellings(value: str | int | float) -> tuple[str, ...]:
    """How a value may be written in a text: 1200 also as `1,200`, 3 also as `three`."""
    if isinstance(value, str):
        return (value,)
    number = int(value) if isinstance(value, int) or value.is_integer() else value
    words = _NUMBERS[number : number + 1] if isinstance(number, int) and number >= 0 else ()
    return tuple(dict.fromkeys([str(number), f"{number:,}", f"{number:.2f}", *words]))


# ------------------------------------------------------------------------------- ways of writing
def _as_number(text: str) -> Json:
    folded = text.casefold().strip()
    if folded in _NUMBERS:
        return _NUMBERS.index(folded)
    try:
        number = float(folded.replace(",", "").replace(" ", ""))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


FORMS: dict[str, Callable[[str], Json]] = {
    "as it is": lambda text: text,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "sentence": str.capitalize,
    "number": _as_number,
}
"""How the teacher writes what it copies."""


# -------------------------------------------------------------------------------------- learning
def learn_layout(pairs: Sequence[tuple[Tokens, JsonObject]]) -> Layout:
    """Fields of the outputs, from texts and outputs.

    What cannot be learned is still a field (a label whose values do not come again); `unlearnable`
    names it.
    """
    leaves = [flatten(output) for _, output in pairs]
    empty = Counter(path for found in leaves for path, value in found.items() if value == {})
    seen = Counter(path for found in leaves for path, value in found.items() if value != {})
    paths = sorted(path for path, _ in seen.most_common(_MOST_FIELDS))
    texts = [tokens for tokens, _ in pairs]
    fields = tuple(_learn_field(path, texts, leaves) for path in paths)
    return Layout(fields, tuple(_always(empty, paths, leaves)))


def _always(
    empty: Counter[Path], paths: Sequence[Path], leaves: list[dict[Path, Json]]
) -> Iterator[Path]:
    """Objects that are written even when there is nothing in them."""
    for path, count in sorted(empty.items()):
        below = [p for p in paths if p[: len(path)] == path]
        without = sum(all(p not in found for p in below) for found in leaves)
        if count >= _CONTAINED * without:
            yield path


def _learn_field(path: Path, texts: Sequence[Tokens], leaves: Sequence[dict[Path, Json]]) -> Field:
    held = [
        (tokens, found[path])
        for tokens, found in zip(texts, leaves, strict=True)
        if path in found and copies(found[path])
    ]
    plain = [found[path] for found in leaves if path in found and found[path] not in (None, [], "")]
    if not held or len(held) < len(plain) or _is_chosen(held, len(leaves)):
        return Field(path, "label")
    if _share_found(held) < _COPIED:
        return Field(path, "label")
    many = sum(isinstance(value, list) for _, value in held) * 2 > len(held)
    nothing = Counter(spell(found, path) for found in leaves if not copies(found.get(path)))
    absent = nothing.most_common(1)[0][0] if nothing else MISSING
    return Field(path, "span", many=many, form=_learn_form(held), absent=absent)


def _is_chosen(held: Sequence[tuple[Tokens, Json]], outputs: int) -> bool:
    """Whether every output has one of very few values: a choice, even if texts happen to name it."""
    if len(held) < outputs or any(isinstance(value, list) for _, value in held):
        return False
    distinct = len({canonical_json(value) for _, value in held})
    return distinct <= min(_FEW, outputs / _OFTEN)


def _share_found(held: Sequence[tuple[Tokens, Json]]) -> float:
    """Share of the examples all of whose values are somewhere in their texts."""
    hits = 0
    for tokens, value in held:
        _, lost = align(tokens, [Wanted(0, spellings(item)) for item in copies(value)])
        hits += not lost
    return hits / len(held)


def _learn_form(held: Sequence[tuple[Tokens, Json]]) -> str:
    """The way of writing that gives most of the values back from their texts."""
    hits: Counter[str] = Counter(dict.fromkeys(FORMS, 0))
    for tokens, value in held:
        for item in copies(value):
            place = next((p for way in spellings(item) for p in find(tokens, way)), None)
            if place is not None:
                piece = tokens.between(*place)
                hits.update(name for name, form in FORMS.items() if form(piece) == item)
    return hits.most_common(1)[0][0]


def unlearnable(layout: Layout, outputs: Sequence[JsonObject]) -> list[Field]:
    """Label fields most of whose values occur once: neither in the text nor coming again."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for output in outputs:
        for number, value in zip(layout.labels, layout.values(output), strict=True):
            if value != MISSING:
                counts[number][value] += 1
    return [
        layout.fields[number]
        for number, found in counts.items()
        if sum(n for n in found.values() if n > 1) < _MIXED * found.total()
        and found.total() > _RARE * len(outputs)
    ]


_RARE = 0.1
"""A field that so few outputs have may be lost without losing the rest."""
