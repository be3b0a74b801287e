"""Whether a version can take the place of another without breaking who calls it or reads from it."""

from __future__ import annotations

from collections.abc import Iterator

from pantheon.errors import GateFailed, PantheonError
from pantheon.ids import JsonObject
from pantheon.releases._record import from_row
from pantheon.releases._release import Release
from pantheon.releases._standing import standing_of
from pantheon.spec import Project, compare_contracts, find_breaks
from pantheon.store import Store


def check_contract(store: Store, project: Project, release: Release) -> None:
    """Raise GateFailed when a version cannot take the place of what is stable, or of the files.

    A flow is compared with its stable version: others call it by that contract. An agent must fit
    the flows of the working files, in which it will answer.
    """
    problems = list(
        _narrowed(store, release) if release.kind == "flow" else _unfit(project, release)
    )
    if not problems:
        return
    raise GateFailed(
        f"{release.title} would break what relies on {release.kind} {release.name!r}: "
        f"{' '.join(problems)}",
        hint="Keep the contract (add what is new as optional), give the new one another name, or, "
        "when nobody relies on it, deploy it with --allow-breaking.",
    )


def _narrowed(store: Store, release: Release) -> Iterator[str]:
    """Which parts of a flow's contract are such that callers or readers may have to change."""
    stable = standing_of(store, release.kind, release.name).stable
    row = None if stable is None else store.releases.find(stable.hash)
    if row is None or row.hash == release.hash:
        return
    try:
        before = from_row(store, row).flows()[release.name]
    except PantheonError:
        return  # what is lost cannot be compared
    after = release.flows()[release.name]
    yield from _told("input", before.input, after.input)
    yield from _told("output", before.output_schema, after.output_schema)


def _told(side: str, before: JsonObject, after: JsonObject) -> Iterator[str]:
    for change in compare_contracts(before, after):
        if change.breaks("input" if side == "input" else "output"):
            yield f"{side}: {change.words}"


def _unfit(project: Project, release: Release) -> Iterator[str]:
    """Which nodes of the working files a version of an agent does not fit."""
    if release.draft:
        return  # they were checked together when they were loaded
    for found in find_breaks(project, release.within(project)):
        place = f"{found.flow}.{found.node}" if found.node else found.flow
        yield f"{place} ({found.where}): {found.reason}"
