"""`pantheon fmt`: one layout for the project's files; comments and order are the author's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._session import Session
from pantheon.errors import ExitCode, InputError, NotFound

if TYPE_CHECKING:
    from pantheon.editing import Rewrite


@click.command("fmt")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 4 if a file would change.")
@click.option("--diff", is_flag=True, help="Print what would change; write nothing.")
@click.option("--dry-run", is_flag=True, help="Say which files would change; write nothing.")
@json_option
@click.pass_obj
def command(
    session: Session,
    paths: tuple[Path, ...],
    check: bool,
    diff: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Lay out the project's YAML files in one way.

    Without PATHS: every file of the project. Indentation, spaces and blank lines are set; comments,
    anchors, quotes and the order of keys stay. A file that cannot be read is left as it is.

    Example: pantheon fmt
    """
    named = [session.directory / path for path in paths] or project_files(session)
    files = {file.resolve(): file for file in reversed(named)}  # each once, under its first name
    rewrites = [_formatted(file, session.directory) for file in reversed(files.values())]
    changed = [each for each in rewrites if each.changed]
    keep = check or diff or dry_run
    if not keep:
        for each in changed:
            each.write()
    show_rewrites(rewrites, kept=keep, diff=diff, as_json=as_json)
    return int(ExitCode.GATE if check and changed else ExitCode.OK)


def project_files(session: Session) -> list[Path]:
    """Every file of the project, the first one first. Mistakes in it do not matter here."""
    from pantheon.spec import files_of

    return list(files_of(session.project_file()))


def _formatted(file: Path, home: Path) -> Rewrite:
    from pantheon.editing import Rewrite, format_text

    name = shown(file, home)
    if not file.is_file():
        raise NotFound(f"There is no file {name}.", hint="Name a YAML file of the project.")
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{name} is not UTF-8 text.", hint="Save it as UTF-8.") from None
    return Rewrite(file, name, text, format_text(text, name))


def shown(file: Path, home: Path) -> str:
    """A file as seen from where the command was started."""
    whole, base = file.resolve(), home.resolve()
    return str(whole.relative_to(base)) if whole.is_relative_to(base) else str(file)


def show_rewrites(rewrites: Sequence[Rewrite], *, kept: bool, diff: bool, as_json: bool) -> None:
    """What was changed, or would be."""
    done = "would" if kept else "applied"
    if as_json:
        items = [
            {
                "path": each.name,
                "status": done if each.changed else "already",
                "diff": each.diff() if kept else None,
            }
            for each in rewrites
        ]
        overall = done if any(each.changed for each in rewrites) else "already"
        echo_json({"status": overall, "items": items})
        return
    changed = [each for each in rewrites if each.changed]
    for each in changed:
        echo(
            each.diff().rstrip()
            if diff
            else f"{'would change' if kept else 'changed'}  {each.name}"
        )
    if not diff:
        files = "file" if len(rewrites) == 1 else "files"
        echo(f"{len(changed)} of {len(rewrites)} {files} {'would be ' if kept else ''}changed")
