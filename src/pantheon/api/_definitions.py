"""What the builders make: definitions spelled as `pantheon.yaml` would spell them.

Nothing is checked here but what only Python can get wrong. `project` hands everything to the loader
that reads files, so a flow made in Python is checked like one that was written in YAML.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

from pantheon.errors import UsageError, Where
from pantheon.ids import Json, JsonObject
from pantheon.interop import is_adaptable

_TYPES: Mapping[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
}
"""Python's types as the short form of a contract spells them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """An agent or a flow; a node names it by being given it."""

    section: Literal["agents", "flows"]
    name: str
    body: JsonObject
    uses: tuple[Definition, ...] = ()
    """Definitions that it was given, which come with it."""
    where: Where = field(default=Where("<python>", 1, 1), compare=False)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a definition: a node, a tier, a part of a tree."""

    body: Json
    uses: tuple[Definition, ...] = ()


class Speller:
    """Spells values as YAML would, and remembers which definitions they name."""

    def __init__(self) -> None:
        self.uses: list[Definition] = []

    def mapping(self, given: Mapping[str, object]) -> JsonObject:
        """Keywords as keys; `in` is called `given`, because Python keeps that word."""
        return {"in" if k == "given" else k: self.spell(v) for k, v in given.items()}

    def spell(self, value: object) -> Json:
        """The value as JSON."""
        match value:
            case None | bool() | int() | float() | str():
                return value
            case Definition():
                self.uses.append(value)
                return value.name
            case Part():
                self.uses += value.uses
                return value.body
            case Path():
                return str(value)
            case timedelta():
                return value.total_seconds()
            case Mapping():
                items = cast("Mapping[object, object]", value)
                return {str(key): self.spell(item) for key, item in items.items()}
            case list() | tuple():
                return [self.spell(item) for item in cast("Sequence[object]", value)]
            case type() if value in _TYPES:
                return _TYPES[value]
            case _ if callable(value) or is_adaptable(value):
                return reference_to(value)
            case _:
                raise UsageError(
                    f"{value!r} cannot be part of a definition.",
                    hint="Use text, numbers, lists, mappings, functions, and what `agent`, `flow` "
                    "and `node` return.",
                )


def part(given: object) -> Part:
    """A piece of a definition with what it uses."""
    speller = Speller()
    body = speller.spell(given)
    return Part(body, tuple(speller.uses))


def reference_to(function: object) -> str:
    """`module:name`, by which a function or a runnable is found again, also by another process.

    Raises:
        UsageError: it has no such name.
    """
    if is_adaptable(function):
        return _reference_to_object(function)
    module = str(getattr(function, "__module__", ""))
    name = str(getattr(function, "__qualname__", ""))
    if name.endswith("<lambda>"):
        problem = "A lambda has no name"
    elif "." in name or not name:
        problem = f"{name or repr(function)} is not at the top level of a module, so it has no name"
    elif getattr(sys.modules.get(module), name, None) is not function:
        problem = f"{module}:{name} names something else than this function, so it has no name"
    else:
        return f"{module}:{name}"
    raise UsageError(
        f"{problem} by which a run that is resumed could find it.",
        hint="Write it with `def` at the top level of a module, or give its name as "
        '"module:function".',
    )


def _reference_to_object(found: object) -> str:
    """An object has no name of its own: it is looked for among those of the modules.

    A module that can be imported again is better than the script that runs, and of several the one
    with the shortest name, since others import from it.
    """
    holders = [
        (name == "__main__", name.count("."), len(name), f"{name}:{key}")
        for name, module in list(sys.modules.items())
        for key, value in list(getattr(module, "__dict__", {}).items())
        if value is found and not key.startswith("__")
    ]
    if holders:
        return min(holders)[-1]
    raise UsageError(
        f"This {type(found).__name__} stands in no variable of a module, so it has no name by "
        "which a run that is resumed could find it.",
        hint='Assign it at the top level of a module, or give its name as "module:name".',
    )


def caller() -> Where:
    """The line of the first frame outside this package."""
    frame: Any = sys._getframe(1)  # noqa: SLF001 (the one way to know it; only for messages)
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith("pantheon.api"):
        frame = frame.f_back
    if frame is None:
        return Where("<python>", 1, 1)
    return Where(str(frame.f_code.co_filename), int(frame.f_lineno), 1)
