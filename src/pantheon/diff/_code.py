"""Source files behind definitions: which of them changed, and what in them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from pantheon.diff._model import CodeChange, Source, State
from pantheon.ids import hash_bytes
from pantheon.spec import AgentDef, FlowDef

if TYPE_CHECKING:
    from pantheon.releases import SourceFiles

MOST_LINES: Final = 200
"""Of one file that are kept; of more the first."""
_MOST_PAIRS: Final = 25_000_000
"""Of lines that are compared; of larger files only the hashes are told."""


def compare_code(
    before: Source, after: Source, old: AgentDef | FlowDef | None, new: AgentDef | FlowDef | None
) -> tuple[CodeChange, ...]:
    """The files behind a definition of both sides that differ; nothing where a side has no code."""
    if old is None or new is None:
        return ()
    one, other = _behind(before, old), _behind(after, new)
    if one is None or other is None:
        return ()
    return tuple(
        _change(path, one.get(path), other.get(path))
        for path in sorted({**one, **other})
        if one.get(path) != other.get(path)
    )


def _behind(source: Source, definition: AgentDef | FlowDef) -> Mapping[str, bytes] | None:
    kind = "agent" if isinstance(definition, AgentDef) else "flow"
    files: SourceFiles | None = source.code.get(f"{kind} {definition.name}", source.code.get(""))
    if files is None:
        return None
    if isinstance(definition, AgentDef):
        return files.of_agent(definition)
    return files.of_flow(definition)


def _change(path: str, before: bytes | None, after: bytes | None) -> CodeChange:
    state: State = "added" if before is None else "removed" if after is None else "changed"
    lines, left_out = _compare_lines(before or b"", after or b"")
    return CodeChange(
        path,
        state,
        None if before is None else hash_bytes(before),
        None if after is None else hash_bytes(after),
        lines,
        left_out,
    )


def _compare_lines(before: bytes, after: bytes) -> tuple[tuple[str, ...], int]:
    """Lines as `diff -u` has them, and how many more there are."""
    if b"\0" in before or b"\0" in after:
        return (), 0
    old, new = (part.decode(errors="replace").splitlines() for part in (before, after))
    if len(old) * len(new) > _MOST_PAIRS:
        return (), len(old) + len(new)
    whole = list(islice(difflib.unified_diff(old, new, lineterm=""), 2, None))
    return tuple(whole[:MOST_LINES]), max(len(whole) - MOST_LINES, 0)
