"""Recurring tasks in a log: by constant text, by what the answers share, then by meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pantheon.ids import JsonObject
from pantheon.learn._rows import Embed
from pantheon.learn.discover._blocks import Gathered, gather, join, shared_weight
from pantheon.learn.discover._call import Call, Prompt, read_prompt
from pantheon.learn.discover._cluster import answer_sign, cluster_calls, instruction
from pantheon.learn.discover._names import content_words, name_answer, name_slots
from pantheon.learn.discover._shape import Shape, find_shape, same_shape, telling_labels, to_output
from pantheon.learn.discover._slots import read_slots, telling_slots
from pantheon.learn.discover._templates import Template, find_template

LEAST = 20
"""Calls below which nothing is called recurring."""
_SAME_TEXT = 0.6
"""Share of the constant text that groups of one template have in common (a date between them …)."""
_SAME_TASK = 0.5
"""Cosine of two instructions whose answers are of one stock of labels, or of the same fields."""
_FEW_LABELS = 20
_SAME_TEXT_TASK = 0.9
"""The same where the answers, being free text, say nothing."""


_FEW_WORDS = 5


@dataclass(frozen=True, slots=True)
class Wording:
    """One way in which a task is asked for: a template (None: none was found), and its calls."""

    template: Template | None
    members: tuple[int, ...]
    values: tuple[tuple[str, ...], ...]
    """What filled the telling slots, per member; without a template the user's words."""
    names: tuple[str, ...] = ("text",)
    """Of the telling slots."""
    kept: tuple[int, ...] = (0,)
    """Which of the template's slots are telling ones."""

    @property
    def weak(self) -> bool:
        """Whether so little is constant that the template may have come by chance."""
        return self.template is None or len(content_words(self.template.words)) < _FEW_WORDS


@dataclass(frozen=True, slots=True)
class Recurring:
    """A task that recurs.

    - wordings: the most frequent first
    - members: indices of its calls that can be used, in the order of the log
    - inputs, outputs: of each member, as objects of the task's contract
    - left_out: calls whose answer has another shape
    """

    shape: Shape
    wordings: tuple[Wording, ...]
    members: tuple[int, ...]
    inputs: tuple[JsonObject, ...]
    outputs: tuple[JsonObject, ...]
    left_out: int = 0

    @property
    def template(self) -> Template | None:
        """The commonest wording."""
        return self.wordings[0].template


@dataclass(frozen=True, slots=True)
class _Group:
    wordings: tuple[Wording, ...]
    shape: Shape

    @property
    def members(self) -> tuple[int, ...]:
        return tuple(sorted(i for w in self.wordings for i in w.members))

    @property
    def slots(self) -> int:
        first = self.wordings[0]
        return len(first.names) if first.template else -1

    @property
    def weak(self) -> bool:
        return all(wording.weak for wording in self.wordings)


def find_tasks(
    calls: Sequence[Call], *, embed: Embed, least: int = LEAST, seed: int = 0
) -> list[Recurring]:
    """The tasks that recur at least `least` times, the most frequent first."""
    prompts = [read_prompt(call.turns) for call in calls]
    gathered, _ = gather(prompts, least=least)
    shaped = _merge_texts(_split_shapes(gathered, calls, least), calls)
    groups = [g for one in shaped if (g := _with_template(one, prompts, calls, least))]
    groups += _without_template(groups, calls, embed=embed, least=least, seed=seed)
    tasks = [_task(group, calls) for group in _merge_wordings(groups, calls, embed)]
    useful = [task for task in tasks if len(task.members) >= least and _worth(task)]
    return sorted(useful, key=lambda task: (-len(task.members), task.members[0]))


def _worth(task: Recurring) -> bool:
    """Whether there is anything to learn: the answers differ, and so do the questions."""
    first = task.outputs[0]
    return any(one != first for one in task.outputs) and task.inputs[0] != {}


# ------------------------------------------------------------------------- by constant text
def _split_shapes(
    gathered: Iterable[Gathered], calls: Sequence[Call], least: int
) -> list[tuple[Gathered, Shape]]:
    """Groups with their shape; where answers are of several, a group for each."""
    found: list[tuple[Gathered, Shape]] = []
    for group in gathered:
        parts: dict[str, list[int]] = defaultdict(list)
        shape = find_shape([calls[i].reply for i in group.members])
        for index in group.members:
            parts[answer_sign(calls[index]) if shape is None else ""].append(index)
        for members in parts.values():
            inner = shape or find_shape([calls[i].reply for i in members])
            if inner is not None and len(members) >= least:
                found.append((replace(group, members=tuple(members)), inner))
    return found


def _merge_texts(
    shaped: Sequence[tuple[Gathered, Shape]], calls: Sequence[Call]
) -> list[tuple[Gathered, Shape]]:
    """Join groups that differ in what is really a slot: a date, a name that often comes."""
    pairs = [
        (i, j)
        for i, j in combinations(range(len(shaped)), 2)
        if shared_weight(shaped[i][0], shaped[j][0]) >= _SAME_TEXT
        and same_shape(shaped[i][1], shaped[j][1])
    ]
    merged: list[tuple[Gathered, Shape]] = []
    for part in _components(len(shaped), pairs):
        if len(part) == 1:
            merged.append(shaped[part[0]])
            continue
        group = join(shaped[i][0] for i in part)
        shape = find_shape([calls[i].reply for i in group.members])
        merged += [(group, shape)] if shape else [shaped[i] for i in part]
    return merged


