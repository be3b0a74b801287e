"""`pantheon store`: the database of a project: its size, its format, its health, a copy of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._input import read_time
from pantheon.cli._mutation import status_of
from pantheon.cli._output import echo, echo_json, echo_table, json_option, note
from pantheon.cli._session import Session
from pantheon.clock import SystemClock
from pantheon.errors import ExitCode

if TYPE_CHECKING:
    from pantheon.store import Compaction, SchemaState, Verification


@click.group("store")
def command() -> None:
    """The database: compact it, migrate it, verify it, copy it, find it."""


@command.command("compact")
@click.option(
    "--keep",
    metavar="TIME",
    callback=read_time,
    help="Keep the node results of runs that ended within this time.  [default: the project's]",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
@click.pass_obj
def compact(session: Session, keep: float | None, dry_run: bool, as_json: bool) -> None:
    """Delete what is not needed any longer, and make the file smaller.

    Runs that ended long ago lose the results of their nodes and their events; they cannot be
    resumed then. What they answered, and all that learning and the report of the last night need,
    stays. Without --keep and without `store: {keep_runs: ...}` in pantheon.yaml no run loses
    anything.

    Example: pantheon store compact --keep 30d --dry-run
    """
    kept = session.load_project().retention.runs if keep is None else keep
    with session.open_store() as store:
        told = store.compact(keep_runs=kept, now=SystemClock().now(), dry=dry_run)
    if as_json:
        echo_json(_compaction_to_json(told))
        return
    _show_compaction(told)


def _compaction_to_json(told: Compaction) -> dict[str, Any]:
    smaller = told.bytes_after < told.bytes_before
    changes = bool(told.runs or any(told.removed.values()) or smaller)
    return {
        "dry_run": told.dry,
        "status": status_of(changes=changes, dry_run=told.dry),
        "runs": told.runs,
        "removed": dict(told.removed),
        "bytes": {"before": told.bytes_before, "after": told.bytes_after},
        "unfinished": told.unfinished,
    }


def _show_compaction(told: Compaction) -> None:
    removed = [(name.replace("_", " "), count) for name, count in told.removed.items() if count]
    if removed:
        echo_table(("to be removed" if told.dry else "removed", "rows"), removed)
    runs = "1 run" if told.runs == 1 else f"{told.runs} runs"
    echo(f"{runs} {'would lose' if told.dry else 'lost'} the results of nodes")
    echo(f"{_size(told.bytes_before)} -> {_size(told.bytes_after)}")
    if told.unfinished:
        note(f"not made smaller: {told.unfinished} Nothing is lost; run it again later.")


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB"


@command.command("migrate")
@click.option(
    "--check", is_flag=True, help="Change nothing; exit with 3 if it is of an old schema."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be applied.")
@json_option
@click.pass_obj
def migrate(session: Session, check: bool, dry_run: bool, as_json: bool) -> int:
    """Bring the database to the schema of this program, after a copy of it.

    Every command that opens the database does the same by itself; this says what is done. All of it
    happens in transactions, and a database of a newer Pantheon is refused, not changed.

    Example: pantheon store migrate --dry-run
    """
    from pantheon.store import read_schema

    file = _database(session)
    state = read_schema(file)
    kept = check or dry_run
    if state.pending and not kept:
        with session.open_store(follow_lock=False):
            pass  # opening applies them
    if as_json:
        echo_json(_schema_to_json(file, state, kept=kept))
    else:
        _show_schema(file, state, kept=kept)
    return int(ExitCode.VALIDATION if check and state.pending else ExitCode.OK)


def _schema_to_json(file: Path, state: SchemaState, *, kept: bool) -> dict[str, Any]:
    return {
        "status": status_of(changes=bool(state.pending), dry_run=kept),
        "file": str(file),
        "schema": {"found": state.found or None, "latest": state.latest},
        "pending": [{"number": step.number, "name": step.name} for step in state.pending],
        "backup": None if state.backup is None else str(state.backup),
    }


def _show_schema(file: Path, state: SchemaState, *, kept: bool) -> None:
    if not state.found:
        echo(f"already so: there is no database yet; a new one gets schema {state.latest}")
        return
    if not state.pending:
        echo(f"already so: {file.name} has schema {state.found}")
        return
    echo(f"{file.name}: schema {state.found} -> {state.latest}")
    for step in state.pending:
        echo(f"{'would apply' if kept else 'applied'} {step.number}: {step.name}")
    echo(f"{'first, a copy to' if kept else 'the copy made before is'} {state.backup}")


def _database(session: Session) -> Path:
    return session.store_file()


@command.command("verify")
@json_option
@click.pass_obj
def verify(session: Session, as_json: bool) -> int:
    """Read everything and check it; damage is named and ends with exit code 8.

    Example: pantheon store verify
    """
    with session.open_store() as store:
        found, file = store.verify(), store.path
    if as_json:
        body = {"file": file, "sound": found.sound, "blobs": found.blobs}
        echo_json(body | {"damaged": list(found.damaged), "problems": list(found.problems)})
    else:
        _show_verification(found)
    return int(ExitCode.OK if found.sound else ExitCode.ENVIRONMENT)


def _show_verification(found: Verification) -> None:
    for problem in found.problems:
        echo(f"damaged: {problem}")
    for name in found.damaged:
        echo(f"damaged: value {name}")
    if found.sound:
        values = "1 large value" if found.blobs == 1 else f"{found.blobs} large values"
        echo(f"sound: all rows and {values} were read and checked")
    else:
        note("fix: restore a copy made with `pantheon store backup`, or .pantheon/*.backup-*")


@command.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def backup(session: Session, file: Path, as_json: bool) -> None:
    """Write a copy of the database to a new file, while others may be working.

    Example: pantheon store backup before-upgrade.db
    """
    target = session.directory / file
    with session.open_store() as store:
        store.backup(target)
    _show_file(target, as_json=as_json)


@command.command("path")
@json_option
@click.pass_obj
def path(session: Session, as_json: bool) -> None:
    """Print where the project's database is, or will be.

    Example: pantheon store path
    """
    _show_file(_database(session), as_json=as_json)


def _show_file(file: Path, *, as_json: bool) -> None:
    if as_json:
        echo_json({"file": str(file)})
    else:
        echo(str(file))
