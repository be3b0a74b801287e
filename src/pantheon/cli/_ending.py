"""How a command ends when it does not end well: one sentence and the fix, or one JSON envelope.

Whatever happens, there is an exit code, a kind out of `pantheon.errors.KINDS`, and no traceback
where a person or a program reads: it goes to a file, or to standard error with PANTHEON_DEBUG.
"""

from __future__ import annotations

import itertools
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from pantheon.cli._output import echo_json_line, error_to_json, note, show_error
from pantheon.errors import (
    EnvironmentFault,
    InternalFault,
    Interrupted,
    PantheonError,
    UsageError,
)
from pantheon.text import scrub

DEBUG = "PANTHEON_DEBUG"
"""Set to 1, the traceback of a mistake in Pantheon itself is printed on standard error."""
FAULTS = "faults"
"""Folder in `.pantheon` for such tracebacks."""
_NEAR = 2


def end_with(error: BaseException, words: Sequence[str]) -> int:
    """Tell what ended a command, as its words asked for, and give the exit code."""
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has closed it, as `head` does; that is not an error of ours.
        sys.stderr.close()
        return 0
    given = words[: words.index("--")] if "--" in words else words
    told = _as_ours(error, given)
    if "--json-lines" in given:
        echo_json_line({"event": "error", "error": error_to_json(told)})
    elif "--json" in given or not isinstance(error, click.UsageError):
        show_error(told, as_json="--json" in given)
    else:
        _show_usage(error, told)
    return int(told.exit_code)


def _as_ours(error: BaseException, words: Sequence[str]) -> PantheonError:
    """The error as one of `pantheon.errors`."""
    if isinstance(error, PantheonError):
        return error
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return Interrupted(
            "Interrupted; a run under way is kept.",
            hint="`pantheon runs list --state running` names it, `pantheon resume RUN` goes on.",
        )
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        _keep_trace(error, words)
        return EnvironmentFault(
            f"The system refused: {error.strerror}{place}.",
            hint="Look at the file's permissions, and whether the disk is full.",
        )
    return _internal(error, words)


# --------------------------------------------------------------------------------------- usage


def _usage(error: click.ClickException) -> UsageError:
    """What click found wrong with the command line, with what to write instead."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "pantheon"
    if isinstance(error, click.NoSuchCommand):
        return _no_such_command(error.command_name, context, path)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return UsageError(f"`{path}` needs a command.", hint=_commands_of(context, path))
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        near = " or ".join(f"`{name}`" for name in error.possibilities[:_NEAR])
        return UsageError(error.message, hint=f"Did you mean {near}?")
    return UsageError(error.format_message(), hint=f"`{path} --help` shows how it is used.")


def _no_such_command(name: str, context: click.Context | None, path: str) -> UsageError:
    import difflib

    group = context.command if context else None
    known = group.list_commands(context) if context and isinstance(group, click.Group) else []
    near = difflib.get_close_matches(name, known, n=_NEAR)
    meant = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return UsageError(
        f"There is no command {name!r}.", hint=f"{meant}{_commands_of(context, path)}"
    )


def _commands_of(context: click.Context | None, path: str) -> str:
    """The names themselves where they are few."""
    group = context.command if context else None
    if context is None or context.parent is None or not isinstance(group, click.Group):
        return f"`{path} --help` lists the commands."
    return f"The commands of `{path}` are: {', '.join(group.list_commands(context))}."


def _show_usage(error: click.UsageError, told: PantheonError) -> None:
    """A group without a command shows its help; other mistakes show how the command is used."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    if error.ctx is not None:
        note(error.ctx.get_usage())
    show_error(told, as_json=False)


# ------------------------------------------------------------------------------------ internal


def _internal(error: BaseException, words: Sequence[str]) -> InternalFault:
    file = _keep_trace(error, words)
    if file is not None:
        hint = f"The traceback is in {file}; please report it."
    else:
        hint = f"{DEBUG}=1 prints the traceback; please report it."
    said = scrub(str(error)).splitlines()
    what = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    return InternalFault(f"A mistake in Pantheon itself: {what}", hint=hint)


def _keep_trace(error: BaseException, words: Sequence[str]) -> Path | None:
    """Keep the traceback where a person can find it, and nobody stumbles over it."""
    text = "".join(traceback.format_exception(error))
    if os.environ.get(DEBUG, "") not in {"", "0"}:
        click.echo(scrub(text).replace("\t", "    "), err=True)
    folder = _state_folder(words)
    return None if folder is None else _write_trace(folder / FAULTS, text)


def _write_trace(folder: Path, text: str) -> Path | None:
    from pantheon.clock import SystemClock, iso

    stamp = iso(SystemClock().now()).replace(":", "").partition(".")[0]
    file = folder / f"{stamp}-{os.getpid()}.txt"
    try:
        folder.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="replace")
    except OSError:
        return None
    return file


def _state_folder(words: Sequence[str]) -> Path | None:
    """The project's `.pantheon`, where there is one already."""
    from pantheon.cli._session import STATE_FOLDER, Session

    after = dict(itertools.pairwise(words))
    try:
        root = Session(Path.cwd() / after.get("-C", "")).project_file().parent
    except (PantheonError, OSError):
        return None
    folder = root / STATE_FOLDER
    return folder if folder.is_dir() else None
