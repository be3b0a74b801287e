"""What changed between two versions of a specialist: its data, its scores, and who moved it."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from pantheon.report import _phrases, _words
from pantheon.report._clean import MESSAGE, NAME, clean, describe, scrub
from pantheon.report._evidence import read_facts
from pantheon.report._html import environment
from pantheon.report._json import to_values
from pantheon.report._model import Fact, VersionRef
from pantheon.report._text import WIDTH, columns, fit, pad
from pantheon.report._versions import refer

if TYPE_CHECKING:
    from pantheon.ids import ContentHash, JsonObject
    from pantheon.store import Example, Store, Version

MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class DataChange:
    """Training examples from one source, then and now."""

    source: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class FactChange:
    """A number of the evidence, then and now; None where a version has no such number."""

    name: str
    before: Fact | None
    after: Fact | None


@dataclass(frozen=True, slots=True)
class Move:
    """The channel began to point at the later version, or left it."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """Everything that differs between two versions of one agent's specialist."""

    agent: str
    before: VersionRef | None
    """None: compared with an empty slot."""
    after: VersionRef
    state: str
    summary: str
    night: str | None
    data: tuple[DataChange, ...]
    labels_gained: tuple[str, ...]
    """Answers that the training examples had not held before; at most twenty are named."""
    labels_gained_total: int
    labels_lost: tuple[str, ...]
    labels_lost_total: int
    facts: tuple[FactChange, ...]
    """Each version's own calibration."""
    gate: tuple[Fact, ...]
    """How the later version did on held-out work beside what answered at that time."""
    reasons: tuple[str, ...]
    """Why the night decided as it did about the later version."""
    moves: tuple[Move, ...]


def version_diff(store: Store, agent: str, a: ContentHash | None, b: ContentHash) -> VersionDiff:
    """What changed from version `a` (None: an empty slot) to version `b` of an agent.

    Raises:
        NotFound: there is no such version.
    """
    before, after = (store.versions.get(a) if a else None), store.versions.get(b)
    old, new = _examples_of(store, before), _examples_of(store, after)
    gained, lost = _new_labels(old, new), _new_labels(new, old)
    return VersionDiff(
        agent=clean(agent, NAME),
        before=refer(before) if before else None,
        after=refer(after),
        state=after.state,
        summary=clean(str(after.evidence.get("summary") or ""), MESSAGE),
        night=after.night,
        data=_compare_data(old, new),
        labels_gained=tuple(gained[:MOST_LABELS]),
        labels_gained_total=len(gained),
        labels_lost=tuple(lost[:MOST_LABELS]),
        labels_lost_total=len(lost),
        facts=_compare_facts(before, after),
        gate=read_facts(after.evidence, "gate"),
        reasons=_reasons_for(store, after),
        moves=_moves_of(store, after),
    )


def diff_to_json(diff: VersionDiff) -> JsonObject:
    """The comparison for programs; keys are the names of the fields."""
    return cast("JsonObject", to_values(asdict(diff)))


def _examples_of(store: Store, version: Version | None) -> list[Example]:
    """What the version could learn from: training examples known when it was made."""
    if version is None:
        return []
    until = math.nextafter(version.created, math.inf)
    return store.examples.list(version.agent, split="train", until=until)


def _compare_data(old: Iterable[Example], new: Iterable[Example]) -> tuple[DataChange, ...]:
    before, after = Counter(e.source for e in old), Counter(e.source for e in new)
    sources = sorted({*before, *after}, key=lambda source: (-after[source], source))
    return tuple(DataChange(source, before[source], after[source]) for source in sources)


def _new_labels(old: Iterable[Example], new: Iterable[Example]) -> list[str]:
    known = {describe(example.output, NAME) for example in old}
    return sorted({describe(example.output, NAME) for example in new} - known)


def _compare_facts(before: Version | None, after: Version) -> tuple[FactChange, ...]:
    old, new = _calibration(before), _calibration(after)
    return tuple(FactChange(name, old.get(name), new.get(name)) for name in {**new, **old})


def _calibration(version: Version | None) -> dict[str, Fact]:
    if version is None:
        return {}
    facts = read_facts(version.evidence, "examples", "calibration", "looks")
    return {fact.name: fact for fact in facts}


def _reasons_for(store: Store, version: Version) -> tuple[str, ...]:
    lessons = store.nights.lessons(night=version.night, agent=version.agent)
    own = [lesson for lesson in lessons if lesson.candidate == version.hash]
    return tuple(clean(reason, MESSAGE) for lesson in own for reason in lesson.reasons)


def _moves_of(store: Store, version: Version) -> tuple[Move, ...]:
    moves = store.channels.history(version.agent)
    return tuple(
        Move(m.at, clean(f"{_verb(m.version == version.hash)} by {m.who}: {m.why}", MESSAGE))
        for m in moves
        if version.hash in (m.version, m.previous)
    )


