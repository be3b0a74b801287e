"""The contract's equality on labels: canonical JSON of whole outputs, compared by the million.

A judge is asked by the audit and at night; between labels it stands for its cheap first test, so
what is learnt counts too many disagreements rather than too few.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from pantheon.learn._task import output_of

if TYPE_CHECKING:
    from pantheon.spec import AgentDef, Same

Sameness: TypeAlias = Callable[[str, str], bool]
_REMEMBERED = 16_384
"""Labels, or pairs of them, whose comparison is kept: a stream repeats few."""


def sameness(agent: AgentDef) -> Sameness:
    """Whether two labels are the same output to the agent's contract."""
    return same_labels(agent.same)


def same_labels(same: Same) -> Sameness:
    """Whether two labels are the same by a relation; remembers what it was asked before."""
    if same.kind == "exact":
        return _equal
    return _by_pairs(same) if same.kind in {"numeric", "set_f1"} else _by_form(same)


def _equal(left: str, right: str) -> bool:
    return left == right


def _by_form(same: Same) -> Sameness:
    """One normal form for each label; pairs are then compared as text."""
    from pantheon.spec import normal_form

    spell = normal_form(same)

    @lru_cache(_REMEMBERED)
    def form(label: str) -> str:
        return spell(output_of(label))

    return lambda left, right: left == right or form(left) == form(right)


def _by_pairs(same: Same) -> Sameness:
    """What is near has no normal form, so pairs are remembered, each in one order."""
    from pantheon.spec import same_output

    output = lru_cache(_REMEMBERED)(output_of)

    @lru_cache(_REMEMBERED)
    def compare(first: str, second: str) -> bool:
        return same_output(same, output(first), output(second))

    def test(left: str, right: str) -> bool:
        return left == right or (compare(left, right) if left < right else compare(right, left))

    return test
