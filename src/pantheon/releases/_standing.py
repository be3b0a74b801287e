"""What the channels of one flow or agent point at, and how each change moves them: plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from pantheon.ids import ContentHash, Json, JsonObject
from pantheon.store import ReleaseMove, Store

Channel: TypeAlias = Literal["stable", "canary", "shadow"]
CHANNELS: tuple[Channel, ...] = ("stable", "canary", "shadow")


@dataclass(frozen=True, slots=True)
class Reserve:
    """The version that a run begins again with when its own fails."""

    number: int
    hash: ContentHash


@dataclass(frozen=True, slots=True)
class Pointer:
    """What one channel points at."""

    number: int
    hash: ContentHash
    share: float = 1.0
    """Part of the runs; below 1 only for a canary."""
    guards: JsonObject = field(default_factory=dict[str, Json])
    """Bounds whose breach takes it back."""
    fallback: Reserve | None = None
    agents: Mapping[str, ContentHash] = field(default_factory=dict[str, ContentHash])
    """Versions of the agents that a flow uses: for who reads the lock file."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the three channels of one name point at."""

    stable: Pointer | None = None
    canary: Pointer | None = None
    shadow: Pointer | None = None

    def on(self, channel: Channel) -> Pointer | None:
        """What a channel points at."""
        return {"stable": self.stable, "canary": self.canary, "shadow": self.shadow}[channel]

    def items(self) -> Iterator[tuple[Channel, Pointer]]:
        """The channels that point at something."""
        for channel in CHANNELS:
            pointer = self.on(channel)
            if pointer is not None:
                yield channel, pointer

    def put(self, channel: Channel, pointer: Pointer | None) -> Standing:
        """The standing with a channel pointing elsewhere."""
        match channel:
            case "stable":
                return replace(self, stable=pointer)
            case "canary":
                return replace(self, canary=pointer)
            case "shadow":
                return replace(self, shadow=pointer)

    def deployed(self, channel: Channel, pointer: Pointer) -> Standing:
        """A version is put on a channel; on others it has no business any longer.

        With another stable version a canary has nobody to be compared with, and is dismissed.
        """
        trials: tuple[Channel, ...] = ("canary", "shadow")
        changed = self
        for trial in trials:
            if trial != channel:
                changed = changed.without(pointer.hash, trial)
        before = self.stable
        if channel == "stable" and (before is None or before.hash != pointer.hash):
            changed = changed.put("canary", None)
        return changed.put(channel, pointer)

    def without(self, hash: ContentHash, *channels: Channel) -> Standing:
        """The version is taken from channels (all, when none is named)."""
        changed = self
        for channel, pointer in self.items():
            if pointer.hash == hash and channel in (channels or CHANNELS):
                changed = changed.put(channel, None)
        return changed

    def has(self, hash: ContentHash) -> bool:
        """Whether any channel points at the version."""
        return any(pointer.hash == hash for _, pointer in self.items())


# ------------------------------------------------------------------------------------ as JSON


def standing_to_json(standing: Standing) -> JsonObject:
    """The standing as it is kept; channels that point at nothing are left out."""
    return {channel: _pointer_to_json(pointer) for channel, pointer in standing.items()}


def _pointer_to_json(pointer: Pointer) -> JsonObject:
    body: dict[str, Json] = {"version": pointer.number, "hash": pointer.hash}
    if pointer.share != 1:
        body["share"] = pointer.share
    if pointer.guards:
        body["guards"] = pointer.guards
    if pointer.fallback is not None:
        body["fallback"] = {"version": pointer.fallback.number, "hash": pointer.fallback.hash}
    if pointer.agents:
        body["agents"] = dict[str, Json](pointer.agents)
    return body


def standing_from_json(body: JsonObject) -> Standing:
    """The standing that `standing_to_json` was given."""
    kept: dict[str, Any] = dict(body)
    found = Standing()
    for channel in CHANNELS:
        if channel in kept:
            found = found.put(channel, _pointer_from_json(kept[channel]))
    return found


def _pointer_from_json(body: Any) -> Pointer:
    fallback = body.get("fallback")
    return Pointer(
        body["version"],
        ContentHash(body["hash"]),
        float(body.get("share", 1.0)),
        body.get("guards", {}),
        Reserve(fallback["version"], ContentHash(fallback["hash"])) if fallback else None,
        body.get("agents", {}),
    )


def standing_of(store: Store, kind: str, name: str) -> Standing:
    """What the channels of a name point at now."""
    last = store.releases.last(kind, name)
    return Standing() if last is None else standing_from_json(last.after)


# ---------------------------------------------------------------------------------- going back


@dataclass(frozen=True, slots=True)
class WayBack:
    """What a rollback leads to."""

    standing: Standing
    undoes: int
    """The earliest move that it takes back."""


def way_back(moves: Sequence[ReleaseMove]) -> WayBack | None:
    """Where the last change of a name that still counts came from, without what it brought.

    None when nothing has been changed that could be undone. A rollback takes a version out of
    service: when a canary was promoted and that is undone, it does not go on as a canary.
    """
    if not moves:
        return None
    current = standing_from_json(moves[-1].after)
    for move in reversed(standing_moves(moves)):
        before = standing_from_json(move.before)
        for hash in _brought(before, standing_from_json(move.after)):
            before = before.without(hash)
        if before != current and move.id is not None:
            return WayBack(before, move.id)
    return None


def standing_moves(moves: Sequence[ReleaseMove]) -> list[ReleaseMove]:
    """The moves that have not been undone, oldest first.

    A lock file that says again what it said before (a revert in git) undoes what came between.
    """
    path: list[ReleaseMove] = []
    for move in moves:
        undone = _undone_by(move, path)
        if undone is None:
            path.append(move)
        else:
            del path[undone:]
    return path


def _undone_by(move: ReleaseMove, path: Sequence[ReleaseMove]) -> int | None:
    """From which place of the path on everything is undone by a move, if it undoes."""
    if move.action == "rollback" and move.undoes is not None:
        return next((i for i, m in enumerate(path) if (m.id or 0) >= (move.undoes or 0)), len(path))
    if move.action == "lock":
        after = standing_from_json(move.after)
        return next((i for i, m in enumerate(path) if standing_from_json(m.before) == after), None)
    return None


def _brought(before: Standing, after: Standing) -> set[ContentHash]:
    """Versions that a move put onto a channel which they were not on."""
    old = {(channel, pointer.hash) for channel, pointer in before.items()}
    return {p.hash for channel, p in after.items() if (channel, p.hash) not in old}
