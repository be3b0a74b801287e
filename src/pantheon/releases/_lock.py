"""The text of `pantheon.lock`: what answers here, as a small file to commit.

It pins which specialist each agent has, and which version of a flow or agent each channel points
at. Where the file and the store differ, the file is right: so a revert in git is a rollback, and
merging a proposed branch is a promotion.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from pantheon.errors import EnvironmentFault, InputError, Where
from pantheon.files import replace_text
from pantheon.ids import ContentHash, Json
from pantheon.releases._standing import CHANNELS, Channel, Pointer, Reserve, Standing

LOCK_NAME = "pantheon.lock"

_HEADER = """\
# What answers here: which version of each flow and agent, and which specialist. Written by
# `pantheon deploy`, `promote`, `rollback`, `retire` and by nights; commit it: a revert of this
# file is a rollback.
"""
_SPECIALIST_FIX: Final = (
    "Take the entry back from git, or delete it: the agent then starts with an empty slot, and "
    "`pantheon agents promote` fills it again."
)
_RELEASE_FIX: Final = (
    "Take the entry back from git, or delete it: the working files answer then, and `pantheon "
    "deploy` deploys them again."
)


@dataclass(frozen=True, slots=True)
class LockEntry:
    """One agent's pinned specialist."""

    agent: str
    number: int
    hash: ContentHash
    evidence: str = ""
    """One line for people; nothing reads it back."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Everything that is pinned in a project."""

    entries: Mapping[str, LockEntry] = field(default_factory=dict[str, LockEntry])
    """Specialists by agent."""
    flows: Mapping[str, Standing] = field(default_factory=dict[str, Standing])
    """What the channels of each deployed flow point at."""
    agents: Mapping[str, Standing] = field(default_factory=dict[str, Standing])
    """Likewise, of each agent that was deployed by itself."""

    def with_entry(self, entry: LockEntry) -> Lock:
        """This lock with one agent's specialist pinned anew."""
        return replace(self, entries={**self.entries, entry.agent: entry})

    def without(self, agent: str) -> Lock:
        """This lock with one agent's slot empty."""
        kept = {name: e for name, e in self.entries.items() if name != agent}
        return replace(self, entries=kept)

    def standing(self, kind: str, name: str) -> Standing:
        """What the channels of a flow or agent point at."""
        return (self.flows if kind == "flow" else self.agents).get(name, Standing())

    def with_standing(self, kind: str, name: str, standing: Standing) -> Lock:
        """This lock with the channels of a flow or agent pointing elsewhere."""
        table = {**(self.flows if kind == "flow" else self.agents), name: standing}
        if standing == Standing():
            del table[name]
        return replace(self, flows=table) if kind == "flow" else replace(self, agents=table)

    def names(self) -> Iterator[tuple[str, str]]:
        """Kind and name of all that has a channel."""
        yield from (("flow", name) for name in self.flows)
        yield from (("agent", name) for name in self.agents)


# ---------------------------------------------------------------------------------- writing


def render_lock(lock: Lock) -> str:
    """The text of a lock (TOML): same lock, same bytes; sections in order of their names."""
    parts = [_render_entry(lock.entries[name]) for name in sorted(lock.entries)]
    parts += [_render_standing(["definitions", "agents", n], s) for n, s in _sorted(lock.agents)]
    parts += [_render_standing(["flows", name], s) for name, s in _sorted(lock.flows)]
    return _HEADER + "".join(parts)


def _sorted(table: Mapping[str, Standing]) -> list[tuple[str, Standing]]:
    return sorted(table.items())


def _render_entry(entry: LockEntry) -> str:
    lines = [
        "",
        f"[agents.{_quoted(entry.agent)}]",
        f"version = {entry.number}",
        f"hash = {_quoted(entry.hash)}",
    ]
    if entry.evidence:
        lines.append(f"evidence = {_quoted(entry.evidence)}")
    return "\n".join(lines) + "\n"


def _render_standing(path: list[str], standing: Standing) -> str:
    head = ".".join([*path[:-1], _quoted(path[-1])])
    return "".join(
        _render_pointer(head if channel == "stable" else f"{head}.{channel}", channel, pointer)
        for channel, pointer in standing.items()
    )


def _render_pointer(head: str, channel: Channel, pointer: Pointer) -> str:
    lines = ["", f"[{head}]", f"version = {pointer.number}", f"hash = {_quoted(pointer.hash)}"]
    if channel == "canary":
        lines.append(f"share = {_value(pointer.share)}")
    if pointer.fallback is not None:
        number, hash = pointer.fallback.number, pointer.fallback.hash
        lines.append(f"fallback = {{version = {number}, hash = {_quoted(hash)}}}")
    if pointer.guards:
        lines.append(f"guards = {_value(pointer.guards)}")
    if pointer.agents:
        lines += ["", f"[{head}.agents]"]
        lines += [f"{_quoted(n)} = {_quoted(h)}" for n, h in sorted(pointer.agents.items())]
    return "\n".join(lines) + "\n"


