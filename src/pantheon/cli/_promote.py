"""`pantheon promote`: what is on trial becomes what answers."""

from __future__ import annotations

import click

from pantheon.cli._changes import change_options, order_of, show_change
from pantheon.cli._session import Session


@click.command("promote")
@click.argument("names", metavar="NAME[@N]...", nargs=-1, required=True)
@change_options
@click.pass_obj
def command(
    session: Session, names: tuple[str, ...], why: str, dry_run: bool, as_json: bool
) -> None:
    """Let what is on trial (canary, else shadow) answer everything.

    Specialists that nights train are promoted by `pantheon agents promote`.

    Example: pantheon promote support --why "ten days without a complaint"
    """
    from pantheon.releases import promote

    project = session.load_project()
    order = order_of(session, why, dry_run=dry_run, otherwise="promoted")
    with session.open_store() as store:
        change = promote(store, project, names, order=order)
    show_change(session, change, as_json=as_json)