def _verb(arrives: bool) -> str:
    return "deployed" if arrives else "taken out"


# ------------------------------------------------------------------------------ renderings
def render_diff_text(diff: VersionDiff, *, width: int = WIDTH) -> str:
    """The comparison in plain lines, the numbers as tables."""
    moves = [f"{_words.moment(move.at)} UTC: {move.words}" for move in diff.moves]
    lines = [
        f"{_name(diff)}   {diff.state}, {_words.moment(diff.after.created)} UTC",
        *textwrap.wrap(diff.summary, width),
        *(line for reason in diff.reasons for line in _bullet(reason, width)),
        *_table(("Training examples", *_HEADS), data_rows(diff), width),
        *_label_lines(diff, width),
        *_table(("Calibration", *_HEADS), fact_rows(diff), width),
        *_table(("Held-out work, beside what answered then", ""), gate_rows(diff), width),
        *(["", "History"] if moves else []),
        *(line for move in moves for line in _bullet(move, width)),
    ]
    return "\n".join(fit(scrub(line), width) for line in lines)


def render_diff_html(diff: VersionDiff) -> str:
    """The comparison as one self-contained page in the style of the report."""
    template = environment().get_template("diff.html.j2")
    return template.render(
        d=diff,
        name=_name(diff),
        heads=_HEADS,
        data=data_rows(diff),
        facts=fact_rows(diff),
        gate=gate_rows(diff),
        name_labels=name_labels,
    )


_HEADS = ("before", "after", "change")


def _name(diff: VersionDiff) -> str:
    return f"{diff.before.label if diff.before else 'empty slot'} → {diff.after.label}"


def _bullet(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="  - ", subsequent_indent="    ")


def data_rows(diff: VersionDiff) -> list[tuple[str, ...]]:
    """(source, before, after, change) of the training examples."""
    rows = [(_phrases.source(c.source), c.before, c.after) for c in diff.data]
    total = ("in all", sum(c.before for c in diff.data), sum(c.after for c in diff.data))
    return [
        (name, _words.count(before), _words.count(after), f"{after - before:+,}")
        for name, before, after in [*rows, total]
    ]


def fact_rows(diff: VersionDiff) -> list[tuple[str, ...]]:
    """(what, before, after, change) of the calibrations; change only where both are known."""
    return [
        (change.name, _spell(change.before), _spell(change.after), _change(change))
        for change in diff.facts
    ]


def gate_rows(diff: VersionDiff) -> list[tuple[str, ...]]:
    """(what, value) of the later version's gate."""
    return [(fact.name, _spell(fact)) for fact in diff.gate]


def _spell(fact: Fact | None) -> str:
    if fact is None:
        return "–"
    interval = _phrases.fact_interval(fact)
    return f"{_phrases.fact(fact)} ({interval})" if interval else _phrases.fact(fact)


def _change(change: FactChange) -> str:
    if change.before is None or change.after is None:
        return ""
    by = change.after.value - change.before.value
    match change.after.unit:
        case "share":
            return f"{round(by * 100, 1) + 0.0:+.1f} points" if abs(by) >= 0.0005 else "same"
        case "count":
            return f"{by:+,.0f}" if by else "same"
        case _:
            return f"{by:+.3g}" if by else "same"


def _label_lines(diff: VersionDiff, width: int) -> list[str]:
    named = [
        ("Answers gained", diff.labels_gained, diff.labels_gained_total),
        ("Answers lost", diff.labels_lost, diff.labels_lost_total),
    ]
    texts = [f"{title}: {name_labels(labels, total)}" for title, labels, total in named if total]
    return [line for text in texts for line in textwrap.wrap(text, width, subsequent_indent="  ")]


def name_labels(labels: tuple[str, ...], total: int) -> str:
    """The labels, and how many more there are."""
    more = f" and {_words.count(total - len(labels))} more" if total > len(labels) else ""
    return ", ".join(labels) + more


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]], width: int) -> list[str]:
    """Aligned columns under their heads; where they do not fit, each row on two lines."""
    if not rows:
        return []
    whole = [heads, *rows]
    widths = [max(columns(row[i]) for row in whole) for i in range(len(heads))]
    if len(heads) > 2 and sum(widths) + 2 * (len(widths) - 1) > width:
        return ["", *heads[:1], *(line for row in rows for line in _stack(row))]
    return ["", *(_line(row, widths) for row in whole)]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = zip(row[1:], widths[1:], strict=True)
    numbers = [" " * (width - columns(cell)) + cell for cell, width in cells]
    return "  ".join([pad(row[0], widths[0]), *numbers]).rstrip()


def _stack(row: tuple[str, ...]) -> list[str]:
    """A row that is too wide: its name, then `before → after, change`."""
    name, before, after, change = row
    return [f"  {name}", f"      {before} → {after}" + (f", {change}" if change else "")]
