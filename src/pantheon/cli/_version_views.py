"""Versions, their moves and ancestors as tables and as JSON; shared by agents, flows and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, echo_table, json_option, note
from pantheon.cli._session import Session
from pantheon.clock import iso
from pantheon.errors import NotFound
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.releases import Drafts, History, Kind, Release, Standing
    from pantheon.store import ReleaseMove, Store, Tally

_WHY = 48


def release_to_json(release: Release) -> dict[str, Any]:
    """A version with what it consists of, by hash."""
    return {
        "version": release.title,
        "kind": release.kind,
        "name": release.name,
        "number": release.number or None,
        "hash": release.hash,
        "definition": release.definition,
        "label": release.label,
        "parent": release.parent,
        "cause": release.cause,
        "at": iso(release.at) if release.at else None,
        "who": release.who or None,
        "why": release.why or None,
        "evidence": release.evidence,
        "files": dict(release.files),
        "uses": dict(release.uses),
    }


def move_to_json(move: ReleaseMove) -> dict[str, Any]:
    """One change of the channels of a name."""
    return {
        "change": move.change,
        "action": move.action,
        "at": iso(move.at),
        "who": move.who,
        "why": move.why,
        "before": move.before,
        "after": move.after,
    }


def history_to_json(found: History, draft: Release | None) -> dict[str, Any]:
    """The versions of a name with all that was done with them."""
    from pantheon.releases import standing_to_json

    return {
        "kind": found.kind,
        "name": found.name,
        "channels": standing_to_json(found.standing),
        "working_files": _draft_to_json(found, draft),
        "versions": [
            release_to_json(release) | _tally_to_json(found.tallies.get(release.hash))
            for release in found.releases
        ],
        "moves": [move_to_json(move) for move in found.moves],
    }


def _draft_to_json(found: History, draft: Release | None) -> dict[str, Any] | None:
    if draft is None:
        return None
    return {"hash": draft.hash, "version": _same_as(found, draft)}


def _tally_to_json(tally: Tally | None) -> dict[str, Any]:
    if tally is None:
        return {}
    counts = {"total": tally.runs, "done": tally.done, "failed": tally.failed}
    return {"runs": {**counts, "cost_usd": tally.usd}}


def _same_as(found: History, draft: Release) -> str | None:
    """Which recorded version the working files are."""
    return next((r.title for r in found.releases if r.hash == draft.hash), None)


def show_history(found: History, draft: Release | None) -> None:
    """The versions as a table, then the moves."""
    if found.releases:
        echo_table(
            ("version", "label", "channel", "cause", "runs", "failed", "recorded", "hash"),
            [_row(found, release) for release in found.releases],
        )
    for move in found.moves:
        why = clean(move.why, _WHY)
        echo(f"{iso(move.at)}  {move.action:<8}  {told_standing(found.name, move.after)}")
        echo(f"{'':26}by {move.who}: {why}")
    _say_draft(found, draft)


def _row(found: History, release: Release) -> tuple[Any, ...]:
    tally = found.tallies.get(release.hash)
    channels = [channel for channel, p in found.standing.items() if p.hash == release.hash]
    return (
        release.title,
        release.label or "–",
        ", ".join(channels) or "–",
        release.cause,
        tally.runs if tally else "–",
        tally.failed if tally else "–",
        iso(release.at),
        release.hash,
    )


def _say_draft(found: History, draft: Release | None) -> None:
    if draft is None:
        note(f"the working files define no {found.kind} {found.name!r}")
        return
    same = _same_as(found, draft)
    if same is not None:
        note(f"the working files are {same}")
    elif found.kind in {"flow", "agent"}:
        note(f"the working files are no recorded version; `pantheon deploy {found.name}` deploys")
    else:
        note("the working files are no recorded version; `pantheon versions record` records them")


def told_standing(name: str, body: dict[str, Any] | Standing) -> str:
    """`stable support@3, canary support@4 (0.1)`."""
    from pantheon.releases import Standing, standing_from_json

    standing = body if isinstance(body, Standing) else standing_from_json(body)
    said = [
        f"{channel} {name}@{p.number}" + (f" ({p.share:.3g})" if p.share < 1 else "")
        for channel, p in standing.items()
    ]
    return ", ".join(said) or "nothing"


def show_lineage(releases: tuple[Release, ...]) -> None:
    """A version and its ancestors, the newest first."""
    for release in releases:
        facts = "now, not recorded" if release.draft else f"{iso(release.at)}  {release.cause}"
        who = f" by {release.who}: {clean(release.why, _WHY)}" if release.who else ""
        echo(f"{release.title}  {release.hash}  {facts}{who}")


def show_release(release: Release) -> None:
    """A version with what it consists of."""
    echo(f"{release.title}  {release.kind}  {release.hash}")
    if not release.draft:
        echo(f"  recorded {iso(release.at)} by {release.who}: {clean(release.why, _WHY)}")
        echo(f"  cause {release.cause}, parent {release.parent or 'none'}")
    if release.label:
        echo(f"  label {release.label}")
    for key, hash in release.uses.items():
        echo(f"  uses {key}  {hash}")
    for path, hash in release.files.items():
        echo(f"  code {path}  {hash}")


# ------------------------------------------------------------------------ commands of each kind


def draft_of(drafts: Drafts | None, kind: Kind, name: str) -> Release | None:
    """What the working files say, if they say anything of it."""
    known = drafts is not None and drafts.has(kind, name)
    return drafts.release(kind, name) if drafts is not None and known else None


def known_history(store: Store, drafts: Drafts | None, kind: Kind, name: str) -> History:
    """The history of a name that means something. Raises NotFound."""
    from pantheon.releases import history
    from pantheon.spec import did_you_mean

    found = history(store, kind, name)
    if found.releases or found.moves or draft_of(drafts, kind, name) is not None:
        return found
    known = drafts.names(kind) if drafts is not None else []
    listed = ", ".join(known) or "none"
    hint = did_you_mean(name, known, otherwise=f"The {kind}s are: {listed}.")
    raise NotFound(f"There is no {kind} {name!r}.", hint=hint)


def drafts_of(session: Session) -> Drafts | None:
    """What the working files define; None while they hold mistakes."""
    from pantheon.releases import Drafts

    project = session.load_if_sound()
    return None if project is None else Drafts(project)


def add_history(group: click.Group, kind: Kind) -> None:
    """`history NAME` for a kind."""

    @group.command("history", help=_HISTORY.format(kind=kind))
    @click.argument("name", metavar="NAME")
    @json_option
    @click.pass_obj
    def history(session: Session, name: str, as_json: bool) -> None:
        drafts = drafts_of(session)
        with session.open_store() as store:
            found = known_history(store, drafts, kind, name)
        draft = draft_of(drafts, kind, name)
        if as_json:
            echo_json(history_to_json(found, draft))
        else:
            show_history(found, draft)


def add_lineage(group: click.Group, kind: Kind) -> None:
    """`lineage NAME[@N]` for a kind."""

    @group.command("lineage", help=_LINEAGE.format(kind=kind))
    @click.argument("name", metavar="NAME[@N]")
    @json_option
    @click.pass_obj
    def lineage(session: Session, name: str, as_json: bool) -> None:
        from pantheon.releases import find
        from pantheon.releases import lineage as ancestors

        drafts = drafts_of(session)
        project = None if drafts is None else drafts.project
        with session.open_store() as store:
            release = find(store, project, name, kind=kind, drafts=drafts)
            found = ancestors(store, release)
        if as_json:
            echo_json({"items": [release_to_json(release) for release in found]})
        else:
            show_lineage(found)


_HISTORY = """Every recorded version of a {kind}, and what was deployed when.

Example: pantheon {kind}s history NAME
"""
_LINEAGE = """A version of a {kind} and what it came from, the newest first.

Without @N: what answers now.

Example: pantheon {kind}s lineage NAME@3
"""
