"""`pantheon agents promote, rollback`: which trained specialist answers for an agent."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import click

from pantheon.cli._mutation import Status, dry_run_option, rehearsal, status_of
from pantheon.cli._output import echo, echo_json, json_option
from pantheon.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from pantheon.cli._session import Session
    from pantheon.spec import Project
    from pantheon.store import Store, Version


@click.command("promote")
@click.argument("name", metavar="AGENT@N")
@click.option("--why", default="promoted by hand", help="The reason, for the log.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="Below 1: on probation, with this share of the requests.",
)
@dry_run_option
@json_option
@click.pass_obj
def promote(
    session: Session, name: str, why: str, share: float, dry_run: bool, as_json: bool
) -> None:
    """Deploy a version that a night proposed; pantheon.lock is written.

    With --share the version answers that share of the requests until a night has seen enough:
    then it is deployed, or taken back.

    Example: pantheon agents promote triage@2 --why "reviewed the evidence"
    """
    from pantheon.cli._agents import find_agent, find_version, newest_version
    from pantheon.learn import try_out

    agent, _, number = name.partition("@")
    project = session.load_project()
    find_agent(project, agent)
    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        version = find_version(store, agent, number) if number else newest_version(store, agent)
        changes = not _answers(store, version, share)
        if changes:
            lock, who = _lock(project, dry_run=dry_run), getpass.getuser()
            move = try_out(store, agent, version.hash, share=share, who=who, why=why, lock=lock)
            share = move.share
    status = status_of(changes=changes, dry_run=dry_run)
    _say_deployed(agent, version, status, as_json=as_json, share=share)


def _answers(store: Store, version: Version, share: float) -> bool:
    """Whether the version has that share of the requests already."""
    from pantheon.learn import canary_of

    if store.channels.current(version.agent) == version.hash:
        return True
    canary = canary_of(store, version.agent)
    return canary is not None and (canary.version, canary.share) == (version.hash, share)


def _lock(project: Project, *, dry_run: bool) -> Path | None:
    from pantheon.releases import LOCK_NAME

    return None if dry_run else project.root / LOCK_NAME


@click.command("rollback")
@click.argument("name", metavar="AGENT")
@click.option("--why", default="rolled back by hand", help="The reason, for the log.")
@dry_run_option
@json_option
@click.pass_obj
def rollback(session: Session, name: str, why: str, dry_run: bool, as_json: bool) -> None:
    """Go back to what was deployed before; the same mechanism as promote.

    Each rollback goes one promotion further back.

    Example: pantheon agents rollback triage --why "wrong on refunds"
    """
    from pantheon.cli._agents import find_agent
    from pantheon.learn import rollback as undo

    project = session.load_project()
    find_agent(project, name)
    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        lock, who = _lock(project, dry_run=dry_run), getpass.getuser()
        undo(store, name, who=who, why=why, clock=SystemClock(), lock=lock)
        current = store.channels.current(name)
        version = store.versions.get(current) if current else None
    _say_deployed(name, version, status_of(changes=True, dry_run=dry_run), as_json=as_json)


def _say_deployed(
    agent: str, version: Version | None, status: Status, *, as_json: bool, share: float = 1.0
) -> None:
    label = f"{agent}@{version.number}" if version else None
    if as_json:
        hash = version.hash if version else None
        body = {"agent": agent, "deployed": label, "hash": hash, "share": share}
        echo_json({**body, "status": status})
        return
    verb = {"applied": "is", "already": "is already", "would": "would be"}[status]
    if share < 1:
        echo(f"{agent}: {label} {verb} on probation with {share:.0%} of the requests")
    else:
        echo(f"{agent}: {label or 'nothing'} {verb} deployed")
