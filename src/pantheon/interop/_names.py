"""Names of others as names here: letters, digits, `_` and `-`, each once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_RESERVED = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "true",
        "false",
        "null",
        "input",
        "item",
        "last",
        "round",
        "context",
        "memory",
        "output",
    ]
)
_LONGEST = 56
"""Shorter than a name may be: a number may come behind it."""


@dataclass(slots=True)
class Names:
    """Names of one section."""

    kind: str
    taken: set[str] = field(default_factory=set[str])

    def plain(self, name: str) -> str:
        """The name as it may be written here."""
        plain = re.sub(r"[^\w-]+", "_", name).strip("_-")
        plain = re.sub(r"^[\d_-]+", "", plain)[:_LONGEST].strip("_-") or self.kind
        return f"{plain}_{self.kind}" if plain in _RESERVED else plain

    def take(self, name: str, lose: Callable[[str], None]) -> str:
        """A name that nobody has yet."""
        plain = unique = self.plain(name)
        number = 1
        while unique in self.taken:
            number += 1
            unique = f"{plain}_{number}"
        self.taken.add(unique)
        if unique != name:
            lose(f"`{name}` is called `{unique}`")
        return unique
