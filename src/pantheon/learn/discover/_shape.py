"""What answers have in common: a label, several, a number, an object of fields, or only text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

from pantheon.ids import Json, JsonObject

Kind: TypeAlias = Literal["label", "labels", "number", "record", "text"]
ReplyKind: TypeAlias = Literal["object", "list", "number", "words", "text"]

_MOST = 0.9
"""Share of answers that must have a shape for it to be the shape of the task."""
_REPEATED = 0.7
_REPEATED_CODES = 0.3
"""Share of answers that others give too, for them to be labels; identifiers need fewer."""
_SHARED_WORDS = 0.3
"""Share of short answers that two groups have in common, for them to be of one stock."""
_VERDICTS = frozenset(
    [
        "yes",
        "no",
        "true",
        "false",
        "y",
        "n",
        "ok",
        "none",
        "unknown",
        "n/a",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "a",
        "b",
        "c",
        "d",
        "e",
    ]
)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*([_.:/-][A-Za-z0-9]+)*")
_LONGEST_LABEL = 80
_MOST_WORDS = 8
_FENCE = re.compile(r"\s*```(?:json|JSON)?\s*\n(.*?)\n?```\s*", re.DOTALL)
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?%?")
_LEAD = re.compile(r"([A-Za-z][A-Za-z _-]{1,24}):[ \t]*(?=\S)")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it can be read."""

    kind: ReplyKind
    value: Json
    """The object, list, number, or the text without quotes and full stop around it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a task's answers.

    - labels: how often each label was given (of `label` and `labels`), as it is most often spelled
    - fields: names of an object's fields, how many answers have each
    - lead: what stands before each answer and says nothing (`Intent:`)
    - varied: whether a label is spelled in several ways
    - wrapped: the answers are no objects and need a field to be put into
    - short: of `text`, that the answers are a few words each: perhaps labels, seen too seldom
    """

    kind: Kind
    labels: dict[str, int]
    fields: dict[str, int]
    lead: str = ""
    varied: bool = False
    wrapped: bool = True
    short: bool = False


def read_reply(text: str) -> Reply:
    """The answer as the narrowest thing that it is."""
    fenced = _FENCE.fullmatch(text)
    bare = (fenced[1] if fenced else text).strip()
    if bare[:1] in {"{", "["}:
        value = _parse(bare)
        if isinstance(value, dict):
            return Reply("object", value)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return Reply("list", value)
        if isinstance(value, list):
            return Reply("object", {"items": value})
    if _NUMBER.fullmatch(bare):
        return Reply("number", _number(bare))
    plain = bare.rstrip(".").strip("\"'`*").strip() or bare
    short = len(plain) <= _LONGEST_LABEL and "\n" not in plain
    words = short and len(plain.split()) <= _MOST_WORDS
    return Reply("words" if words else "text", plain if words else bare)


def _parse(text: str) -> Json:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return cast("Json", value)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _number(text: str) -> int | float:
    bare = text.rstrip("%")
    return int(bare) if "." not in bare else float(bare)


def find_shape(texts: Sequence[str]) -> Shape | None:
    """The shape that nearly all answers have; None when they are of several."""
    lead = _common_lead(texts)
    replies = [read_reply(strip_lead(text, lead)) for text in texts]
    kinds = Counter(reply.kind for reply in replies)
    total = len(replies)
    if kinds["object"] >= _MOST * total:
        return _record([r.value for r in replies if isinstance(r.value, dict)])
    if kinds["list"] >= _MOST * total:
        items = [i for r in replies if isinstance(r.value, list) for i in r.value]
        return _label_shape("labels", map(str, items), lead)
    if kinds["number"] >= _MOST * total:
        return Shape("number", {}, {}, lead)
    if kinds["object"] + kinds["list"] > (1 - _MOST) * total:
        return None
    return _of_words([str(r.value) for r in replies], kinds, lead)


def _of_words(texts: Sequence[str], kinds: Counter[str], lead: str) -> Shape:
    several = _several(texts)
    if several is not None:
        return _label_shape("labels", several, lead)
    counts = Counter(text.casefold() for text in texts)
    repeated = sum(count for count in counts.values() if count > 1)
    short = kinds["words"] + kinds["number"] >= _MOST * len(texts)
    coded = sum(bool(_CODE.fullmatch(text)) for text in texts) >= _MOST * len(texts)
    enough = _REPEATED_CODES if coded else _REPEATED
    few = coded or len(counts) <= len(texts) / 2
    if short and few and repeated >= enough * len(texts):
        return _label_shape("label", texts, lead)
    if short:
        return replace(_label_shape("label", texts, lead), kind="text", short=True)
    return Shape("text", {}, {}, lead)


def _label_shape(kind: Literal["label", "labels"], said: Iterable[str], lead: str) -> Shape:
    spelled = Counter(said)
    best: dict[str, str] = {}
    for text, _ in spelled.most_common():
        best.setdefault(text.casefold(), text)
    counts: Counter[str] = Counter()
    for text, count in spelled.items():
        counts[best[text.casefold()]] += count
    return Shape(kind, dict(counts.most_common()), {}, lead, varied=len(spelled) > len(best))


