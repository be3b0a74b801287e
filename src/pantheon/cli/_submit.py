"""`pantheon submit`: work for the night."""

from __future__ import annotations

import random

import click

from pantheon.cli._input import input_options, read_input
from pantheon.cli._mutation import dry_run_option, rehearsal
from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._run import find_flow
from pantheon.cli._session import Session
from pantheon.clock import SystemClock
from pantheon.errors import InputError
from pantheon.ids import new_id


@click.command("submit")
@click.argument("flow")
@input_options
@click.option("--priority", default=0, show_default=True, help="Higher runs first.")
@click.option("--title", default="", help="What the report calls it.")
@dry_run_option
@json_option
@click.pass_obj
def command(  # noqa: PLR0913  one parameter an option
    session: Session,
    flow: str,
    words: tuple[str, ...],
    source: str | None,
    priority: int,
    title: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Hand in work for the night.

    The next `pantheon night` runs it.

    Example: pantheon submit support text="Please look at my last payment"
    """
    from pantheon.spec import validate_value
    from pantheon.store import QueueItem

    definition = find_flow(session.load_project(), flow)
    value = read_input(words, source, definition.input)
    mistakes = validate_value(definition.input, value)
    if mistakes:
        raise InputError(f"The input does not fit {flow}: {mistakes[0]}", hint="; ".join(mistakes))
    now = SystemClock().now()
    item = QueueItem(
        id=new_id("q", now=now, rng=random.SystemRandom()),
        flow=flow,
        input=value,
        priority=priority,
        submitted=now,
        state="queued",
        title=title,
    )
    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        store.queue.submit(item)
        waiting = len(store.queue.list(state="queued"))
    if as_json:
        status = "would" if dry_run else "applied"
        body = {"item": None if dry_run else item.id, "flow": flow, "state": "queued"}
        echo_json({**body, "waiting": waiting, "status": status})
    elif dry_run:
        echo(f"{flow} would be queued for the night; {waiting} would wait")
    else:
        echo(f"{item.id} queued for the night; {waiting} waiting")
