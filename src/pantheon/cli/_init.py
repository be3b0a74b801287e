"""`pantheon init`: a project that runs, from a template."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._session import FILE_NAMES, Session
from pantheon.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pantheon.scaffold import Cloud, Placed


@click.command("init")
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--template", help="`support` (five agents) or `minimal`.  [default: support]")
@click.option("--cloud", metavar="URL", help="Base URL of an OpenAI-compatible endpoint.")
@click.option("--model", metavar="NAME", help="Name of the model at that endpoint.")
@click.option(
    "--key-env",
    metavar="NAME",
    default="CLOUD_KEY",
    show_default=True,
    help="NAME of the environment variable that holds its key.",
)
@click.option("--yes", is_flag=True, help="Ask nothing; take what is given and the defaults.")
@click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
@json_option
@click.pass_obj
def command(  # noqa: PLR0913  one parameter an option
    session: Session,
    folder: Path | None,
    template: str | None,
    cloud: str | None,
    model: str | None,
    key_env: str,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Start a project: definitions, prompts, tests, the editor's schema.

    Asks two questions in a terminal, none elsewhere. What is there already stays as it is.

    Example: pantheon init my-desk --template support
    """
    from pantheon.scaffold import place, project_files

    root = session.directory / (folder or Path())
    if not yes and not as_json and sys.stdin.isatty():
        template, cloud, model = _ask(template, cloud, model)
    files = project_files(template or "support", cloud=_cloud(cloud, model, key_env))
    _check_name(root)
    placed = place(files, root, dry_run=dry_run)
    show_placed(placed, as_json=as_json, where=str(folder or "."))
    if not as_json and not dry_run:
        cd = f"cd {folder}\n  " if folder else ""
        echo(f"\nNext:\n  {cd}pantheon validate\n  pantheon test\n  pantheon graph --format text")


def _ask(
    template: str | None, cloud: str | None, model: str | None
) -> tuple[str | None, str | None, str | None]:
    from pantheon.scaffold import TEMPLATES

    if template is None:
        for name, what in TEMPLATES.items():
            click.echo(f"  {name:<8} {what}")
        template = click.prompt("Template", default="support", type=click.Choice(list(TEMPLATES)))
    if cloud is None:
        cloud = click.prompt("Base URL of a cloud model (empty: none)", default="") or None
        if cloud and model is None:
            model = click.prompt("Name of the model")
    return template, cloud, model


def _cloud(url: str | None, model: str | None, key_env: str) -> Cloud | None:
    from pantheon.scaffold import Cloud

    if url is None and model is None:
        return None
    if not url or not model:
        raise UsageError(
            "A cloud model has a base URL and a name.",
            hint="Give both --cloud URL and --model NAME.",
        )
    return Cloud(url, model, key_env)


def _check_name(root: Path) -> None:
    other = next((name for name in FILE_NAMES[1:] if (root / name).exists()), None)
    if other is not None:
        raise UsageError(
            f"{root / other} is a project already.",
            hint="`pantheon new agent` and `pantheon new flow` add to it.",
        )


def show_placed(placed: Sequence[Placed], *, as_json: bool, where: str = ".") -> None:
    """What became of each file."""
    states = {each.status for each in placed}
    overall = next((s for s in ("applied", "would") if s in states), "already")
    if as_json:
        items = [{"path": each.path, "status": each.status} for each in placed]
        echo_json({"folder": where, "status": overall, "items": items})
        return
    words = {"applied": "wrote", "already": "there already", "would": "would write"}
    for each in placed:
        echo(f"{words[each.status]:<13} {each.path}")
