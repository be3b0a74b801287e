"""`pantheon.lock`: which version of each specialist answers, as a small text file to commit.

Where the file and the store differ, the file is right: so a revert in git is a rollback, and
merging a proposed branch is a promotion.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pantheon.errors import EnvironmentFault, InputError, NotFound, Where
from pantheon.ids import ContentHash
from pantheon.learn._channels import STABLE, clear_canary
from pantheon.learn._monitor_state import reset_monitor
from pantheon.store import ChannelMove

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.store import Store

LOCK_NAME = "pantheon.lock"

_HEADER = """\
# Which version of each specialist answers here. Written by `pantheon night` and by
# `pantheon agents promote` and `rollback`; commit it: a revert of this file is a rollback.
"""


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
    """Every pinned specialist of a project, by agent name."""

    entries: Mapping[str, LockEntry] = field(default_factory=dict[str, LockEntry])

    def with_entry(self, entry: LockEntry) -> Lock:
        """This lock with one agent pinned anew."""
        return Lock({**self.entries, entry.agent: entry})

    def without(self, agent: str) -> Lock:
        """This lock with one agent's slot empty."""
        return Lock({name: e for name, e in self.entries.items() if name != agent})


def render_lock(lock: Lock) -> str:
    """The text of a lock (TOML): same lock, same bytes; agents in order of their names."""
    return _HEADER + "".join(_render_entry(lock.entries[name]) for name in sorted(lock.entries))


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


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for the DEL character, which JSON leaves bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def parse_lock(text: str, *, file: str = LOCK_NAME) -> Lock:
    """Read the text of a lock.

    Raises:
        InputError: it is not a lock; says where and what to do.
    """
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(str(error), text, file) from None
    agents = table.get("agents", {})
    if not isinstance(agents, dict):
        raise _unreadable("`agents` is not a table", text, file)
    named = cast("dict[str, Any]", agents)
    return Lock({name: _parse_entry(name, body, file) for name, body in named.items()})


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
        hint="Take the entry back from git, or delete it: the agent then starts with an empty "
        "slot, and `pantheon agents promote` fills it again.",
    )


def _unreadable(problem: str, text: str, file: str) -> InputError:
    conflict = next(
        (n for n, line in enumerate(text.splitlines(), 1) if line.startswith("<<<<<<<")), None
    )
    if conflict is not None:
        return InputError(
            f"{file} holds an unresolved merge conflict.",
            hint="Keep one version of each agent's entry and remove the conflict marks.",
            where=Where(file, conflict, 1),
        )
    return InputError(
        f"{file} cannot be read: {problem}.",
        hint="Take the file back from git (`git checkout -- pantheon.lock`).",
    )


def read_lock(path: Path) -> Lock:
    """The lock at `path`; a file that is not there pins nothing."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Lock()
    except UnicodeDecodeError:
        raise _unreadable("it is not UTF-8 text", "", str(path)) from None
    return parse_lock(text, file=str(path))


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock so that a reader, or a crash, sees the old file or the new one.

    Raises:
        EnvironmentFault: the folder cannot be written to.
    """
    try:
        _replace_file(path, lock)
    except OSError as error:
        raise EnvironmentFault(
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Make the project's folder writable, or free space; nothing was changed.",
        ) from error


def _replace_file(path: Path, lock: Lock) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(render_lock(lock))
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_lock(store: Store, path: Path, *, clock: Clock) -> tuple[ChannelMove, ...]:
    """Make the store's channels point where the lock says; the moves that took.

    An agent the lock does not name gets an empty slot, and so does every agent when there is no
    file: a revert of the commit that brought the file rolls back what it brought.

    Raises:
        InputError: the lock cannot be read.
        NotFound: it names a version that this store does not hold.
    """
    lock = read_lock(path)
    agents = lock.entries.keys() | {move.agent for move in store.channels.history()}
    moves = [_sync_agent(store, name, lock, clock=clock) for name in sorted(agents)]
    return tuple(move for move in moves if move is not None)


def _sync_agent(store: Store, agent: str, lock: Lock, *, clock: Clock) -> ChannelMove | None:
    entry = lock.entries.get(agent)
    wanted = entry.hash if entry else None
    current = store.channels.current(agent)
    if wanted == current:
        return None
    if entry is not None:
        _known_version(store, entry)
    label = f"{agent}@{entry.number}" if entry else "no version"
    move = ChannelMove(
        agent,
        STABLE,
        wanted,
        current,
        clock.now(),
        "pantheon.lock",
        f"the lock file pins {label}",
        "lock",
    )
    with store.transaction():
        store.channels.move(move)
        dismissed = clear_canary(
            store, agent, at=move.at, who=move.who, why=move.why, cause=move.cause
        )
        if dismissed is not None and dismissed.previous is not None:
            store.versions.set_state(dismissed.previous, "retired")
        reset_monitor(store, agent)
        if wanted is not None:
            store.versions.set_state(wanted, "promoted")
    return move


def _known_version(store: Store, entry: LockEntry) -> None:
    try:
        version = store.versions.get(entry.hash)
    except NotFound:
        version = None
    if version is None or version.agent != entry.agent or version.released:
        raise NotFound(
            f"pantheon.lock pins {entry.agent}@{entry.number} ({entry.hash}), "
            "which this project's store does not hold.",
            hint="Copy `.pantheon/` from the machine that trained it, take the file back from "
            f"git, or delete the entry: `pantheon night` then trains {entry.agent!r} anew.",
        )
