"""`pantheon fmt`: one layout for the project's files; comments and order are the author's."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, error_to_json, json_option, show_error
from pantheon.cli._session import Session
from pantheon.errors import ExitCode, InputError, NotFound, PantheonError

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

    PATHS are files and folders; `-` formats standard input. Without: every file of the project and
    what may be laid over it. Indentation, spaces, brackets and quotes are set; what a file means,
    its comments and the order of its keys stay. A file that cannot be read is left as it is.

    Example: pantheon fmt
    """
    from pantheon.editing import write_all

    keep = check or diff or dry_run
    if paths == (Path("-"),):
        return _filter(keep=keep, diff=diff, check=check, as_json=as_json)
    named = _named(session.directory, paths) if paths else project_files(session)
    files = {file.resolve(): file for file in reversed(named)}  # each once, under its first name
    done, errors = _format_all(list(reversed(files.values())), session.directory)
    if len(errors) == 1 and not done:
        raise errors[0]
    if not keep:
        write_all(done)
    show_rewrites(done, kept=keep, diff=diff, as_json=as_json, errors=errors)
    if errors:
        return int(errors[0].exit_code)
    changed = any(each.changed for each in done)
    return int(ExitCode.GATE if check and changed else ExitCode.OK)


def _filter(*, keep: bool, diff: bool, check: bool, as_json: bool) -> int:
    """Standard input to standard output, for editors."""
    from pantheon.editing import Rewrite, format_text

    name = "<stdin>"
    text = _decode(sys.stdin.buffer.read(), name)
    told = Rewrite(Path(), name, text, format_text(text, name))
    if keep or as_json:
        show_rewrites([told], kept=True, diff=diff, as_json=as_json)
    else:
        click.echo(told.after, nl=False)
    return int(ExitCode.GATE if check and told.changed else ExitCode.OK)


def project_files(session: Session) -> list[Path]:
    """Every file of the project, the first one first. Mistakes in it do not matter here."""
    from pantheon.spec import files_of, overlays_of

    first = session.project_file()
    return [*files_of(first), *overlays_of(first)]


def _named(home: Path, paths: Iterable[Path]) -> list[Path]:
    """The files named, and all YAML files of the folders named."""
    return [file for path in paths for file in _in_folder(home / path)]


def _in_folder(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]):
        inside = file.relative_to(path).parts
        if not any(part.startswith(".") or part == "node_modules" for part in inside):
            yield file


def _format_all(files: Sequence[Path], home: Path) -> tuple[list[Rewrite], list[PantheonError]]:
    """What becomes of each file, and why nothing becomes of some."""
    done, errors = list["Rewrite"](), list[PantheonError]()
    for file in files:
        try:
            done.append(_formatted(file, home))
        except PantheonError as error:
            errors.append(error)
    return done, errors


def _formatted(file: Path, home: Path) -> Rewrite:
    from pantheon.editing import Rewrite, format_text

    name = shown(file, home)
    if not file.is_file():
        raise NotFound(f"There is no file {name}.", hint="Name a YAML file of the project.")
    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror}."
        raise InputError(message, hint="Look at its permissions (`ls -l`).") from None
    text = _decode(content, name)
    return Rewrite(file, name, text, format_text(text, name))


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8 text.", hint="Save it as UTF-8.") from None


def shown(file: Path, home: Path) -> str:
    """A file as seen from where the command was started."""
    whole, base = file.resolve(), home.resolve()
    return str(whole.relative_to(base)) if whole.is_relative_to(base) else str(file)


def show_rewrites(
    rewrites: Sequence[Rewrite],
    *,
    kept: bool,
    diff: bool,
    as_json: bool,
    errors: Sequence[PantheonError] = (),
) -> None:
    """What was changed, or would be, and what could not be read."""
    changed = [each for each in rewrites if each.changed]
    if as_json:
        echo_json(_to_json(rewrites, errors, kept=kept))
        return
    for each in changed:
        verb = "would change" if kept else "changed"
        echo(each.diff().rstrip() if diff else f"{verb}  {each.name}")
    for error in errors:
        show_error(error, as_json=False)
    if not diff:
        files = "file" if len(rewrites) == 1 else "files"
        echo(f"{len(changed)} of {len(rewrites)} {files} {'would be ' if kept else ''}changed")


def _to_json(
    rewrites: Sequence[Rewrite], errors: Sequence[PantheonError], *, kept: bool
) -> dict[str, Any]:
    done = "would" if kept else "applied"
    items = [
        {
            "path": each.name,
            "status": done if each.changed else "already",
            "diff": each.diff() if kept else None,
        }
        for each in rewrites
    ]
    overall = done if any(each.changed for each in rewrites) else "already"
    return {
        "status": overall,
        "items": items,
        "errors": [error_to_json(error) for error in errors],
    }
