"""The table of rules: a number, a name, how grave, and the function that looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pantheon.lint._view import Doubt, View
from pantheon.spec import Severity

Look: TypeAlias = Callable[[View], Iterator[Doubt]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    number: str
    name: str
    severity: Severity
    look: Look


RULES: dict[str, Rule] = {}
"""By number, in the order of the modules that define them."""


def rule(number: str, name: str, severity: Severity = "warning") -> Callable[[Look], Look]:
    """Enter a function into the table."""

    def enter(look: Look) -> Look:
        assert number not in RULES, number
        RULES[number] = Rule(number, name, severity, look)
        return look

    return enter