def _components(total: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Connected components, in the order of their first members."""
    home = list(range(total))

    def root(node: int) -> int:
        while home[node] != node:
            node = home[node]
        return node

    for left, right in pairs:
        first, second = sorted((root(left), root(right)))
        home[second] = first
    parts: dict[int, list[int]] = defaultdict(list)
    for node in range(total):
        parts[root(node)].append(node)
    return list(parts.values())


def _with_template(
    shaped: tuple[Gathered, Shape], prompts: Sequence[Prompt], calls: Sequence[Call], least: int
) -> _Group | None:
    group, shape = shaped
    template = find_template([prompts[i] for i in group.members])
    if template is None or template.slots == 0:
        return None
    read = {i: template.read(prompts[i]) for i in group.members}
    fits = {i: values for i, values in read.items() if values is not None and any(values)}
    if len(fits) < least or (shape.kind == "text" and not content_words(template.words)):
        return None
    refined = find_shape([calls[i].reply for i in fits])
    if refined is None:
        return None
    kept = telling_slots(list(fits.values()))
    values = tuple(tuple(one[slot] for slot in kept) for one in fits.values())
    names = name_slots(template, kept)
    wording = Wording(template, tuple(fits), values, names, kept)
    return _Group((wording,), refined)


# --------------------------------------------------------------------------------- by meaning
def _without_template(
    groups: Sequence[_Group], calls: Sequence[Call], *, embed: Embed, least: int, seed: int
) -> list[_Group]:
    taken = {i for group in groups for i in group.members}
    rest = [i for i, call in enumerate(calls) if i not in taken and not call.replied_before]
    found: list[_Group] = []
    for part in cluster_calls([calls[i] for i in rest], least=least, embed=embed, seed=seed):
        members = tuple(rest[i] for i in part if calls[rest[i]].user.strip())
        shape = find_shape([calls[i].reply for i in members]) if members else None
        if shape is not None and shape.kind == "label":
            members = tuple(i for i in members if _is_usual(calls[i].reply, shape))
        if shape is None or len(members) < least:
            continue
        values = tuple((calls[i].user.strip(),) for i in members)
        found.append(_Group((Wording(None, members, values),), shape))
    return found


def _is_usual(reply: str, shape: Shape) -> bool:
    """Whether an answer was given more than once: where no wording holds a group together, an
    answer that no other call had is more likely a stranger.
    """
    answer = to_output(reply, shape, "label") or {}
    return any(shape.labels.get(str(label), 0) > 1 for label in answer.values())


def _merge_wordings(groups: Sequence[_Group], calls: Sequence[Call], embed: Embed) -> list[_Group]:
    """Join groups that ask for the same in other words: alike in meaning, slots and answers."""
    pairs = [
        (i, j)
        for i, j in combinations(range(len(groups)), 2)
        if _compatible(groups[i], groups[j]) and same_shape(groups[i].shape, groups[j].shape)
    ]
    if not pairs:
        return list(groups)
    involved = sorted({i for pair in pairs for i in pair})
    vectors = {i: _meaning(groups[i], calls, embed) for i in involved}
    alike = [(i, j) for i, j in pairs if float(vectors[i] @ vectors[j]) >= _needed(groups[i].shape)]
    parts = _components(len(groups), alike)
    return [_joined([groups[i] for i in part], calls) for part in parts]


def _compatible(left: _Group, right: _Group) -> bool:
    """As many slots; or one has no template to speak of, and the answers come from few labels."""
    if left.slots == right.slots:
        return True
    few = all(group.shape.kind == "label" and len(group.shape.labels) <= _FEW_LABELS
              for group in (left, right))  # fmt: skip
    return few and left.weak and right.weak


def _needed(shape: Shape) -> float:
    if shape.kind == "record" or telling_labels(shape):
        return _SAME_TASK
    return _SAME_TEXT_TASK


def _meaning(group: _Group, calls: Sequence[Call], embed: Embed) -> NDArray[np.float64]:
    """The direction of what the instructions say, of length 1."""
    templates = [w.template for w in group.wordings if w.template]
    said = [" ".join(t.words) for t in templates[:1] if not group.weak] or [
        instruction(calls[i]) for i in group.members[:: max(1, len(group.members) // 16)][:16]
    ]
    mean = np.asarray(embed(said), dtype=np.float64).mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def _joined(parts: Sequence[_Group], calls: Sequence[Call]) -> _Group:
    if len(parts) == 1:
        return parts[0]
    if len({part.slots for part in parts}) > 1:
        parts = [_without_slots(part, calls) for part in parts]
    wordings = sorted((w for g in parts for w in g.wordings), key=lambda w: -len(w.members))
    largest = max(parts, key=lambda g: len(g.members)).shape
    members = sorted(i for w in wordings for i in w.members)
    shape = find_shape([calls[i].reply for i in members]) or largest
    return _Group(tuple(wordings), shape)


def _without_slots(group: _Group, calls: Sequence[Call]) -> _Group:
    values = tuple((calls[i].user.strip(),) for i in group.members)
    return _Group((Wording(None, group.members, values),), group.shape)


def _task(group: _Group, calls: Sequence[Call]) -> Recurring:
    names = _input_names(group.wordings)
    field = name_answer([w.template for w in group.wordings if w.template], group.shape)
    values = {i: v for w in group.wordings for i, v in zip(w.members, w.values, strict=True)}
    answers = {i: to_output(calls[i].reply, group.shape, field) for i in group.members}
    members = [i for i, answer in answers.items() if answer]
    return Recurring(
        group.shape,
        group.wordings,
        tuple(members),
        tuple(read_slots(names, [values[i] for i in members])),
        tuple(answer for answer in answers.values() if answer),
        left_out=len(answers) - len(members),
    )


def _input_names(wordings: Sequence[Wording]) -> tuple[str, ...]:
    """Names from the wording that names its slots best: `text` is what nameless ones get."""
    return max(wordings, key=lambda w: sum(not n.startswith("text") for n in w.names)).names
