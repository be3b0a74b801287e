"""JSON Schema of what each command prints with `--json`, and of the envelope of its errors.

Written in the few words of `_terms`; what other packages print under the names of their dataclasses'
fields is taken from those. Nothing here is imported when a command runs.
"""

from __future__ import annotations

import json
import re

from pantheon.cli.shapes._common import COMMON
from pantheon.cli.shapes._terms import Shape, ref

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LINES = frozenset({"runs events"})
"""Commands that print one such document a line."""

__all__ = ["DIALECT", "LINES", "all_shapes", "anchor", "schema_file", "schema_of"]


def all_shapes() -> dict[str, Shape]:
    """Command, without `pantheon`, → what it prints when it succeeds."""
    from pantheon.cli.shapes import _authoring, _learning, _running, _versions

    return {
        **_authoring.SHAPES,
        **_running.SHAPES,
        **_versions.shapes(),
        **_learning.shapes(),
    }


def anchor(command: str) -> str:
    """The name of a command's schema among the `$defs`."""
    return f"pantheon-{command.replace(' ', '-')}"


def schema_of(command: str) -> Shape | None:
    """The schema of a command's output, complete in itself; None where there is no such command."""
    shapes = all_shapes()
    if command not in shapes:
        return None
    either = [shapes[command], ref("error")]
    shared = {name: COMMON[name] for name in sorted(_needed(either))}
    return {"$schema": DIALECT, "title": f"pantheon {command}", "anyOf": either, "$defs": shared}


def _needed(shape: object) -> set[str]:
    """The shared shapes that a shape refers to, and those that they refer to."""
    found = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(shape)))
    return found.union(*(_needed(COMMON[name]) for name in found))


def schema_file() -> Shape:
    """Every schema in one document, each under `#/$defs/pantheon-COMMAND`."""
    commands = {anchor(command): shape for command, shape in sorted(all_shapes().items())}
    return {
        "$schema": DIALECT,
        "title": "What the commands of pantheon print with --json",
        "$defs": {**COMMON, **commands},
    }
