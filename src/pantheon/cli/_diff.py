"""`pantheon diff`: what differs between two versions, and what that means."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo_json, json_option, note, write_file
from pantheon.cli._segments import echo_segments, only_ascii, terminal_width, wants_colours
from pantheon.cli._session import Session
from pantheon.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from pantheon.diff import Diff


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="[BEFORE [AFTER]]")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the whole comparison to a page.",
)
@click.option("--graphs/--no-graphs", default=True, help="Draw changed flows (default: yes).")
@click.option("--exit-code", is_flag=True, help="End with 4 when something differs.")
@click.option("--git", "by_git", is_flag=True, help="Be the diff driver of git, which calls it.")
@json_option
@click.pass_obj
def command(
    session: Session,
    sides: tuple[str, ...],
    html: Path | None,
    graphs: bool,
    exit_code: bool,
    by_git: bool,
    as_json: bool,
) -> int:
    """Say what differs between two versions: contracts, powers, prompts, graphs.

    A side is a file or folder, git:REV or git:REV:PATH, or a version such as support@3 or
    support@stable. One side is compared with the working files; none: what is deployed, or
    else the last commit, with the working files.

    Example: pantheon diff git:HEAD~1 --html diff.html
    """
    if by_git:
        return _drive(session, sides)
    if len(sides) > 2:
        raise UsageError("There are at most two sides.", hint="pantheon diff BEFORE AFTER")
    from pantheon.cli._diff_sides import compare_named

    diff = compare_named(session, sides)
    if html is not None:
        _write_page(html, diff)
    if as_json:
        from pantheon.diff import to_json

        echo_json(to_json(diff))
    else:
        _show(diff, graphs=graphs)
    return int(ExitCode.GATE) if exit_code and not diff.empty else int(ExitCode.OK)


def _show(diff: Diff, *, graphs: bool) -> None:
    from pantheon.diff import diff_segments

    lines = diff_segments(diff, width=terminal_width(), ascii_only=only_ascii(), graphs=graphs)
    echo_segments(lines, colours=wants_colours())


def _write_page(path: Path, diff: Diff) -> None:
    from pantheon.diff import render_html

    hint = "Name another file with --html."
    write_file(path, render_html(diff) + "\n", what="page", hint=hint)
    note(f"page: {path}")


def _drive(session: Session, arguments: tuple[str, ...]) -> int:
    """Print what git asks for; a reader who stops reading is no failure, or git would call it one."""
    from pantheon.diff import drive

    lines = drive(arguments, session.directory, width=terminal_width(), ascii_only=only_ascii())
    try:
        echo_segments(lines, colours=wants_colours())
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.OK)
