"""A live run moved onto its flow as it is defined now: what that would do, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pantheon.errors import InputError
from pantheon.flows._compare import NodeChange, spread_changes
from pantheon.flows._history import History, Plans, read_history
from pantheon.flows._lease import new_owner, take
from pantheon.flows._pin import KIND, Pin
from pantheon.flows._places import Key, plain
from pantheon.flows._spread import Spread
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import validate_value
from pantheon.store import InboxItem, Run, Store


@dataclass(frozen=True, slots=True)
class Migration:
    """What a run keeps and loses when it moves onto another definition of its flow."""

    run: Run
    to: Pin
    changes: tuple[NodeChange, ...]
    """How the flow differs from what the run is pinned to."""
    kept: tuple[Key, ...]
    """Results that stay: their nodes, the agents of these, and all they depend on are the same."""
    again: Mapping[Key, str]
    """Results whose nodes run again, with the reason."""
    dropped: tuple[Key, ...]
    """Results of nodes that the flow has no longer."""
    withdrawn: tuple[InboxItem, ...]
    """Open questions that are taken back; what runs again asks anew."""
    problems: tuple[str, ...]
    """Why it cannot be done."""

    @property
    def same(self) -> bool:
        """Whether the run is on that definition already."""
        return self.run.flow_hash == self.to.hash

    @property
    def new(self) -> tuple[str, ...]:
        """Nodes that the run's flow did not have."""
        return tuple(change.path for change in self.changes if change.kind == "new")


def migrate(store: Store, run_id: RunId | str, to: Pin, *, apply: bool = False) -> Migration:
    """Say what moving a run onto `to` does; with `apply` do it, in one transaction.

    The run goes on by `Runtime.resume`. Raises NotFound, InputError (it has ended well, its results
    are deleted, or `apply` is impossible), and Busy while a process executes the run.
    """
    run, owner = store.runs.get(run_id), new_owner()
    take(store, run.id, owner)
    try:
        run = store.runs.get(run_id)
        migration = _plan(store, run, to)
        if apply and not migration.same:
            _apply(store, migration)
    finally:
        store.runs.release(run.id, owner)
    return migration


def _plan(store: Store, run: Run, to: Pin) -> Migration:
    if run.state == "done":
        raise InputError(
            f"Run {run.id} is done; there is nothing left of it to migrate.",
            hint=f"A new run can begin with what it knows: pantheon runs fork {run.id} --flow-now",
        )
    history = read_history(store, run)
    spread = Spread(history)
    changes = spread_changes(spread, history, Plans(to))
    spread.settle()
    gone = _gone(history, changes)
    questions = store.inbox.list("open", run=run.id)
    return Migration(
        run,
        to,
        tuple(changes),
        kept=tuple(key for key in history.results if key not in spread.again),
        again={key: why for key, why in spread.again.items() if key not in gone},
        dropped=tuple(key for key in spread.again if key in gone),
        withdrawn=tuple(q for q in questions if (q.node or "", q.index) in spread.again),
        problems=tuple(validate_value(to.flow.input, run.input)),
    )


def _gone(history: History, changes: list[NodeChange]) -> set[Key]:
    removed = [change.path for change in changes if change.kind == "removed"]
    return {
        key
        for key in history.results
        if any(f"{plain(key[0])}/".startswith(f"{path}/") for path in removed)
    }


def _apply(store: Store, migration: Migration) -> None:
    run, to = migration.run, migration.to
    if migration.problems:
        raise InputError(
            f"Run {run.id} cannot move onto flow {to.flow.name!r} as it is now: its input does not "
            f"satisfy the contract: {'; '.join(migration.problems)}.",
            hint=f"Fork it with another input: pantheon runs fork {run.id} --flow-now --set "
            "input.FIELD=VALUE",
        )
    forgotten = [*migration.again, *migration.dropped]
    with store.transaction():
        store.definitions.put(KIND, to.flow.name, to.hash, to.body)
        store.runs.update(run.id, flow_hash=to.hash, priority=to.flow.priority)
        store.journal.forget(run.id, forgotten)
        store.context.forget(run.id, forgotten)
        for item in migration.withdrawn:
            store.inbox.take_back(item.id)
        store.events.append(run.id, "run_migrated", None, _facts(migration))
        store.commits.settle_rows()


def _facts(migration: Migration) -> JsonObject:
    again: list[Json] = list(dict.fromkeys(node for node, _ in migration.again))
    dropped: list[Json] = list(dict.fromkeys(node for node, _ in migration.dropped))
    return {
        "from": migration.run.flow_hash,
        "to": migration.to.hash,
        "kept": len(migration.kept),
        "again": again,
        "dropped": dropped,
    }
