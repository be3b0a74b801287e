"""A template from prompts that share constant text: what is constant, and where the slots are.

One prompt is aligned with a sample of the others, token by token; a token that nearly all of them
have in the same place is constant, the rest are slots. A template is matched by searching for its
constant runs one after the other: linear, and nothing of the data becomes a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from pantheon.learn.discover._call import Prompt, is_mark

_SAMPLE = 32
"""Prompts aligned for one template."""
_AGREED = 0.9
"""Share of them that must have a token for it to be constant."""
_FITS = 0.8
_LONGEST = 1500
"""Tokens aligned: alignment is quadratic in bad cases."""
_JOINTS = frozenset("-_/@")
_BLANK = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Run:
    """Constant tokens in a row. `before` and `after` are the blanks around it, `text` itself."""

    tokens: tuple[str, ...]
    text: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """Constant runs with a slot between each two; the first begins and the last ends the prompt."""

    runs: tuple[Run, ...]

    @property
    def slots(self) -> int:
        """How many places are filled differently."""
        return len(self.runs) - 1

    @property
    def words(self) -> tuple[str, ...]:
        """All constant words."""
        return tuple(
            t for run in self.runs for t in run.tokens if not is_mark(t) and t[0].isalnum()
        )

    def read(self, prompt: Prompt) -> tuple[str, ...] | None:
        """What fills the slots; None when the prompt is not of this template."""
        places = self._places(prompt.tokens)
        if places is None:
            return None
        values: list[str] = []
        for (_, start), (end, _) in pairwise(places):
            if any(is_mark(token) for token in prompt.tokens[start:end]):
                return None
            values.append(_between(prompt, start, end))
        return tuple(values)

    def _places(self, tokens: Sequence[str]) -> list[tuple[int, int]] | None:
        """Start and end of each run in the tokens."""
        found: list[tuple[int, int]] = []
        position = 0
        for number, run in enumerate(self.runs):
            size, last = len(run.tokens), number == len(self.runs) - 1
            first = 0 if number == 0 else position
            start = len(tokens) - size if last and number else _find(tokens, run.tokens, first)
            fits = start >= position and tuple(tokens[start : start + size]) == run.tokens
            if not fits or (number == 0 and start > 0):
                return None
            position = start + size
            found.append((start, position))
        return found if position == len(tokens) else None

    def show(self, names: Sequence[str] = ()) -> str:
        """The template for people: slots as `{name}`, roles on lines of their own."""
        parts: list[str] = []
        for number, run in enumerate(self.runs):
            blanks = (run.before, run.after)
            parts.append(f"{blanks[0]}{run.text}{blanks[1]}")
            if number < self.slots:
                parts.append(f"{{{names[number] if names else number + 1}}}")
        text = "".join(parts).removesuffix("\x02end\x03")
        return re.sub(r"\x02(\w+)\x03", r"\n[\1] ", text).strip()


def _find(tokens: Sequence[str], wanted: tuple[str, ...], start: int) -> int:
    size = len(wanted)
    for at in range(start, len(tokens) - size + 1):
        if tokens[at] == wanted[0] and tuple(tokens[at : at + size]) == wanted:
            return at
    return -1


def _between(prompt: Prompt, start: int, end: int) -> str:
    left = prompt.spans[start - 1][1] if start else 0
    right = prompt.spans[end][0] if end < len(prompt.spans) else len(prompt.text)
    return prompt.text[left:right].strip()


def find_template(prompts: Sequence[Prompt]) -> Template | None:
    """The template of prompts that are mostly of one; None when they are not."""
    sample = _spread(prompts)
    best, misfits = _best_template(sample, prompts)
    # What the sample had in common by chance, as a full stop, the misfits have not.
    if best and 0 < len(misfits) <= (1 - _FITS) * len(prompts):
        again, others = _best_template([*sample, *_spread(misfits)[: _SAMPLE // 4]], prompts)
        if again and len(others) < len(misfits):
            return again
    return best


def _best_template(
    sample: Sequence[Prompt], prompts: Sequence[Prompt]
) -> tuple[Template | None, list[Prompt]]:
    """The finest template that most prompts have, and those that have it not."""
    if len(sample) < 2:
        return None, []
    reference = sorted(sample, key=lambda p: len(p.tokens))[len(sample) // 2]
    aligned = _align(reference, sample)
    for template in (_drop_signs(aligned), _only_edges(aligned)):
        misfits = [one for one in prompts if template.read(one) is None]
        if len(misfits) <= (1 - _FITS) * len(prompts):
            return template, misfits
    return None, []


def _spread(prompts: Sequence[Prompt]) -> list[Prompt]:
    """Distinct prompts from all over the log, none too long."""
    distinct = list({p.text: p for p in prompts if len(p.tokens) <= _LONGEST}.values())
    step = max(1, len(distinct) // _SAMPLE)
    return distinct[::step][:_SAMPLE]


def _align(reference: Prompt, sample: Sequence[Prompt]) -> Template:
    size = len(reference.tokens)
    seen, joined = [0] * size, [0] * size
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(reference.tokens)  # what it knows of the second sequence is kept
    for other in sample:
        matcher.set_seq1(other.tokens)
        for block in matcher.get_matching_blocks():
            for at in range(block.b, block.b + block.size):
                seen[at] += 1
                joined[at] += at + 1 < block.b + block.size
    enough = _AGREED * len(sample)
    constant = [count >= enough for count in seen]
    constant[0] = constant[-1] = True  # the marks that begin and end a prompt
    never = [
        count < len(sample) and _is_sign(reference.tokens[at]) for at, count in enumerate(seen)
    ]
    bounds = _unglue(reference, never, _bounds(constant, [count >= enough for count in joined]))
    return Template(tuple(_run(reference, start, end) for start, end in bounds))


def _bounds(constant: Sequence[bool], joined: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where runs of constant tokens start and end."""
    start: int | None = None
    for at, holds in enumerate(constant):
        if holds and start is None:
            start = at
        if start is None:
            continue
        goes_on = at + 1 < len(constant) and constant[at + 1] and joined[at]
        if not goes_on:
            yield start, at + 1
            start = None


