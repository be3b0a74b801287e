"""What became of a flow, an agent, a model or a prompt: its versions, moves, ancestors and runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pantheon.errors import NotFound
from pantheon.ids import ContentHash
from pantheon.releases._drafts import Drafts
from pantheon.releases._record import from_row, rows_as_releases
from pantheon.releases._release import Kind, Release
from pantheon.releases._standing import Channel, Standing, standing_of
from pantheon.spec import Project, agent_from_json, agent_hash
from pantheon.store import ReleaseMove, Run, Store, Tally


@dataclass(frozen=True, slots=True)
class History:
    """Everything that is known of one name."""

    kind: Kind
    name: str
    releases: tuple[Release, ...]
    """By number."""
    moves: tuple[ReleaseMove, ...]
    """What was deployed and taken back, oldest first."""
    standing: Standing
    """What each channel points at now."""
    tallies: dict[ContentHash, Tally]
    """What the runs of each version came to; of flows only."""


def history(store: Store, kind: Kind, name: str) -> History:
    """The versions of a name with all that was done with them; empty when there are none."""
    return History(
        kind,
        name,
        tuple(rows_as_releases(store, store.releases.list(kind, name))),
        tuple(store.releases.moves(kind, name)),
        standing_of(store, kind, name),
        store.releases.tallies(kind, name) if kind == "flow" else {},
    )


def current(store: Store, kind: Kind, name: str, channel: Channel = "stable") -> Release | None:
    """The version a channel points at, as far as this store holds it; None otherwise."""
    pointer = standing_of(store, kind, name).on(channel)
    row = None if pointer is None else store.releases.find(pointer.hash)
    return None if row is None else from_row(store, row)


def lineage(store: Store, release: Release) -> tuple[Release, ...]:
    """The version and those it came from, the newest first.

    Working files that are a recorded version are that version.
    """
    parent = release.parent
    if release.draft:
        same = store.releases.find(release.hash)
        newest = store.releases.newest(release.kind, release.name)
        release = release if same is None else from_row(store, same)
        parent = release.parent if same or newest is None else newest.hash
    found, known = [release], {release.hash}
    while parent is not None and parent not in known:
        row = store.releases.find(parent)
        if row is None:
            break
        known.add(parent)
        found.append(from_row(store, row))
        parent = row.parent
    return tuple(found)


def runs_of(store: Store, release: Release, *, limit: int | None = None) -> tuple[Run, ...]:
    """The runs in which a version answered, the newest first.

    Of a flow: those that began with it because it was deployed. Of an agent: those in which an
    agent of that definition gave an answer that was kept as such (code alone leaves none).
    """
    if release.kind == "flow":
        return tuple(store.releases.runs_of(release.hash, limit=limit))
    if release.kind != "agent":
        return ()
    found: dict[str, None] = {}
    for row in store.answers.list(release.name):
        if row.run is not None and _definition(store, row.version) == release.definition:
            found[row.run] = None
    runs = [store.runs.get(run) for run in found]
    newest = sorted(runs, key=lambda run: run.created, reverse=True)
    return tuple(newest if limit is None else newest[:limit])


def _definition(store: Store, version: ContentHash) -> ContentHash | None:
    """Hash of the definition of an agent by which an answer was given."""
    try:
        kept: Any = store.definitions.get(version)
    except NotFound:
        return None
    return agent_hash(agent_from_json(kept["definition"]))


def answered_otherwise(store: Store, project: Project, run: Run) -> list[Release]:
    """The deployed versions that answered a run, of those that the working files are not."""
    hashes = [run.release] if run.release is not None else _agents_of(store, run)
    drafts, found = Drafts(project), list[Release]()
    for hash in hashes:
        row = store.releases.find(hash)
        if row is None:
            continue
        release = from_row(store, row)
        same = drafts.has(release.kind, release.name)
        if not same or drafts.release(release.kind, release.name).hash != hash:
            found.append(release)
    return found


def _agents_of(store: Store, run: Run) -> list[ContentHash]:
    """Versions of agents that were deployed by themselves and took part in a run."""
    try:
        kept: Any = store.definitions.get(run.flow_hash)
    except NotFound:
        return []
    return list(kept.get("deployed", {}).values())
