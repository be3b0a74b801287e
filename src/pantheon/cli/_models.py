"""`pantheon models`: the local language models of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._mutation import status_of
from pantheon.cli._output import echo, echo_json, echo_table, json_option, note, progress
from pantheon.cli._session import Session
from pantheon.cli._version_views import add_history, add_lineage
from pantheon.errors import Busy, NotFound

if TYPE_CHECKING:
    from pantheon.models import ModelEntry
    from pantheon.spec import Project

dry_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
sha_option = click.option(
    "--sha256", metavar="HEX", help="Refuse the file unless it has this SHA-256."
)
licence_option = click.option(
    "--licence", metavar="TEXT", help="Its licence, where the file itself does not say."
)


@click.group("models")
def command() -> None:
    """Local language models: list them, pull, add and remove some."""


add_history(command, "model")
add_lineage(command, "model")


@command.command("list")
@json_option
@click.pass_obj
def list_entries(session: Session, as_json: bool) -> None:
    """Every model that `weights:` in pantheon.yaml may name.

    Those that come with Pantheon are listed before they are fetched. `context` is the longest
    input and output together, in tokens.

    Example: pantheon models list
    """
    from pantheon.models import list_models, list_unfinished

    del session
    found = [*list_models(), *list_unfinished()]
    if as_json:
        echo_json({"items": [_to_json(entry) for entry in found]})
        return
    headers = ("name", "state", "size", "quantisation", "context", "licence", "sha256")
    echo_table(headers, [_row(entry) for entry in found])


def _row(entry: ModelEntry) -> tuple[object, ...]:
    return (
        entry.name,
        entry.state,
        _size(entry.size),
        entry.quantisation,
        entry.context or "–",
        entry.licence or "unknown",
        entry.sha256[:12],
    )


@command.command("pull")
@click.argument("source", metavar="SOURCE")
@click.option("--name", metavar="NAME", help="What to call it.  [default: made of the file's name]")
@sha_option
@licence_option
@dry_option
@json_option
@click.pass_obj
def pull(
    session: Session,
    source: str,
    name: str | None,
    sha256: str | None,
    licence: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Fetch a model: by its name in the list, by an https address, or from a hub.

    SOURCE is a name that `pantheon models list` shows, https://HOST/PATH.gguf, or
    hf:OWNER/REPO/FILE.gguf. What broke off goes on where it was the next time.

    Example: pantheon models pull smollm2-135m-instruct
    """
    from pantheon.models import pull_model

    del session
    done = pull_model(
        source, name=name, sha256=sha256, licence=licence, dry=dry_run, progress=progress
    )
    if as_json:
        told = {"checked": done.checked or None, **_told(changes=done.changed, dry_run=dry_run)}
        echo_json(_to_json(done.entry) | told)
        return
    _show(done.entry, "pulled", changed=done.changed, dry=dry_run)
    if done.changed and not dry_run and not done.checked:
        note(
            "not checked: no --sha256 was given. Whoever pulls it next can give\n"
            f"  --sha256 {done.entry.sha256}"
        )


@command.command("add")
@click.argument("name", metavar="NAME")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--link", is_flag=True, help="Do not copy the file; use it where it is.")
@sha_option
@licence_option
@dry_option
@json_option
@click.pass_obj
def add(
    session: Session,
    name: str,
    file: Path,
    as_json: bool,
    dry_run: bool,
    link: bool,
    **given: str | None,
) -> None:
    """Add a .gguf file of this machine under a name of your own.

    Example: pantheon models add small ~/Downloads/qwen3-0.6b-q8_0.gguf
    """
    from pantheon.models import add_model, list_models

    known = {entry.name for entry in list_models()}
    path = session.directory / file.expanduser()
    entry = add_model(name, path, link=link, dry=dry_run, **given)
    if as_json:
        echo_json(_to_json(entry) | _told(changes=name not in known, dry_run=dry_run))
        return
    _show(entry, "added", changed=name not in known, dry=dry_run)


@command.command("rm")
@click.argument("name", metavar="NAME")
@click.option("--force", is_flag=True, help="Even if the project needs it.")
@dry_option
@json_option
@click.pass_obj
def remove(session: Session, name: str, force: bool, dry_run: bool, as_json: bool) -> None:
    """Remove a model from the cache; of a linked one, only the link.

    A model that the project of this folder needs stays, unless --force is given. Removing what is
    not there is no error.

    Example: pantheon models rm small --dry-run
    """
    from pantheon.models import remove_model, users_of

    project = None if force else _project_here(session)
    users = users_of(name, project) if project else ()
    if users:
        raise Busy(
            f"The model {name!r} is needed by {', '.join(users)} of {session.project_file()}.",
            hint="Change that first, or give --force.",
        )
    freed = remove_model(name, dry=dry_run)
    if as_json:
        told = {"removed": freed > 0, "bytes": freed}
        echo_json({"name": name, **told, **_told(changes=freed > 0, dry_run=dry_run)})
    elif freed:
        echo(f"{name} {'would be removed' if dry_run else 'removed'}: {_size(freed)}")
    else:
        echo(f"{name} is not on this machine")


def _project_here(session: Session) -> Project | None:
    """The project around the folder, if any; what is wrong with it is told, not passed over."""
    try:
        session.project_file()
    except NotFound:
        return None
    return session.load_project()


def _show(entry: ModelEntry, verb: str, *, changed: bool, dry: bool) -> None:
    done = (f"would be {verb}" if dry else verb) if changed else "is there already"
    echo(f"{entry.name} {done}")
    facts = {
        "from": entry.source,
        "file": entry.path,
        "size": _size(entry.size) if entry.size else None,
        "quantisation": entry.quantisation,
        "context": f"{entry.context} tokens" if entry.context else None,
        "licence": entry.licence or "unknown",
        "sha256": entry.sha256,
    }
    for name, fact in facts.items():
        if fact:
            echo(f"  {name:<13} {fact}")


def _told(*, changes: bool, dry_run: bool) -> dict[str, Any]:
    status = status_of(changes=changes, dry_run=dry_run)
    return {"dry_run": dry_run, "changed": changes, "status": status}


def _to_json(entry: ModelEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "state": entry.state,
        "origin": entry.origin,
        "source": entry.source,
        "file": str(entry.path),
        "bytes": entry.size,
        "quantisation": entry.quantisation or None,
        "context": entry.context or None,
        "licence": entry.licence or None,
        "sha256": entry.sha256 or None,
    }


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 50_000 else f"{number / 1e3:.1f} kB"