def _unglue(
    prompt: Prompt, never: Sequence[bool], bounds: Iterable[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Runs without half a word or number at their ends (of `2026-{07-12}` the slot is all), and
    without signs that a prompt lacks (`never`): they stand in the texts, not in the template.
    """
    last = len(prompt.tokens)
    found: list[tuple[int, int]] = []
    for first, behind in bounds:
        start, end = first, behind
        while 0 < start < end and (never[start] or _glued(prompt, start - 1)):
            start += 1
        while start < end < last and (never[end - 1] or _glued(prompt, end - 1)):
            end -= 1
        if start < end:
            found.append((start, end))
    return found


def _glued(prompt: Prompt, at: int) -> bool:
    """Whether a token and the next make one word, as hyphens, slashes and `@` make one."""
    if prompt.spans[at][1] != prompt.spans[at + 1][0]:
        return False
    return all(_inner(token) for token in prompt.tokens[at : at + 2])


def _is_sign(token: str) -> bool:
    return not is_mark(token) and not token[0].isalnum()


def _inner(token: str) -> bool:
    return not is_mark(token) and (token[0].isalnum() or token in _JOINTS)


def _run(prompt: Prompt, start: int, end: int) -> Run:
    left, right = prompt.spans[start][0], prompt.spans[end - 1][1]
    last = prompt.spans[start - 1][1] if start else left
    # The blanks before a run belong to the slot's end, those behind it to the next slot's start.
    before = prompt.text[last:left]
    after = _BLANK.match(prompt.text, right)
    return Run(prompt.tokens[start:end], prompt.text[left:right], before, after[0] if after else "")


def _drop_signs(template: Template) -> Template:
    """Without lone signs between slots: a full stop in every text is no part of the template."""
    last = len(template.runs) - 1
    kept = [
        run
        for number, run in enumerate(template.runs)
        if number in {0, last} or len(run.tokens) > 1 or not all(map(_is_sign, run.tokens))
    ]
    return Template(tuple(kept))


def _only_edges(template: Template) -> Template:
    """Only how the prompt begins and ends: what holds when the middle was aligned by chance."""
    if len(template.runs) <= 2:
        return template
    return Template((template.runs[0], template.runs[-1]))
