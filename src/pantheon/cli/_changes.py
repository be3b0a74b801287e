"""How a change of what is deployed is ordered and shown; shared by deploy, promote and the others."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, json_option, note

if TYPE_CHECKING:
    from pathlib import Path

    from pantheon.cli._session import Session
    from pantheon.releases import Change, Move, Order, Pointer

why_option = click.option("--why", metavar="TEXT", default="", help="The reason, for the log.")
dry_option = click.option("--dry-run", is_flag=True, help="Only say what would be changed.")


def change_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that changes what is deployed."""
    return why_option(dry_option(json_option(command)))


def order_of(session: Session, why: str, *, dry_run: bool, otherwise: str) -> Order:
    """Who orders a change, and why; `otherwise` where no reason was given."""
    from pantheon.releases import Order

    return Order(getpass.getuser(), why or otherwise, lock_of(session), dry_run)


def lock_of(session: Session) -> Path:
    """The project's lock file."""
    from pantheon.releases import LOCK_NAME

    return session.project_file().parent / LOCK_NAME


def show_change(session: Session, change: Change, *, as_json: bool) -> None:
    """What was changed, is so already, or would be changed."""
    if as_json:
        echo_json(change_to_json(session, change))
        return
    for move in change.moves:
        for line in _lines(move):
            echo(line)
    match change.status:
        case "applied":
            echo("applied: pantheon.lock is written; commit it")
            note("runs that have begun end with the version they began with")
        case "already":
            echo("already so: nothing was changed")
        case "would":
            echo("would be applied: nothing was changed")


def _lines(move: Move) -> list[str]:
    from pantheon.releases import CHANNELS

    lines: list[str] = []
    for channel in CHANNELS:
        before, after = move.before.on(channel), move.after.on(channel)
        if before != after:
            told = _told(move.name, after) or _nothing(channel)
            lines.append(
                f"{move.kind} {move.name}: {channel:<6}  "
                f"{_told(move.name, before) or 'nothing'} -> {told}"
            )
    return lines


def _nothing(channel: str) -> str:
    return "nothing: the working files answer" if channel == "stable" else "nothing"


def _told(name: str, pointer: Pointer | None) -> str | None:
    """`support@3 with 10 % of the runs, falling back on support@2`."""
    if pointer is None:
        return None
    said = f"{name}@{pointer.number}"
    if pointer.share < 1:
        said += f" with {pointer.share:.3g} of the runs"
    if pointer.fallback is not None:
        said += f", falling back on {name}@{pointer.fallback.number}"
    if pointer.guards:
        said += f", guarded by {', '.join(f'{k}={v}' for k, v in pointer.guards.items())}"
    return said


def change_to_json(session: Session, change: Change) -> dict[str, Any]:
    """The change for programs."""
    from pantheon.releases import standing_to_json

    return {
        "status": change.status,
        "action": change.action,
        "change": change.id or None,
        "lock": str(lock_of(session)),
        "moves": [
            {
                "kind": move.kind,
                "name": move.name,
                "before": standing_to_json(move.before),
                "after": standing_to_json(move.after),
            }
            for move in change.moves
        ],
    }
