"""`pantheon import`: recorded work becomes examples."""

from __future__ import annotations

from pathlib import Path

import click

from pantheon.cli._agents import find_agent
from pantheon.cli._output import echo, echo_json, json_option, note
from pantheon.cli._session import Session
from pantheon.clock import SystemClock
from pantheon.errors import ExitCode


@click.group("import")
def command() -> None:
    """Bring in recorded work as examples."""


@command.command("stream")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--agent", required=True, help="The agent whose work it is.")
@json_option
@click.pass_obj
def stream(session: Session, path: Path, agent: str, as_json: bool) -> int:
    """Import JSON lines: {"id", "input": {…}, "output": {…}, "gold": {…}?}.

    Broken lines are named and left out; the others are imported, and the exit code is 9.

    Example: pantheon import stream log.jsonl --agent triage
    """
    from pantheon.night import import_stream

    definition = find_agent(session.load_project(), agent)
    with session.open_store() as store:
        report = import_stream(store, definition, path, clock=SystemClock())
    for bad in report.bad:
        note(str(bad))
    if as_json:
        echo_json(report.to_json())
    else:
        echo(report.summary)
    return int(ExitCode.INPUT if report.bad_lines else ExitCode.OK)
