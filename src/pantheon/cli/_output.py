"""How results and errors are printed: for people as plain text, for programs as JSON.

Text from models and users is data: control characters never reach the terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import click

from pantheon.errors import EnvironmentFault, PantheonError
from pantheon.text import scrub

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def echo(text: str = "") -> None:
    """Print text that may hold foreign parts."""
    click.echo(scrub(text))


def note(text: str) -> None:
    """Tell the person something that is not the result: standard error."""
    click.echo(scrub(text), err=True)


def progress(text: str) -> None:
    """Tell who watches how far long work is: on a terminal, or where `--progress` asks for it."""
    context = click.get_current_context(silent=True)
    asked = context is not None and context.find_root().params.get("progress")
    if asked or sys.stderr.isatty():
        note(text)


def echo_json(value: Any) -> None:
    """Print one JSON document; ASCII escapes keep foreign text harmless."""
    click.echo(json.dumps(value, indent=2, allow_nan=False))


def echo_json_line(value: Any) -> None:
    """Print one line of JSON, for streams of events."""
    click.echo(json.dumps(value, allow_nan=False))


def echo_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print aligned columns; numbers to the right."""
    cells = [[scrub(str("" if c is None else c)).replace("\n", " ") for c in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]
    numeric = [all(_is_number(line[i]) for line in cells) for i in range(len(headers))]
    for line in [list(headers), *cells]:
        parts = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]
        click.echo("  ".join(parts).rstrip())


def _is_number(cell: str) -> bool:
    return cell in {"", "–"} or cell.replace(".", "", 1).replace("%", "").strip("-$ s").isdigit()


def show_error(error: PantheonError, *, as_json: bool) -> None:
    """Print an error where the reader expects it: JSON on standard output, else standard error."""
    if as_json:
        echo_json({"error": error_to_json(error)})
        return
    details = getattr(error, "render", None)
    if callable(details):
        click.echo(scrub(str(details())), err=True)
        return
    place = f"{error.where}: " if error.where else ""
    click.echo(scrub(f"error: {place}{error.message}"), err=True)
    if error.hint:
        click.echo(scrub(f"  fix: {error.hint}"), err=True)


def error_to_json(error: PantheonError) -> dict[str, Any]:
    """The envelope's inner object: kind, message, hint, where; diagnostics when there are any."""
    where = error.where
    body: dict[str, Any] = {
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "where": {"file": where.file, "line": where.line, "column": where.column}
        if where
        else None,
    }
    to_json = getattr(error, "to_json", None)
    if callable(to_json):
        body |= cast("dict[str, Any]", to_json())
    return body


def write_file(path: Path, text: str, *, what: str, hint: str, parents: bool = False) -> None:
    """Write what a person asked for to the file that they named; its folder too, with `parents`.

    Raises EnvironmentFault where it cannot be.
    """
    try:
        if parents:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"The {what} {path} cannot be written: {error.strerror or error}."
        raise EnvironmentFault(message, hint=hint) from None
