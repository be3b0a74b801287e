"""`pantheon alarms`: what the nightly watch found changed, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._mutation import dry_run_option, rehearsal, status_of
from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.clock import SystemClock, iso
from pantheon.errors import NotFound
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.store import Alarm, Store


@click.group("alarms")
def command() -> None:
    """What is no longer as it was: inputs, confidence, disagreement, latency, cost."""


@command.command("list")
@click.option("--agent", metavar="AGENT", help="Only those of one agent.")
@click.option("--all", "closed_too", is_flag=True, help="Closed ones as well.")
@json_option
@click.pass_obj
def list_alarms(session: Session, agent: str | None, closed_too: bool, as_json: bool) -> None:
    """Open alarms, the oldest first.

    Example: pantheon alarms list --all
    """
    with session.open_store() as store:
        found = store.alarms.list(agent, state=None if closed_too else "open")
    if as_json:
        echo_json({"items": [_to_json(alarm) for alarm in found]})
        return
    if not found:
        echo("Nothing has changed that an alarm was raised for.")
        return
    echo_table(
        ("alarm", "agent", "raised", "state", "kind", "what"),
        [(a.id, a.agent, iso(a.at), a.state, a.kind, _says(a)) for a in found],
    )


@command.command("close")
@click.argument("name", metavar="ALARM")
@click.option("--why", default="closed by hand", help="The reason, for the log.")
@dry_run_option
@json_option
@click.pass_obj
def close(session: Session, name: str, why: str, dry_run: bool, as_json: bool) -> None:
    """Close an alarm: what comes now is taken for usual. A step back is not undone.

    Example: pantheon alarms close w0123456789ab --why "the new form went live"
    """
    from pantheon.learn.drift import close_alarm

    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        alarm = _find(store, name)
        if alarm.state == "open":
            close_alarm(store, alarm, why=why, now=SystemClock().now())
    status = status_of(changes=alarm.state == "open", dry_run=dry_run)
    if as_json:
        echo_json({"alarm": name, "state": "closed", "status": status})
    else:
        said = {"applied": "closed", "already": "is closed already", "would": "would be closed"}
        echo(f"{name} {said[status]}")


def _find(store: Store, name: str) -> Alarm:
    for alarm in store.alarms.list():
        if alarm.id == name:
            return alarm
    raise NotFound(f"There is no alarm {name}.", hint="`pantheon alarms list` shows them.")


def _says(alarm: Alarm) -> str:
    back = " It stepped back." if alarm.detail.get("stepped_back") else ""
    return clean(str(alarm.detail.get("says", "")), 160) + back


def _to_json(alarm: Alarm) -> dict[str, Any]:
    return {
        "alarm": alarm.id,
        "agent": alarm.agent,
        "at": iso(alarm.at),
        "kind": alarm.kind,
        "slice": alarm.slice,
        "statistic": alarm.statistic,
        "state": alarm.state,
        "detail": alarm.detail,
    }
