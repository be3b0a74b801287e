"""`pantheon suggestions`: changes to the project that its past speaks for; a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._mutation import dry_run_option, rehearsal, status_of
from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.clock import iso
from pantheon.errors import InputError
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.store import Suggestion


@click.group("suggestions")
def command() -> None:
    """Agents to add, retire, merge or split, with the evidence; nothing is changed by itself."""


@command.command("list")
@click.option("--all", "decided_too", is_flag=True, help="Accepted and dismissed ones as well.")
@json_option
@click.pass_obj
def list_suggestions(session: Session, decided_too: bool, as_json: bool) -> None:
    """Open suggestions, the oldest first.

    Example: pantheon suggestions list --json
    """
    with session.open_store() as store:
        found = store.suggestions.list(state=None if decided_too else "open")
    if as_json:
        echo_json({"items": [_to_json(suggestion) for suggestion in found]})
        return
    if not found:
        echo("Nothing is suggested.")
        return
    echo_table(
        ("suggestion", "kind", "subject", "state", "why"),
        [(s.id, s.kind, s.subject, s.state, _part(s, "says")) for s in found],
    )


@command.command("accept")
@click.argument("name", metavar="SUGGESTION")
@dry_run_option
@json_option
@click.pass_obj
def accept(session: Session, name: str, dry_run: bool, as_json: bool) -> None:
    """Note that a suggestion will be followed, and say what to change.

    Example: pantheon suggestions accept s0123456789ab
    """
    _decide(session, name, "accepted", dry_run=dry_run, as_json=as_json)


@command.command("dismiss")
@click.argument("name", metavar="SUGGESTION")
@dry_run_option
@json_option
@click.pass_obj
def dismiss(session: Session, name: str, dry_run: bool, as_json: bool) -> None:
    """Decline a suggestion; it is not made again for some time.

    Example: pantheon suggestions dismiss s0123456789ab
    """
    _decide(session, name, "dismissed", dry_run=dry_run, as_json=as_json)


def _decide(session: Session, name: str, state: str, *, dry_run: bool, as_json: bool) -> None:
    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        suggestion = store.suggestions.get(name)
        if suggestion.state not in {"open", state}:
            raise InputError(
                f"Suggestion {name} is {suggestion.state} already.",
                hint="`pantheon suggestions list` shows the open ones.",
            )
        if suggestion.state == "open":
            store.suggestions.set_state(name, state)
    status = status_of(changes=suggestion.state == "open", dry_run=dry_run)
    if as_json:
        echo_json({"suggestion": name, "state": state, "status": status})
        return
    said = {"applied": state, "already": f"is {state} already", "would": f"would be {state}"}
    echo(f"{name} {said[status]}")
    change = _part(suggestion, "change")
    if state == "accepted" and change:
        echo(change)


def _part(suggestion: Suggestion, name: str) -> str:
    return clean(str(suggestion.body.get(name, "")), 240)


def _to_json(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "suggestion": suggestion.id,
        "kind": suggestion.kind,
        "subject": suggestion.subject,
        "at": iso(suggestion.at),
        "state": suggestion.state,
        "body": suggestion.body,
    }
