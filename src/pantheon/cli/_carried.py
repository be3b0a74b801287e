"""What was carried from one format to another: printed or written, and what it lacks named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo_json, note
from pantheon.errors import EnvironmentFault, UsageError
from pantheon.text import scrub

if TYPE_CHECKING:
    from pantheon.interop import Carried

out_option = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this file instead of printing it.",
)
force_option = click.option("--force", is_flag=True, help="Replace the file if it is there.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would be written; write nothing."
)


def deliver(
    carried: Carried, out: Path | None, *, force: bool, dry_run: bool, as_json: bool
) -> None:
    """Print the text, or write it and say so; losses go to standard error, or into the JSON."""
    status = None if out is None else _write(carried.text, out, force=force, dry_run=dry_run)
    if as_json:
        body: dict[str, Any] = {"losses": [loss.to_json() for loss in carried.losses]}
        body |= {"status": status, "path": str(out)} if out is not None else {"text": carried.text}
        echo_json(body)
        return
    if out is None:
        click.echo(scrub(carried.text).rstrip("\n"))
    else:
        words = {"applied": "wrote", "already": "already so:", "would": "would write"}
        click.echo(scrub(f"{words[str(status)]} {out}"))
    if carried.losses:
        count = len(carried.losses)
        note(f"{count} thing{'s' if count > 1 else ''} not carried as it was:")
    for loss in carried.losses:
        note(f"  {loss}")


def _write(text: str, out: Path, *, force: bool, dry_run: bool) -> str:
    """`applied`, `already` or `would`. Raises UsageError for a file that holds something else."""
    try:
        known = out.read_text(encoding="utf-8") if out.exists() else None
        if known == text:
            return "already"
        if known is not None and not force:
            raise UsageError(
                f"{out} is there and holds something else.",
                hint="Name another file, or replace it with --force.",
            )
        if dry_run:
            return "would"
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = out.with_name(f".{out.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(out)
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text file"
        raise EnvironmentFault(
            f"{out} cannot be written: {said}.", hint="Name another file."
        ) from None
    return "applied"
