"""Every hash worked out anew: what the lock file pins, what the store holds, what the files are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pantheon.errors import PantheonError
from pantheon.flows import read_pin
from pantheon.ids import ContentHash, hash_bytes, hash_json
from pantheon.releases._drafts import Drafts, release_hash
from pantheon.releases._lock import Lock, read_lock
from pantheon.releases._record import from_row
from pantheon.releases._release import Kind, Release, as_kind
from pantheon.releases._standing import Channel, Pointer, Standing, standing_of
from pantheon.spec import Project, agent_from_json, agent_hash, flow_hash
from pantheon.store import ReleaseRow, Store

DriftKind: TypeAlias = Literal[
    "lock", "missing", "damaged", "files", "code", "models", "specialist"
]


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that is not what it was said to be."""

    kind: DriftKind
    """lock: the store's channels; missing: not held here; damaged: a hash does not come out;
    files, code, models: the working files have another one; specialist: a trained part."""
    subject: str
    """`support@3`, `triage`, `desk.py`."""
    channel: str
    """Where it is pinned; empty when it is not."""
    expected: str
    found: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was worked out anew, and what drifted."""

    pins: int
    """Entries of the lock file."""
    versions: int
    """Versions in the store."""
    drifts: tuple[Drift, ...]

    @property
    def clean(self) -> bool:
        """Whether everything is what it was said to be."""
        return not self.drifts


def verify(store: Store, project: Project | None, lock: Path) -> Check:
    """Compare lock file, store and working files by hashes that are worked out anew.

    Open the store without following the lock file, or the two cannot differ. Without a project the
    files are not looked at. Raises InputError when the lock file cannot be read.
    """
    pinned = read_lock(lock)
    rows = store.releases.list()
    drifts = [
        *_unfollowed(store, pinned),
        *(drift for row in rows for drift in _damage(store, row)),
        *_deployed(store, project, pinned),
        *_specialists(store, pinned),
    ]
    pins = len(pinned.entries) + sum(1 for _ in _pointers(pinned))
    return Check(pins, len(rows), tuple(drifts))


def _pointers(lock: Lock) -> Iterator[tuple[Kind, str, Channel, Pointer]]:
    for kind, name in lock.names():
        for channel, pointer in lock.standing(kind, name).items():
            yield as_kind(kind), name, channel, pointer


# --------------------------------------------------------------------------- lock against store


def _unfollowed(store: Store, lock: Lock) -> Iterator[Drift]:
    known = {(move.kind, move.name) for move in store.releases.standing()} | set(lock.names())
    for kind, name in sorted(known):
        here, there = standing_of(store, kind, name), lock.standing(kind, name)
        if here != there:
            yield Drift(
                "lock",
                name,
                "",
                _told(there),
                _told(here),
                f"The store has not followed the lock file for {kind} {name!r}.",
                "The next command that opens the project follows it: `pantheon versions list`",
            )


def _told(standing: Standing) -> str:
    said = [f"{channel} {p.number} {p.hash}" for channel, p in standing.items()]
    return ", ".join(said) or "nothing"


# ------------------------------------------------------------------------------ store by itself


def _damage(store: Store, row: ReleaseRow) -> Iterator[Drift]:
    title = f"{row.name}@{row.number}"
    try:
        release = from_row(store, row)
        found = _worked_out(store, release)
    except PantheonError as error:
        yield _damaged(title, row.hash, "unreadable", error.message)
        return
    if found != row.hash:
        yield _damaged(title, row.hash, found, "Its parts give another hash.")


def _damaged(title: str, expected: str, found: str, why: str) -> Drift:
    return Drift(
        "damaged",
        title,
        "",
        expected,
        found,
        f"What the store holds of {title} is damaged: {why}",
        "Restore a copy made with `pantheon store backup`",
    )


def _worked_out(store: Store, release: Release) -> ContentHash:
    """The hash of a version from what is kept of it, down to each file."""
    files = {path: hash_bytes(store.blobs.get(hash)) for path, hash in release.files.items()}
    definition = _definition(release)
    return release_hash(release.kind, release.name, definition, files=files, models=release.models)


def _definition(release: Release) -> ContentHash:
    match release.kind:
        case "flow":
            pin = read_pin(release.definition, release.body)
            whole = Project(
                Path(),
                agents=pin.agents,
                flows={pin.flow.name: pin.flow, **pin.flows},
                memory=pin.memory,
            )
            return flow_hash(pin.flow, whole)
        case "agent":
            return agent_hash(agent_from_json(release.body))
        case "model":
            return hash_json(release.body)
        case "prompt":
            return hash_bytes(str(release.body["text"]).encode("utf-8", "surrogatepass"))


# ------------------------------------------------------------------- what is deployed and files


def _deployed(store: Store, project: Project | None, lock: Lock) -> Iterator[Drift]:
    drafts = None if project is None else Drafts(project)
    for kind, name, channel, pointer in _pointers(lock):
        row = store.releases.find(pointer.hash)
        if row is None:
            yield from _missing(drafts, kind, name, channel, pointer)
            continue
        if channel != "stable" or drafts is None:
            continue  # a trial is another version than the files, or will be soon
        try:
            release = from_row(store, row)
        except PantheonError:
            continue  # told already
        yield from _from_files(drafts, release)


def _missing(
    drafts: Drafts | None, kind: Kind, name: str, channel: Channel, pointer: Pointer
) -> Iterator[Drift]:
    title = f"{name}@{pointer.number}"
    found = "nothing"
    if drafts is not None and drafts.has(kind, name):
        found = drafts.release(kind, name).hash
    if found == pointer.hash:
        return  # it is recorded from the files when it is needed
    yield Drift(
        "missing",
        title,
        channel,
        pointer.hash,
        found,
        f"The store does not hold {title}, and the working files are another version.",
        f"Check out the commit that deployed it, or deploy the files: `pantheon deploy {name}`",
    )


def _from_files(drafts: Drafts, release: Release) -> Iterator[Drift]:
    kind, name = release.kind, release.name
    if not drafts.has(kind, name):
        fix = f"`pantheon retire {name}`, or take the definition back from git"
        message = f"The working files define {kind} {name!r} no longer."
        yield Drift("files", release.title, "stable", release.hash, "nothing", message, fix)
        return
    draft = drafts.release(kind, name)
    if draft.hash == release.hash:
        return
    fix = f"See `pantheon diff {name}`; `pantheon deploy {name}` deploys them"
    if draft.definition != release.definition:
        message = f"The working files are not what {release.title} was deployed from."
        yield Drift("files", release.title, "stable", release.hash, draft.hash, message, fix)
    yield from _other_code(draft, release, fix)
    yield from _other_models(draft, release, fix)


def _other_code(draft: Release, release: Release, fix: str) -> Iterator[Drift]:
    for path in sorted({*draft.files, *release.files}):
        before, now = release.files.get(path, "nothing"), draft.files.get(path, "nothing")
        if before != now:
            message = f"{path} is not what it was when {release.title} was deployed."
            yield Drift("code", path, "stable", before, now, message, fix)


def _other_models(draft: Release, release: Release, fix: str) -> Iterator[Drift]:
    for name in sorted({*draft.models, *release.models}):
        before, now = release.models.get(name), draft.models.get(name)
        if before != now:
            message = f"Model {name!r} is not what it was when {release.title} was deployed."
            old = "nothing" if before is None else hash_json(before)
            new = "nothing" if now is None else hash_json(now)
            yield Drift("models", name, "stable", old, new, message, fix)


# -------------------------------------------------------------------------------- trained parts


def _specialists(store: Store, lock: Lock) -> Iterator[Drift]:
    for entry in lock.entries.values():
        title = f"{entry.agent}@{entry.number}"
        current = store.channels.current(entry.agent)
        if current != entry.hash:
            yield Drift(
                "specialist",
                title,
                "stable",
                entry.hash,
                current or "nothing",
                f"Another specialist of {entry.agent!r} answers than the lock file pins.",
                "The next command that opens the project follows the file",
            )
        problem = _artifact_problem(store, entry.hash)
        if problem is not None:
            yield Drift(
                "specialist",
                title,
                "stable",
                entry.hash,
                "unreadable",
                f"The model of {title} cannot be had: {problem}",
                "Copy `.pantheon/` from the machine that trained it, or restore a backup",
            )


def _artifact_problem(store: Store, hash: ContentHash) -> str | None:
    try:
        version = store.versions.get(hash)
        whole = hash_bytes(store.blobs.get(version.artifact)) == version.artifact
    except PantheonError as error:
        return error.message
    named = hash_json([version.agent, version.artifact]) == version.hash
    return None if whole and named else "its content is not what its name says."
