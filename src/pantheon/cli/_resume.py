"""`pantheon resume`: completed nodes do not run again."""

from __future__ import annotations

import asyncio

import click

from pantheon.cli._output import json_option
from pantheon.cli._session import Session
from pantheon.cli._show_run import show_event, show_run
from pantheon.ids import RunId


@click.command("resume")
@click.argument("run_id", metavar="RUN")
@click.option("--follow", is_flag=True, help="Print events while it runs.")
@json_option
@click.pass_obj
def command(session: Session, run_id: str, follow: bool, as_json: bool) -> int:
    """Go on with a run that was cut short or waited.

    Nodes that completed keep their results and do not run again.

    Example: pantheon resume r0123456789abcdef
    """
    return asyncio.run(_resume(session, RunId(run_id), follow, as_json))


async def _resume(session: Session, run_id: RunId, follow: bool, as_json: bool) -> int:
    async with session.open_runtime() as runtime:
        listener = show_event if follow else None
        run = await runtime.resume(run_id, on_event=listener)
        return show_run(runtime.store, run, as_json=as_json)
