"""A version by what people call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pantheon.errors import NotFound, UsageError
from pantheon.releases._drafts import Drafts
from pantheon.releases._ensure import ensure
from pantheon.releases._record import from_row, load
from pantheon.releases._release import KINDS, Kind, Release
from pantheon.releases._standing import CHANNELS, Channel, Standing, standing_of
from pantheon.spec import Project, did_you_mean
from pantheon.store import Store

SHORTEST_HASH: Final = 6
DRAFT: Final = "draft"


@dataclass(frozen=True, slots=True)
class Reference:
    """What somebody wrote: `[KIND:]NAME[@VERSION]`, `draft:NAME`."""

    kind: Kind | None
    name: str
    version: str
    """A number, a channel, `draft`, the user's own label; empty: what answers now."""


def parse_reference(text: str) -> Reference:
    """Take apart what somebody wrote; a name may hold anything but `@`."""
    prefix, colon, rest = text.partition(":")
    name, _, version = (rest if colon else text).partition("@")
    if colon and prefix == DRAFT:
        inner = parse_reference(rest)
        return Reference(inner.kind, inner.name, DRAFT)
    for kind in KINDS:
        if colon and prefix == kind:
            return Reference(kind, name, version)
    name, _, version = text.rpartition("@") if "@" in text else (text, "", "")
    return Reference(None, name, version)


def find(
    store: Store,
    project: Project | None,
    text: str,
    *,
    kind: Kind | None = None,
    drafts: Drafts | None = None,
) -> Release:
    """The version that somebody means.

    `NAME`: what answers now (the deployed one, else the working files); `NAME@3`, `NAME@stable`,
    `NAME@canary`, `NAME@LABEL`; `draft:NAME` or `NAME@draft`: the working files; the start of a
    hash; all with `flow:`, `agent:`, `model:` or `prompt:` before the name where two share it.

    Without a project there are no working files.

    Raises:
        NotFound: there is no such version; the hint names those there are.
        UsageError: the name or the start of the hash stands for several.
    """
    by_hash = _by_hash(store, text)
    if by_hash is not None:
        return by_hash
    if drafts is None and project is not None:
        drafts = Drafts(project)
    asked = parse_reference(text)
    found = asked.kind or kind or kind_of(store, drafts, asked.name)
    return _version(store, drafts, found, asked)


def kind_of(
    store: Store,
    drafts: Drafts | None,
    name: str,
    *,
    among: tuple[Kind, ...] = KINDS,
) -> Kind:
    """What a name is the name of. Raises NotFound and UsageError."""
    kinds: list[Kind] = [k for k in among if drafts is not None and drafts.has(k, name)]
    kinds = kinds or [k for k in among if store.releases.newest(k, name) is not None]
    kinds = kinds or [k for k in among if standing_of(store, k, name) != Standing()]
    if len(kinds) > 1:
        said = " and ".join(f"a {kind}" for kind in kinds).replace("a agent", "an agent")
        raise UsageError(
            f"There is {said} {name!r}.",
            hint=f"Write {' or '.join(f'{kind}:{name}' for kind in kinds)}.",
        )
    if not kinds:
        known = [n for k in among for n in (drafts.names(k) if drafts else [])]
        raise NotFound(
            f"There is no {' or '.join(among)} {name!r}.",
            hint=did_you_mean(
                name, known, otherwise="`pantheon versions list` shows all there are."
            ),
        )
    return kinds[0]


def _by_hash(store: Store, text: str) -> Release | None:
    start = text if text.startswith("b2:") else f"b2:{text}"
    digits = start.removeprefix("b2:")
    if len(digits) < SHORTEST_HASH or not set(digits) <= set("0123456789abcdef"):
        return None
    rows = [row for row in store.releases.list() if row.hash.startswith(start)]
    if len(rows) > 1:
        raise UsageError(
            f"{text} is the start of {len(rows)} hashes.", hint="Write more digits of it."
        )
    return from_row(store, rows[0]) if rows else None


def _version(store: Store, drafts: Drafts | None, kind: Kind, asked: Reference) -> Release:
    name, version = asked.name, asked.version
    standing = standing_of(store, kind, name)
    if version == DRAFT or (not version and standing.stable is None):
        return _draft(drafts, kind, name)
    channel = _as_channel(version or "stable")
    if channel is not None:
        pointer = standing.on(channel)
        if pointer is None:
            raise NotFound(
                f"Nothing of {kind} {name!r} is on channel {channel}.",
                hint=f"`pantheon {kind}s history {name}` lists its versions; "
                f"`pantheon deploy {name}` deploys the working files.",
            )
        return ensure(store, drafts, kind, name, pointer)
    return _numbered(store, kind, name, version)


def _as_channel(text: str) -> Channel | None:
    return next((channel for channel in CHANNELS if channel == text), None)


def _draft(drafts: Drafts | None, kind: Kind, name: str) -> Release:
    if drafts is None:
        raise NotFound(
            f"There are no working files without mistakes that would define {kind} {name!r}.",
            hint="`pantheon validate` says what is wrong with them.",
        )
    return drafts.release(kind, name)


def _numbered(store: Store, kind: Kind, name: str, version: str) -> Release:
    rows = store.releases.list(kind, name)
    labelled = [row for row in rows if row.label == version]
    chosen = [row for row in rows if str(row.number) == version] or labelled[-1:]
    if chosen:
        return load(store, chosen[0].hash)
    if kind == "agent" and any(str(v.number) == version for v in store.versions.list(name)):
        raise NotFound(
            f"{name}@{version} is a specialist that a night trained, not a definition.",
            hint=f"See `pantheon agents show {name}@{version}`; `pantheon agents promote "
            f"{name}@{version}` deploys it.",
        )
    known = ", ".join(f"{name}@{row.number}" for row in rows[-12:])
    hint = (
        f"The versions are: {known}." if known else f"None is recorded: `pantheon deploy {name}`."
    )
    raise NotFound(f"There is no version {name}@{version}.", hint=hint)
