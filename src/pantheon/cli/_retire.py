"""`pantheon retire`: a version, or all of a name, is taken out of service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pantheon.cli._changes import change_options, order_of, show_change
from pantheon.cli._session import Session

if TYPE_CHECKING:
    from pantheon.releases import Channel


@click.command("retire")
@click.argument("names", metavar="NAME[@N]...", nargs=-1, required=True)
@click.option(
    "--channel",
    "channels",
    multiple=True,
    type=click.Choice(["stable", "canary", "shadow"]),
    help="Only this channel; repeatable.",
)
@change_options
@click.pass_obj
def command(
    session: Session,
    names: tuple[str, ...],
    channels: tuple[Channel, ...],
    why: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take flows or agents out of service: the working files answer then.

    With @N only that version is taken off, wherever it is. Its record stays, and a rollback brings
    it back.

    Example: pantheon retire support --channel canary --why "no better than before"
    """
    from pantheon.releases import retire

    order = order_of(session, why, dry_run=dry_run, otherwise="retired")
    with session.open_store() as store:
        change = retire(store, session.load_if_sound(), names, order=order, channels=channels)
    show_change(session, change, as_json=as_json)
