"""`pantheon runs cancel, resume, signal, wake, migrate`: what can be done with runs not yet done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from pantheon.cli._input import read_json
from pantheon.cli._mutation import Status, dry_run_option, status_of
from pantheon.cli._output import echo, echo_json, echo_table, json_option, note
from pantheon.cli._runs_told import migration_to_json, print_migration
from pantheon.cli._session import Session
from pantheon.cli._show_run import show_event, show_run
from pantheon.clock import iso
from pantheon.errors import ExitCode
from pantheon.ids import RunId

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.flows import Migration
    from pantheon.ids import Json
    from pantheon.store import Run, Store

PATIENCE = 2.0
"""Seconds to wait for another process to end a run; it looks twice a second."""
ENDED = {"done", "failed", "cancelled"}


# -------------------------------------------------------------------------------------- cancel


@click.command("cancel")
@click.argument("run_id", metavar="RUN")
@click.option("--why", "reason", default="somebody asked for it.", help="Reason, for the record.")
@dry_run_option
@json_option
@click.pass_obj
def cancel_command(session: Session, run_id: str, reason: str, dry_run: bool, as_json: bool) -> int:
    """End a run, down to the programs it has started.

    A run that another process executes is ended by that process, within a second.

    Example: pantheon runs cancel r0123456789abcdef --why "wrong input"
    """
    return asyncio.run(_cancel(session, RunId(run_id), reason, dry_run=dry_run, as_json=as_json))


async def _cancel(
    session: Session, run_id: RunId, reason: str, *, dry_run: bool, as_json: bool
) -> int:
    async with session.open_runtime() as runtime:
        run = runtime.store.runs.get(run_id)
        before = run.state
        if not dry_run:
            await runtime.cancel(run_id, reason)
            run = await _wait_for_end(runtime.store, run_id, runtime.clock)
    status = status_of(changes=before not in ENDED, dry_run=dry_run)
    if as_json:
        echo_json({"run": run.id, "state": run.state, "was": before, "status": status})
    elif status == "would":
        echo(f"{run.id} is {run.state} and would be cancelled")
    elif before in ENDED:
        echo(f"{run.id} is {run.state} already")
    elif run.state in ENDED:
        echo(f"{run.id} is {run.state}")
    else:
        echo(f"{run.id} is still {run.state}")
        note(f"It is asked to end; follow it: pantheon runs events {run.id} --follow")
    return int(ExitCode.OK if dry_run or run.state in ENDED else ExitCode.BUSY)


async def _wait_for_end(store: Store, run_id: RunId, clock: Clock) -> Run:
    """The run when it has ended, or when patience has."""
    last = clock.elapsed() + PATIENCE
    run = store.runs.get(run_id)
    while run.state not in ENDED and clock.elapsed() < last:
        await clock.sleep(0.1)
        run = store.runs.get(run_id)
    return run


# -------------------------------------------------------------------------------------- resume


@click.command("resume")
@click.argument("run_id", metavar="RUN")
@click.option("--follow", is_flag=True, help="Print events while it runs.")
@json_option
@click.pass_obj
def resume_command(session: Session, run_id: str, follow: bool, as_json: bool) -> int:
    """Go on with a run that was cut short, waited, or failed.

    Nodes that completed keep their results; in a run that failed, what failed is tried again.

    Example: pantheon runs resume r0123456789abcdef
    """
    return resume(session, RunId(run_id), follow=follow, as_json=as_json)


def resume(session: Session, run_id: RunId, *, follow: bool, as_json: bool) -> int:
    """Go on with a run and print what it comes to."""
    return asyncio.run(_resume(session, run_id, follow, as_json))


async def _resume(session: Session, run_id: RunId, follow: bool, as_json: bool) -> int:
    async with session.open_runtime() as runtime:
        listener = show_event if follow else None
        run = await runtime.resume(run_id, on_event=listener)
        return show_run(runtime.store, run, as_json=as_json)


# -------------------------------------------------------------------------------------- signal


@click.command("signal")
@click.argument("run_id", metavar="RUN")
@click.argument("event")
@click.option("--data", metavar="JSON|@FILE|-", help="What is told with it.")
@click.option("--no-resume", is_flag=True, help="Only record it; `pantheon resume` goes on later.")
@dry_run_option
@json_option
@click.pass_obj
def signal_command(
    session: Session, run_id: str, event: str, data: str | None, **how: Unpack[Told]
) -> int:
    """Tell a run of an event from outside; when it waits, it goes on.

    The first signal of a name stands. One that nobody waits for yet is kept.

    Example: pantheon runs signal r0123456789abcdef approved --data '{"ok": true}'
    """
    payload = {} if data is None else read_json(data, what="the data")
    return asyncio.run(_signal(session, run_id, event, payload, how))


class Told(TypedDict):
    """The options that say what a signal does and how it is shown."""

    no_resume: bool
    dry_run: bool
    as_json: bool


async def _signal(session: Session, run_id: str, event: str, payload: Json, how: Told) -> int:
    from pantheon.flows import check_signal

    as_json = how["as_json"]
    async with session.open_runtime() as runtime:
        store = runtime.store
        run = store.runs.get(run_id)
        before = store.signals.get(run.id, event)
        if before is not None and before.payload == payload:
            return _say_signalled(run, event, awaited=False, status="already", as_json=as_json)
        awaited = check_signal(store, run_id, event, payload)
        if how["dry_run"]:
            return _say_signalled(run, event, awaited=awaited, status="would", as_json=as_json)
        resume = awaited and not how["no_resume"]
        run = await runtime.signal(run_id, event, payload, resume=resume)
        if resume:
            return show_run(store, run, as_json=as_json, status="applied")
        return _say_signalled(run, event, awaited=awaited, status="applied", as_json=as_json)


def _say_signalled(run: Run, event: str, *, awaited: bool, status: Status, as_json: bool) -> int:
    if as_json:
        body = {"run": run.id, "event": event, "state": run.state, "awaited": awaited}
        echo_json({**body, "status": status})
    elif status == "already":
        note(f"The event {event!r} was signalled to {run.id} so already.")
    elif status == "would":
        goes_on = "and would go on" if awaited else "which does not wait for it yet"
        note(f"The event {event!r} would be told to {run.id}, {goes_on}.")
    elif not awaited:
        note(f"Nothing in {run.id} waits for {event!r} yet; it is kept for when something does.")
    return int(ExitCode.OK)


# ---------------------------------------------------------------------------------------- wake


@click.command("wake")
@json_option
@click.pass_obj
def wake_command(session: Session, as_json: bool) -> int:
    """Go on with every run whose time has come, or whose process died.

    Example: pantheon runs wake
    """
    return asyncio.run(_wake(session, as_json=as_json))


async def _wake(session: Session, *, as_json: bool) -> int:
    async with session.open_runtime() as runtime:
        runs = await runtime.wake()
        due = runtime.store.timers.next_due()
    told = None if due is None else iso(due)
    if as_json:
        rows = [{"run": run.id, "flow": run.flow, "state": run.state} for run in runs]
        echo_json({"items": rows, "next_due": told})
        return int(ExitCode.OK)
    if runs:
        echo_table(("run", "flow", "state"), [(run.id, run.flow, run.state) for run in runs])
    else:
        echo("No run's time has come.")
    if told is not None:
        echo(f"The next is due at {told}.")
    return int(ExitCode.OK)


# ------------------------------------------------------------------------------------- migrate


@click.command("migrate")
@click.argument("run_id", metavar="RUN")
@click.option("--apply", is_flag=True, help="Do it, and do not only say what it would do.")
@json_option
@click.pass_obj
def migrate_command(session: Session, run_id: str, apply: bool, as_json: bool) -> int:
    """Say what moving a live run onto its flow as it is now would do; with --apply do it.

    Example: pantheon runs migrate r0123456789abcdef
    """
    from pantheon.cli._run import find_flow
    from pantheon.flows import make_pin, migrate

    project = session.load_project()
    with session.open_store() as store:
        flow = find_flow(project, store.runs.get(run_id).flow)
        migration = migrate(store, run_id, make_pin(project, flow), apply=apply)
    if as_json:
        echo_json(migration_to_json(migration, applied=apply and not migration.same))
    else:
        _tell_migration(migration, applied=apply)
    return int(ExitCode.VALIDATION if migration.problems else ExitCode.OK)


def _tell_migration(migration: Migration, *, applied: bool) -> None:
    run = migration.run.id
    if migration.same:
        echo(f"{run} is on its flow as it is now already")
        return
    print_migration(migration)
    if applied:
        echo(f"migrated; go on with: pantheon resume {run}")
    elif not migration.problems:
        echo(f"nothing is changed yet; do it with: pantheon runs migrate {run} --apply")


COMMANDS = (cancel_command, resume_command, signal_command, wake_command, migrate_command)
