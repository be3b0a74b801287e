"""`pantheon prompts`: prompt files, and how they were before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.cli._version_views import add_history, add_lineage, drafts_of, release_to_json

if TYPE_CHECKING:
    from pantheon.releases import Drafts
    from pantheon.store import Store


@click.group("prompts")
def command() -> None:
    """Prompt files: list them, show one, their versions."""


add_history(command, "prompt")
add_lineage(command, "prompt")


@command.command("list")
@json_option
@click.pass_obj
def list_prompts(session: Session, as_json: bool) -> None:
    """Every prompt file with the version it is.

    Example: pantheon prompts list
    """
    from pantheon.releases import Drafts

    drafts = Drafts(session.load_project())
    with session.open_store() as store:
        items = [_summary(store, drafts, path) for path in drafts.names("prompt")]
    if as_json:
        echo_json({"items": items})
        return
    if not items:
        echo("No agent has a prompt in a file of its own.")
        return
    echo_table(
        ("prompt", "version", "agents", "hash"),
        [(i["prompt"], i["version"] or "–", ", ".join(i["agents"]), i["hash"]) for i in items],
    )


def _summary(store: Store, drafts: Drafts, path: str) -> dict[str, Any]:
    draft = drafts.release("prompt", path)
    row = store.releases.find(draft.hash)
    agents = [
        n for n in drafts.names("agent") if f"prompt:{path}" in drafts.release("agent", n).uses
    ]
    version = f"{path}@{row.number}" if row else None
    return {"prompt": path, "version": version, "agents": agents, "hash": draft.hash}


@command.command("show")
@click.argument("name", metavar="PATH[@N]")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """The text of a prompt file, or of a version of it.

    Example: pantheon prompts show prompts/reply.j2@2
    """
    from pantheon.releases import find

    drafts = drafts_of(session)
    project = None if drafts is None else drafts.project
    with session.open_store() as store:
        release = find(store, project, name, kind="prompt", drafts=drafts)
    if as_json:
        echo_json(release_to_json(release) | {"text": release.body["text"]})
    else:
        echo(str(release.body["text"]).rstrip("\n"))
