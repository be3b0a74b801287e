"""`pantheon rollback`: what was deployed before answers again."""

from __future__ import annotations

import click

from pantheon.cli._changes import change_options, order_of, show_change
from pantheon.cli._session import Session


@click.command("rollback")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@change_options
@click.pass_obj
def command(
    session: Session, names: tuple[str, ...], why: str, dry_run: bool, as_json: bool
) -> None:
    """Undo the last change of what is deployed.

    Each rollback goes one change further back; a version whose promotion is undone is out of
    service. The working files are left as they are. Specialists that nights train are rolled back
    by `pantheon agents rollback`.

    Example: pantheon rollback support --why "wrong team for refunds"
    """
    from pantheon.releases import rollback

    order = order_of(session, why, dry_run=dry_run, otherwise="rolled back")
    with session.open_store() as store:
        change = rollback(store, session.load_if_sound(), names, order=order)
    show_change(session, change, as_json=as_json)