def _value(value: Json) -> str:
    """A JSON value as TOML, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case str():
            return _quoted(value)
        case list():
            return f"[{', '.join(_value(item) for item in value)}]"
        case dict():
            inner = (f"{_quoted(key)} = {_value(value[key])}" for key in sorted(value))
            return f"{{{', '.join(inner)}}}"
        case _:
            raise InputError(
                f"{value!r} cannot be written into {LOCK_NAME}.",
                hint="Use texts, finite numbers, true, false, lists and objects of these.",
            )


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for the DEL character, which JSON leaves bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


# ---------------------------------------------------------------------------------- reading


def parse_lock(text: str, *, file: str = LOCK_NAME) -> Lock:
    """Read the text of a lock.

    Raises:
        InputError: it is not a lock; says where and what to do.
    """
    import tomllib

    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(str(error), text, file) from None
    specialists = _table(table, "agents", text, file)
    definitions = _table(table, "definitions", text, file)
    agents = _table(definitions, "agents", text, file)
    return Lock(
        {name: _parse_entry(name, body, file) for name, body in specialists.items()},
        {
            n: _parse_standing("flow", n, b, file)
            for n, b in _table(table, "flows", text, file).items()
        },
        {name: _parse_standing("agent", name, body, file) for name, body in agents.items()},
    )


def _table(table: Mapping[str, Any], key: str, text: str, file: str) -> dict[str, Any]:
    inner = table.get(key, {})
    if not isinstance(inner, dict):
        raise _unreadable(f"`{key}` is not a table", text, file)
    return cast("dict[str, Any]", inner)


def _parse_entry(name: str, body: object, file: str) -> LockEntry:
    if isinstance(body, dict):
        match cast("dict[str, Any]", body):
            case {"version": int(number), "hash": str(digest), **rest} if digest.startswith("b2:"):
                evidence = str(rest.get("evidence", ""))
                return LockEntry(name, number, ContentHash(digest), evidence)
            case _:
                pass
    raise InputError(
        f"{file}: the entry of agent {name!r} lacks a whole `version` or a `hash` (b2:…).",
        hint=_SPECIALIST_FIX,
    )


def _parse_standing(kind: str, name: str, body: object, file: str) -> Standing:
    found = Standing()
    whole = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    for channel in CHANNELS:
        part = whole if channel == "stable" else whole.get(channel)
        if part is None or (channel == "stable" and not part.keys() & {"version", "hash"}):
            continue
        pointer = _parse_pointer(part)
        if pointer is None:
            raise _bad_pointer(kind, name, channel, file)
        found = found.put(channel, pointer)
    if found == Standing():
        raise _bad_pointer(kind, name, "stable", file)
    return found


def _bad_pointer(kind: str, name: str, channel: Channel, file: str) -> InputError:
    return InputError(
        f"{file}: channel {channel} of {kind} {name!r} lacks a whole `version` or a `hash` (b2:…), "
        "or something beside them is no number, table or hash.",
        hint=_RELEASE_FIX,
    )


def _parse_pointer(part: Any) -> Pointer | None:
    """What a channel points at; None when it is not written as it must be."""
    reserve = _parse_reserve(part)
    if reserve is None:
        return None
    share, guards = part.get("share", 1.0), part.get("guards", {})
    fallback, agents = part.get("fallback"), part.get("agents", {})
    known = _parse_reserve(fallback) if fallback is not None else None
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        return None
    if not isinstance(guards, dict) or not isinstance(agents, dict):
        return None
    if (fallback is None) != (known is None):
        return None
    named = {str(n): ContentHash(str(h)) for n, h in cast("dict[str, Any]", agents).items()}
    kept = cast("dict[str, Json]", guards)
    return Pointer(reserve.number, reserve.hash, float(share), kept, known, named)


def _parse_reserve(part: Any) -> Reserve | None:
    match part:
        case {"version": int(number), "hash": str(digest)} if digest.startswith("b2:"):
            return Reserve(number, ContentHash(digest))
        case _:
            return None


def _unreadable(problem: str, text: str, file: str) -> InputError:
    conflict = next(
        (n for n, line in enumerate(text.splitlines(), 1) if line.startswith("<<<<<<<")), None
    )
    if conflict is not None:
        return InputError(
            f"{file} holds an unresolved merge conflict.",
            hint="Keep one version of each entry and remove the conflict marks.",
            where=Where(file, conflict, 1),
        )
    return InputError(
        f"{file} cannot be read: {problem}.",
        hint="Take the file back from git (`git checkout -- pantheon.lock`).",
    )


# ------------------------------------------------------------------------------------- files


def read_lock(path: Path) -> Lock:
    """The lock at `path`; a file that is not there pins nothing."""
    text = read_lock_text(path)
    return Lock() if text is None else parse_lock(text, file=str(path))


def read_lock_text(path: Path) -> str | None:
    """The text of the file; None when there is none. Raises InputError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise _unreadable("it is not UTF-8 text", "", str(path)) from None


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock so that a reader, or a crash, sees the old file or the new one.

    Raises:
        EnvironmentFault: the folder cannot be written to.
    """
    write_lock_text(path, render_lock(lock))


def write_lock_text(path: Path, text: str | None) -> None:
    """Likewise, its text; None takes the file away. Raises EnvironmentFault."""
    try:
        if text is None:
            path.unlink(missing_ok=True)
        else:
            replace_text(path, text)
    except OSError as error:
        raise EnvironmentFault(
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Make the project's folder writable, or free space; nothing was changed.",
        ) from error