def _several(texts: Sequence[str]) -> list[str] | None:
    """The pieces of comma-separated answers, where they come from a small stock of labels."""
    pieces = [split_labels(text) for text in texts]
    many = sum(len(one) > 1 for one in pieces)
    flat = [piece for one in pieces for piece in one]
    counts = Counter(piece.casefold() for piece in flat)
    repeated = sum(count for count in counts.values() if count > 2)
    short = all(len(piece.split()) <= 4 for piece in counts)
    if many < 0.2 * len(texts) or not short or repeated < _MOST * len(flat):
        return None
    return flat if len(counts) <= len(flat) / 5 else None


def split_labels(text: str) -> list[str]:
    """`a, b; c` or a bulleted list as its items."""
    parts = [part.strip(" \t-*•.\"'`") for part in re.split(r"[,;\n]", text)]
    return [part for part in parts if part]


def _record(values: Sequence[JsonObject]) -> Shape:
    fields = Counter(name for value in values for name in value)
    only = next(iter(fields)) if len(fields) == 1 else ""
    said = [value.get(only) for value in values]
    texts = [text for text in said if isinstance(text, str)]
    if only and len(texts) == len(values):
        inner = _of_words(texts, Counter(read_reply(t).kind for t in texts), "")
        if inner.kind == "label":
            return Shape("label", inner.labels, dict(fields), varied=inner.varied, wrapped=False)
    return Shape("record", {}, dict(fields), wrapped=False)


def _common_lead(texts: Sequence[str]) -> str:
    """`Intent` where nearly all answers begin with `Intent:`."""
    leads = Counter(m[1] for text in texts if (m := _LEAD.match(text)) and "\n" not in text.strip())
    lead, count = leads.most_common(1)[0] if leads else ("", 0)
    return lead if count >= _MOST * len(texts) else ""


def strip_lead(text: str, lead: str) -> str:
    """The answer without what stands before each."""
    found = _LEAD.match(text) if lead else None
    return text[found.end() :] if found and found[1] == lead else text


def to_output(text: str, shape: Shape, field: str) -> JsonObject | None:
    """The answer as an object of the task's contract; None when it has another shape."""
    reply = read_reply(strip_lead(text, shape.lead))
    spelling = {label.casefold(): label for label in shape.labels}
    match shape.kind, reply.value:
        case "record", dict(value):
            return value
        case "label", dict(value) if not shape.wrapped and len(value) == 1:
            return value
        case "number", int() | float():
            return {field: reply.value}
        case "labels", list(items):
            chosen = {spelling.get(str(i).casefold(), str(i)) for i in items}
            return {field: list[Json](sorted(chosen))}
        case "labels", str(said) if reply.kind != "object":
            known = {spelling.get(part.casefold(), part) for part in split_labels(said)}
            return {field: list[Json](sorted(known))}
        case "label", str() | int() | float() if shape.wrapped:
            said = str(reply.value)
            return {field: spelling.get(said.casefold(), said)}
        case "text", _ if reply.kind != "object":
            return {field: text}
        case _:
            return None


def same_shape(left: Shape, right: Shape) -> bool:
    """Whether two groups of calls may do one and the same task, judged by their answers."""
    if left.wrapped != right.wrapped:
        return False
    if left.short != right.short or (left.short and right.short):
        kinds = {left.kind, right.kind}
        return kinds <= {"label", "text"} and _shared(left.labels, right.labels) >= _shared_enough(
            left.labels, right.labels
        )
    if left.kind != right.kind:
        return False
    if left.kind == "record" or (left.kind == "label" and not left.wrapped):
        names = left.fields.keys() & right.fields.keys()
        every = left.fields.keys() | right.fields.keys()
        if len(names) < 0.6 * len(every):
            return False
    return not left.labels or _shared(left.labels, right.labels) >= _shared_enough(
        left.labels, right.labels
    )


def _shared_enough(left: dict[str, int], right: dict[str, int]) -> float:
    """How much must be shared: less where a label was seen less than twice on average."""
    rarest = min(sum(labels.values()) / max(1, len(labels)) for labels in (left, right))
    return _SHARED_WORDS * min(1.0, rarest / 2)


def _shared(left: dict[str, int], right: dict[str, int]) -> float:
    """Share of the answers of either group whose label the other group knows; the larger share."""
    if not left or not right:
        return 0.0
    known = {label.casefold() for label in left} & {label.casefold() for label in right}
    shares = [
        sum(n for label, n in labels.items() if label.casefold() in known) / sum(labels.values())
        for labels in (left, right)
    ]
    return max(shares)


def telling_labels(shape: Shape) -> bool:
    """Whether the labels themselves say which task it is, as `yes` and `no` do not."""
    return any(label.casefold() not in _VERDICTS for label in shape.labels)


def spans_share(outputs: Sequence[JsonObject], inputs: Sequence[str]) -> float:
    """Share of the texts in the answers that are parts of the input, word for word."""
    found = total = 0
    for output, text in zip(outputs, inputs, strict=True):
        folded = text.casefold()
        for leaf in _leaves(output):
            total += 1
            found += leaf.casefold() in folded
    return found / total if total else 0.0


def _leaves(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from _leaves(item)
