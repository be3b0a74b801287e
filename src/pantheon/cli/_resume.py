"""`pantheon resume`: short for `pantheon runs resume`."""

from __future__ import annotations

import click

from pantheon.cli._output import json_option
from pantheon.cli._runs_live import resume
from pantheon.cli._session import Session
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
    return resume(session, RunId(run_id), follow=follow, as_json=as_json)
