"""`pantheon migrate`: files of past formats are rewritten in today's, comments and order kept."""

from __future__ import annotations

import click

from pantheon.cli._fmt import show_rewrites
from pantheon.cli._output import echo, json_option
from pantheon.cli._session import Session
from pantheon.errors import ExitCode


@click.command("migrate")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 3 if a file is of an old format."
)
@click.option("--dry-run", is_flag=True, help="Print what would change; write nothing.")
@json_option
@click.pass_obj
def command(session: Session, check: bool, dry_run: bool, as_json: bool) -> int:
    """Rewrite files of past formats in today's form.

    Every past format still loads; this brings the text along. Before a file is written, the new
    text is loaded and every definition compared by its hash. For databases see `store migrate`.

    Example: pantheon migrate --dry-run
    """
    from pantheon.editing import plan_migration, write_all

    plan = plan_migration(session.project_file())
    keep = check or dry_run
    if not keep:
        write_all(plan.files)
    if not as_json:
        echo(f"format: {', then '.join(plan.steps) or 'up to date'}")
    show_rewrites(plan.files, kept=keep, diff=dry_run, as_json=as_json)
    return int(ExitCode.VALIDATION if check and plan.steps else ExitCode.OK)
