"""`pantheon versions`: what is deployed in the whole project, and recording what is written."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._changes import dry_option, why_option
from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.cli._version_views import release_to_json, told_standing

if TYPE_CHECKING:
    from pantheon.releases import Drafts, Kind, Release
    from pantheon.store import ReleaseMove, Store


@click.group("versions")
def command() -> None:
    """Versions of everything: what is deployed, recording the files."""


@command.command("list")
@json_option
@click.pass_obj
def list_versions(session: Session, as_json: bool) -> None:
    """What is deployed, and whether the working files are the same.

    Example: pantheon versions list
    """
    from pantheon.cli._version_views import drafts_of

    drafts = drafts_of(session)
    with session.open_store() as store:
        items = [_item(store, drafts, move) for move in store.releases.standing()]
    items = [item for item in items if item["channels"]]
    if as_json:
        echo_json({"items": items})
        return
    if not items:
        echo("Nothing is deployed: the working files answer.")
        return
    echo_table(
        ("kind", "name", "deployed", "working files"),
        [
            (i["kind"], i["name"], told_standing(i["name"], i["channels"]), i["files"])
            for i in items
        ],
    )


def _item(store: Store, drafts: Drafts | None, move: ReleaseMove) -> dict[str, Any]:
    stable: dict[str, Any] = dict(move.after).get("stable") or {}  # pyright: ignore[reportAssignmentType]
    return {
        "kind": move.kind,
        "name": move.name,
        "channels": move.after,
        "files": _compare(drafts, move, stable.get("hash")),
        "held": not stable or store.releases.find(stable["hash"]) is not None,
    }


def _compare(drafts: Drafts | None, move: ReleaseMove, stable: str | None) -> str:
    from pantheon.releases import as_kind

    if drafts is None:
        return "hold mistakes"
    if not drafts.has(as_kind(move.kind), move.name):
        return "lack it"
    draft = drafts.release(as_kind(move.kind), move.name)
    return "the same" if draft.hash == stable else "differ"


@command.command("record")
@click.argument("names", metavar="[KIND:NAME]...", nargs=-1)
@why_option
@dry_option
@json_option
@click.pass_obj
def record_versions(
    session: Session, names: tuple[str, ...], why: str, dry_run: bool, as_json: bool
) -> None:
    """Record the working files as versions, without deploying anything.

    Without names: every flow, agent, model and prompt. What is a version already stays that one.

    Example: pantheon versions record --why "before the big change"
    """
    from pantheon.releases import Drafts

    project = session.load_project()
    drafts = Drafts(project)
    with session.open_store() as store:
        known = {row.hash for row in store.releases.list()}
        chosen = [_chosen(store, drafts, name) for name in names] or None
        found = _would_be(drafts, chosen)
        if not dry_run:
            found = _recorded(store, drafts, chosen, why)
    new = [release for release in found if release.hash not in known]
    status = "would" if new and dry_run else "applied" if new else "already"
    if as_json:
        echo_json({"status": status, "versions": [release_to_json(r) for r in new]})
        return
    for release in new:
        echo(f"{release.kind:<6}  {release.title}  {release.hash}")
    done = {"would": "would be recorded", "applied": "recorded", "already": "recorded already"}
    echo(f"{len(new) or len(found)} {done[status]}")


def _chosen(store: Store, drafts: Drafts, text: str) -> tuple[Kind, str]:
    from pantheon.releases import kind_of, parse_reference

    asked = parse_reference(text)
    return asked.kind or kind_of(store, drafts, asked.name), asked.name


def _would_be(drafts: Drafts, chosen: list[tuple[Kind, str]] | None) -> list[Release]:
    if chosen is None:
        return [written.release for written in drafts.all()]
    found = [w.release for kind, name in chosen for w in drafts.with_all_it_uses(kind, name)]
    return list({release.hash: release for release in found}.values())


def _recorded(
    store: Store, drafts: Drafts, chosen: list[tuple[Kind, str]] | None, why: str
) -> list[Release]:
    from pantheon.releases import record

    who, why = getpass.getuser(), why or "recorded by hand"
    return list(record(store, drafts.project, who=who, why=why, names=chosen, drafts=drafts))
