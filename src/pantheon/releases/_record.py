"""Versions into the store and out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pantheon.errors import NotFound
from pantheon.ids import ContentHash, JsonObject
from pantheon.releases._drafts import Drafts, Written
from pantheon.releases._release import KINDS, Cause, Kind, Release, as_cause, as_kind
from pantheon.releases._standing import standing_of
from pantheon.spec import Project
from pantheon.store import ReleasePart, ReleaseRow, Store

PIN = "pin"
"""Kind under which the pins of runs are kept among the definitions; a flow's version shares them."""


def record(  # noqa: PLR0913 (facts that a version keeps)
    store: Store,
    project: Project,
    *,
    cause: Cause = "edit",
    who: str,
    why: str = "",
    names: Iterable[tuple[Kind, str]] | None = None,
    evidence: JsonObject | None = None,
    drafts: Drafts | None = None,
) -> tuple[Release, ...]:
    """Keep what the working files are now as versions, where they are none yet.

    `names`: only these, with all they use. Returns every version that the files are, in the order
    in which one uses the other; what they were before is the parent of each new one.
    """
    drafts = drafts or Drafts(project)
    if names is None:
        written = drafts.all(tuple(reversed(KINDS)))
    else:
        found = [w for kind, name in names for w in drafts.with_all_it_uses(kind, name)]
        written = list({w.release.hash: w for w in found}.values())
    with store.transaction():
        for one in written:
            _keep(store, one, cause=cause, signed=(who, why), evidence=evidence or {})
    return tuple(load(store, one.release.hash) for one in written)


def record_as(store: Store, written: Written, *, number: int) -> Release:
    """Keep a version that the lock file names, by its number there if that is free here."""
    taken = store.releases.list(written.release.kind, written.release.name)
    free = number if all(row.number != number for row in taken) else None
    with store.transaction():
        signed = ("pantheon.lock", "pinned there, and what the files are")
        _keep(store, written, cause="lock", signed=signed, evidence={}, number=free)
    return load(store, written.release.hash)


def _keep(
    store: Store,
    written: Written,
    *,
    cause: Cause,
    signed: tuple[str, str],
    evidence: JsonObject,
    number: int | None = None,
) -> None:
    release, releases = written.release, store.releases
    newest = releases.newest(release.kind, release.name)
    if newest is not None and newest.hash == release.hash:
        return
    seen = releases.next_seen() if written.own else 0
    if releases.find(release.hash) is not None:
        if written.own:
            releases.see(release.hash, seen)
        return
    _keep_contents(store, written)
    if not written.own:  # the same definition with other code
        newest = next(iter(reversed(releases.of_definition(release.definition))), None)
    row = ReleaseRow(
        release.hash,
        release.kind,
        release.name,
        number or next_number(store, release.kind, release.name),
        release.definition,
        parent=newest.hash if newest else None,
        cause=cause,
        at=store.clock.now(),
        who=signed[0],
        why=signed[1],
        label=release.label,
        evidence=evidence,
        seen=seen,
    )
    releases.add(row, _parts(release))


def next_number(store: Store, kind: Kind, name: str) -> int:
    """The number of a new version: above all here, and above those that the lock file pins."""
    pinned = [pointer.number for _, pointer in standing_of(store, kind, name).items()]
    return max([store.releases.next_number(kind, name), *(number + 1 for number in pinned)])


def _keep_contents(store: Store, written: Written) -> None:
    release = written.release
    for content in written.contents.values():
        store.blobs.put(content)
    if release.kind == "prompt":
        text = str(release.body["text"])
        store.blobs.put(text.encode("utf-8", "surrogatepass"))
        return
    kind = PIN if release.kind == "flow" else f"release of {release.kind}"
    store.definitions.put(kind, release.name, release.definition, release.body)


def _parts(release: Release) -> list[ReleasePart]:
    files = [ReleasePart(release.hash, "file", p, h) for p, h in release.files.items()]
    uses = [
        ReleasePart(release.hash, kind, name, hash)
        for (kind, _, name), hash in ((k.partition(":"), h) for k, h in release.uses.items())
    ]
    return [*files, *uses]


# ------------------------------------------------------------------------------- reading back


def load(store: Store, hash: ContentHash) -> Release:
    """A version from the store. Raises NotFound."""
    return from_row(store, store.releases.get(hash))


def from_row(store: Store, row: ReleaseRow) -> Release:
    """A version with its body. Raises NotFound when the store has lost a part of it."""
    parts = store.releases.parts(row.hash)
    kind = as_kind(row.kind)
    return Release(
        kind,
        row.name,
        row.number,
        row.hash,
        row.definition,
        _body(store, row),
        label=row.label,
        files={part.name: part.hash for part in parts if part.part == "file"},
        models={p.name: _model_body(store, p.hash) for p in parts if p.part == "model"},
        uses={f"{p.part}:{p.name}": p.hash for p in parts if p.part != "file"},
        parent=row.parent,
        cause=as_cause(row.cause),
        at=row.at,
        who=row.who,
        why=row.why,
        evidence=row.evidence,
    )


def _body(store: Store, row: ReleaseRow) -> JsonObject:
    if row.kind == "prompt":
        text = store.blobs.get(row.definition).decode("utf-8", "surrogatepass")
        return {"text": text}
    return store.definitions.get(row.definition)


def _model_body(store: Store, release: ContentHash) -> JsonObject:
    return store.definitions.get(store.releases.get(release).definition)


def contents_of(store: Store, release: Release) -> dict[str, bytes]:
    """Its source files as they were. Raises NotFound when the store has lost one."""
    return {path: store.blobs.get(hash) for path, hash in release.files.items()}


def rows_as_releases(store: Store, rows: Sequence[ReleaseRow]) -> list[Release]:
    """Versions that can be read; those of which a part is lost are left out."""
    found: list[Release] = []
    for row in rows:
        try:
            found.append(from_row(store, row))
        except NotFound:
            continue
    return found
