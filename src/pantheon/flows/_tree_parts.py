"""A behaviour tree ready to be walked: its parts, the way to them, and what each came to.

A part is done at most once for every combination of the attempts and rounds around it. That number
and the place of the part name each of its results, so that the same walk finds them again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

from pantheon.flows._ending import Ending, message_of, past
from pantheon.flows._tree_cut import Cut
from pantheon.ids import Json, JsonObject
from pantheon.spec import TreeDef

DECISION = "tree:"
"""Begins the paths of a tree's own results; no name of a node has a colon."""
_ENDLESS = 1_000_000
"""Rounds of a `repeat` made in Python that names no number."""

Status: TypeAlias = Literal["success", "failure", "waiting"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a part of the tree came to."""

    status: Status
    why: str = ""
    """Of a failure: the deepest cause."""
    node: str | None = None
    """Of a failure: the last node that failed."""

    @property
    def succeeded(self) -> bool:
        """Whether it is a success."""
        return self.status == "success"

    @property
    def failed(self) -> bool:
        """Whether it is a failure."""
        return self.status == "failure"

    @property
    def waits(self) -> bool:
        """Whether it goes on after a pause of the run."""
        return self.status == "waiting"


SUCCESS = Verdict("success")
WAITING = Verdict("waiting")


def failure(why: str, node: str | None = None) -> Verdict:
    """A failure and its cause."""
    return Verdict("failure", why, node)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a tree."""

    tree: TreeDef
    place: str
    """`tree:0` is the root, `tree:1` its first part, `tree:1.2` the second part of that."""
    children: tuple[Part, ...] = ()
    rank: int = 0
    """Of a leaf: how many leaves of the same node come before it."""
    stride: int = 1
    """Of a leaf: how many leaves name its node."""

    @property
    def node(self) -> str:
        """The node of a leaf."""
        assert self.tree.node is not None, "only a leaf has a node"
        return self.tree.node

    @property
    def times(self) -> int:
        """How often a `retry` or `repeat` does its part at most."""
        usual = _ENDLESS if self.tree.kind == "repeat" else 3
        return self.tree.count or usual

    def visit(self, number: int) -> int:
        """The index of the result of a leaf: two leaves of one node never share one."""
        return number * self.stride + self.rank

    def has(self, index: int) -> bool:
        """Whether a result of its node is one of this leaf."""
        return index % self.stride == self.rank

    def all(self) -> Iterator[Part]:
        """It and all the parts below."""
        yield self
        for child in self.children:
            yield from child.all()

    def leaves(self) -> Iterator[Part]:
        """The leaves below that name a node."""
        return (part for part in self.all() if part.tree.kind == "node")


@lru_cache(maxsize=256)
def compile_tree(tree: TreeDef) -> Part:
    """The parts of a tree; the same for all runs of its flow."""
    root = _place(tree, "")
    named = Counter(leaf.node for leaf in root.leaves())
    return _number(root, named, Counter())


def _place(tree: TreeDef, place: str) -> Part:
    below = f"{place}." if place else ""
    children = [_place(child, f"{below}{n}") for n, child in enumerate(tree.children, 1)]
    return Part(tree, DECISION + (place or "0"), tuple(children))


def _number(part: Part, named: Counter[str], seen: Counter[str]) -> Part:
    """Leaves of the same node are told apart by their order."""
    if part.tree.kind != "node":
        return replace(part, children=tuple(_number(c, named, seen) for c in part.children))
    seen[part.node] += 1
    return replace(part, rank=seen[part.node] - 1, stride=named[part.node])


@dataclass(frozen=True, slots=True)
class Way:
    """How the walk came to a part."""

    number: int = 0
    """Of all the times that the attempts and rounds around it allow, which one this is."""
    cuts: tuple[Cut, ...] = ()
    """What may end it from outside, the outermost first."""

    def again(self, times: int, time: int) -> Way:
        """The way into one of so many attempts or rounds."""
        return Way(self.number * times + time, self.cuts)

    def inside(self, cut: Cut) -> Way:
        """The way into a part that may be ended."""
        return Way(self.number, (*self.cuts, cut))


# ---------------------------------------------------------------------------------- results


def verdict_of_visit(name: str, ending: Ending) -> Verdict:
    """What a leaf came to, from the result of its node."""
    if not ending.final:
        return WAITING
    said = message_of(ending.reason).removesuffix(".")
    if not ending.gave:
        return failure(f"{name!r} was {past(ending)} ({said})", name)
    if does_not_count(ending.reason):
        return failure(f"{name!r} did not succeed ({said})", name)
    return SUCCESS


def does_not_count(reason: JsonObject | None) -> bool:
    """Whether an output is there that the tree does not count as a success."""
    return reason is not None and reason.get("success") is False


def verdict_of_decision(ending: Ending) -> Verdict:
    """What a part came to, from the result that the tree kept of it."""
    if ending.output is True:
        return SUCCESS
    reason = ending.reason or {}
    node: Json = reason.get("node")
    why = str(reason.get("why") or message_of(reason).removesuffix("."))
    return failure(why, node if isinstance(node, str) else None)
