"""`pantheon runs`: what ran, what it came to, its events; looking back, branching off, going on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from pantheon.cli import _runs_back, _runs_live
from pantheon.cli._output import echo, echo_json, echo_json_line, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.cli._show_run import event_to_json, event_to_text, release_title, show_run
from pantheon.clock import SystemClock, iso
from pantheon.ids import RunId

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.ids import ContentHash
    from pantheon.store import Run, RunState, Store

STATES = ("queued", "running", "waiting", "done", "failed", "cancelled")
"""Those of `store.RunState`, which is not imported for it: help and completion are to be quick."""
RESTING = {"done", "failed", "cancelled", "waiting"}
"""States in which nothing happens until somebody does something."""


@click.group("runs")
def command() -> None:
    """List runs, show one, look back, branch off, go on."""


@command.command("list")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=20,
    show_default=True,
    help="How many of the newest.",
)
@click.option("--flow", help="Only this flow.")
@click.option("--state", type=click.Choice(STATES), help="Only this state.")
@click.option(
    "--version", metavar="FLOW@N", help="Only those of this version; FLOW@canary names a channel's."
)
@json_option
@click.pass_obj
def list_runs(
    session: Session,
    limit: int,
    flow: str | None,
    state: RunState | None,
    version: str | None,
    as_json: bool,
) -> None:
    """The newest runs first.

    Example: pantheon runs list --state failed
    """
    with session.open_store() as store:
        release = None if version is None else _release(store, version)
        runs = store.runs.list(limit=limit, state=state, flow=flow, release=release)
        titles = [release_title(store, run) for run in runs]
    if as_json:
        rows = zip(runs, titles, strict=True)
        echo_json({"items": [_to_json(run) | {"release": title} for run, title in rows]})
        return
    echo_table(
        ("run", "flow", "state", "cause", "created"),
        [
            (run.id, title or run.flow, run.state, run.cause, iso(run.created))
            for run, title in zip(runs, titles, strict=True)
        ],
    )


def _to_json(run: Run) -> dict[str, str | None]:
    fields = ("id", "flow", "state", "cause", "parent", "channel")
    return {name: getattr(run, name) for name in fields} | {"created": iso(run.created)}


def _release(store: Store, version: str) -> ContentHash:
    """The version of a flow that somebody named. Raises NotFound."""
    from pantheon.releases import find

    return find(store, None, version, kind="flow").hash


@command.command("show")
@click.argument("run_id", metavar="RUN")
@json_option
@click.pass_obj
def show(session: Session, run_id: str, as_json: bool) -> None:
    """One run with its nodes: who answered, or why a node did not run.

    Nodes inside others are indented; `pantheon runs why` says more about one of them.

    Example: pantheon runs show r0123456789abcdef
    """
    with session.open_store() as store:
        show_run(store, store.runs.get(RunId(run_id)), as_json=as_json)


@command.command("events")
@click.argument("run_id", metavar="RUN")
@click.option("--follow", is_flag=True, help="Wait for more until the run ends or waits.")
@json_option
@click.pass_obj
def events(session: Session, run_id: str, follow: bool, as_json: bool) -> None:
    """The events of a run; with --json one JSON object a line.

    Example: pantheon runs events r0123456789abcdef --follow
    """
    with session.open_store() as store:
        store.runs.get(RunId(run_id))
        asyncio.run(_print_events(store, RunId(run_id), SystemClock(), follow, as_json))


async def _print_events(
    store: Store, run: RunId, clock: Clock, follow: bool, as_json: bool
) -> None:
    seen = 0
    while True:
        # The state is read first: events written before the end are then never missed.
        rests = store.runs.get(run).state in RESTING
        for event in store.events.since(run, seen):
            seen = event.seq
            if as_json:
                echo_json_line(event_to_json(event))
            else:
                echo(event_to_text(event))
        if rests or not follow:
            return
        await clock.sleep(0.2)


for _command in (*_runs_back.COMMANDS, *_runs_live.COMMANDS):
    command.add_command(_command)
