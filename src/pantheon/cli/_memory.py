"""`pantheon memory`: what is remembered for flows, agents and users."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pantheon.cli._input import read_value
from pantheon.cli._mutation import dry_run_option, rehearsal, status_of
from pantheon.cli._output import echo, echo_json, echo_table, json_option, note
from pantheon.cli._session import Session
from pantheon.clock import SystemClock, iso
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.api import Memory
    from pantheon.ids import Json
    from pantheon.store import MemoryWrite, Store

SCOPES = click.Choice(["flow", "agent", "user"])
F = TypeVar("F", bound=Callable[..., Any])


def _whose(function: F) -> F:
    """The three words that name a value."""
    name = click.argument("name", metavar="NAME")(function)
    return click.argument("scope", type=SCOPES)(click.argument("owner", metavar="OWNER")(name))


@contextmanager
def _memory(
    session: Session, scope: str, owner: str, *, dry_run: bool = False
) -> Generator[Memory]:
    from pantheon.api import open_memory

    project = session.load_project()
    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        yield open_memory(scope, owner, project=project, store=store, clock=SystemClock())


@click.group("memory")
def command() -> None:
    """What is remembered for flows, agents and users."""


@command.command("list")
@click.option("--scope", type=SCOPES, help="Only of flows, agents or users.")
@click.option("--owner", metavar="OWNER", help="Only of this one.")
@json_option
@click.pass_obj
def list_values(session: Session, scope: str | None, owner: str | None, as_json: bool) -> None:
    """Every value there is.

    Example: pantheon memory list --scope user
    """
    with session.open_store() as store:
        scopes = [scope] if scope else list(SCOPES.choices)
        found = [w for s in scopes for w in _newest(store, s) if owner in {None, w.owner}]
    if as_json:
        echo_json({"items": [_to_json(write) for write in found]})
    elif not found:
        echo("Nothing is remembered.")
    else:
        rows = [(w.scope, w.owner, w.name, _brief(w.value), iso(w.at)) for w in found]
        echo_table(("scope", "owner", "name", "value", "since"), rows)


def _newest(store: Store, scope: str) -> list[MemoryWrite]:
    memory = store.memory
    return [
        memory.history(scope, owner, name)[-1]
        for owner in memory.owners(scope)
        for name in memory.names(scope, owner)
    ]


@command.command("get")
@_whose
@json_option
@click.pass_obj
def get(session: Session, scope: str, owner: str, name: str, as_json: bool) -> None:
    """One value; the declared first value while none was set.

    Example: pantheon memory get user ada tone
    """
    with _memory(session, scope, owner) as memory:
        _show(name, memory.get(name), as_json=as_json)


@command.command("set")
@_whose
@click.argument("value", metavar="VALUE")
@dry_run_option
@json_option
@click.pass_obj
def set_value(
    session: Session,
    scope: str,
    owner: str,
    name: str,
    value: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Keep a value: text, or JSON where the declared type is no text.

    Example: pantheon memory set user ada tone formal
    """
    with _memory(session, scope, owner, dry_run=dry_run) as memory:
        kept = read_value(value, memory.schema(name))
        changes = memory.get(name) != kept or not memory.history(name)
        if changes:
            memory.set(name, kept)
    status = status_of(changes=changes, dry_run=dry_run)
    if as_json:
        echo_json({"name": name, "value": kept, "status": status})
        return
    _show(name, kept, as_json=False)
    if status != "applied":
        note("it is that already" if status == "already" else "nothing was changed")


@command.command("delete")
@_whose
@dry_run_option
@json_option
@click.pass_obj
def delete(
    session: Session, scope: str, owner: str, name: str, dry_run: bool, as_json: bool
) -> None:
    """Take a value away; its history stays.

    Example: pantheon memory delete user ada tone
    """
    with _memory(session, scope, owner, dry_run=dry_run) as memory:
        memory.schema(name)
        changes = name in memory.names()
        if changes:
            memory.delete(name)
    status = status_of(changes=changes, dry_run=dry_run)
    if as_json:
        echo_json({"name": name, "deleted": status != "would", "status": status})
        return
    said = {"applied": "deleted", "already": "is not there", "would": "would be deleted"}
    echo(f"{name} of {scope} {owner} {said[status]}")


@command.command("history")
@_whose
@json_option
@click.pass_obj
def history(session: Session, scope: str, owner: str, name: str, as_json: bool) -> None:
    """Every write of a value, oldest first, with the run and the node that made it.

    Example: pantheon memory history user ada tone
    """
    with _memory(session, scope, owner) as memory:
        writes = memory.history(name)
    if as_json:
        echo_json({"items": [_to_json(write) for write in writes]})
    else:
        rows = [(iso(w.at), _brief(w.value), w.run, w.node) for w in writes]
        echo_table(("at", "value", "run", "node"), rows)


def _show(name: str, value: Json, *, as_json: bool) -> None:
    if as_json:
        echo_json({"name": name, "value": value})
    else:
        echo(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _to_json(write: MemoryWrite) -> dict[str, Any]:
    return {
        "scope": write.scope,
        "owner": write.owner,
        "name": write.name,
        "value": write.value,
        "at": iso(write.at),
        "run": write.run,
        "node": write.node,
    }


def _brief(value: Json) -> str:
    return clean(json.dumps(value, ensure_ascii=False), 60)
