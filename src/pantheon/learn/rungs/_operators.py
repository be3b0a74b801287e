"""New prompts without a cloud: sentences that the examples themselves suggest, added one by one.

What is added is only ever a statement about the known answers: how long they are, whether they are
copied from the request, what they begin with, which keys they have; or one answer that went wrong
with the one that was wanted. Each proposal is a test's business, so they need not be good.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pantheon.learn._rows import hash_unit
from pantheon.learn._task import output_of

if TYPE_CHECKING:
    from pantheon.ids import Json
    from pantheon.learn._rows import Row

LONGEST = 3000
"""Characters of an instruction; a longer one leaves no room for examples."""
_COPIED = 0.8
_SEEN = 0.15


@dataclass(frozen=True, slots=True)
class Mistake:
    """One answer that went wrong."""

    text: str
    said: str
    wanted: str


def hints_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Sentences that are true of the known answers."""
    fields: dict[str, list[tuple[str, Json]]] = {}
    for row in rows:
        for name, value in output_of(row.label).items():
            fields.setdefault(name, []).append((row.text, value))
    return tuple(hint for name, seen in fields.items() for hint in _of_field(name, seen))


def _of_field(name: str, seen: Sequence[tuple[str, Json]]) -> Iterator[str]:
    texts = [(text, value) for text, value in seen if isinstance(value, str)]
    if len(texts) > len(seen) / 2:
        words = sorted(len(value.split()) for _, value in texts)
        low, high = words[len(words) // 10], words[-1 - len(words) // 10]
        yield f'"{name}" has {low} to {high} words.'
        copied = np.mean([value.casefold() in text.casefold() for text, value in texts])
        if copied >= _COPIED:
            yield f'Copy "{name}" word for word from the text.'
        first, count = Counter(value.split(" ")[0] for _, value in texts).most_common(1)[0]
        if first and count > _SEEN * len(texts):
            yield f'"{name}" often begins with "{first}".'
    keys = Counter(key for _, value in seen if isinstance(value, dict) for key in value)
    if keys:
        listed = ", ".join(f'"{key}"' for key, _ in keys.most_common(12))
        yield f'The keys of "{name}" are among: {listed}.'
        yield f'Give "{name}" only keys whose values stand in the text, word for word.'


def propose(
    instruction: str,
    hints: Sequence[str],
    mistakes: Sequence[Mistake],
    *,
    tried: Collection[str],
    seed: int,
) -> str:
    """Another instruction that was not tried: a hint more, a mistake to avoid, or a line less."""
    more = [f"{instruction}\n{hint}" for hint in hints if hint not in instruction]
    warned = [f"{instruction}\n{_lesson(mistake)}" for mistake in mistakes[:3]]
    lines = instruction.split("\n")
    less = ["\n".join(lines[:at] + lines[at + 1 :]) for at in range(2, len(lines))]
    for choices in (more, warned, less):
        fitting = [it for it in choices if len(it) <= LONGEST and it not in tried]
        if fitting:
            return min(fitting, key=lambda it: hash_unit("propose", seed, it))
    return instruction


def _lesson(mistake: Mistake) -> str:
    return (
        f"For {json.dumps(mistake.text[:400], ensure_ascii=False)} the answer is {mistake.wanted}"
    )


def tame(proposed: str, instruction: str) -> str:
    """A prompt that a model has proposed, if it can be used; else the one there was."""
    plain = re.sub(r"[^\S\n]+", " ", proposed).strip()
    return plain if 0 < len(plain) <= LONGEST else instruction


def mistakes_in(records: Sequence[Mapping[str, object]]) -> list[Mistake]:
    """Those of the records that went wrong."""
    return [
        Mistake(str(it["Inputs"]), str(it["Generated Outputs"]), str(it["wanted"]))
        for it in records
        if not it["right"]
    ]
