"""What runs share: the long-term memory of flows, agents and users, and the context of one run.

Both are read in the same way. Memory may be written from outside; a run's context only by its
nodes, so that every value in it has an author.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from pantheon.api._result import Reach, call_here
from pantheon.clock import Clock
from pantheon.errors import InputError, NotFound, UsageError
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import MemoryDef, Project, validate_value
from pantheon.store import ContextWrite, MemoryWrite, Store

Scope: TypeAlias = Literal["flow", "agent", "user"]


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one flow, agent or user: values by the names declared under `memory:`."""

    scope: Scope
    owner: str
    _project: Project
    _store: Store
    _clock: Clock
    _reach: Reach

    def names(self) -> list[str]:
        """Names that have a value, sorted."""
        return self._reach(lambda: self._store.memory.names(self.scope, self.owner))

    def get(self, name: str) -> Json:
        """The value, or the declared first value while none was set. Raises NotFound."""
        value = self._reach(lambda: self._store.memory.get(self.scope, self.owner, name))
        return self._declared(name).initial if value is None else value

    def set(self, name: str, value: Json) -> None:
        """Keep a value. Raises NotFound (no such name) or InputError (not of the type declared)."""
        problems = validate_value(self._declared(name).schema, value)
        if problems:
            message = f"That is no value for `memory.{name}`: {problems[0]}."
            raise InputError(message, hint="; ".join(problems))
        self._write(name, value)

    def delete(self, name: str) -> None:
        """Take the value away; what it was stays in the history."""
        self._write(name, None)

    def history(self, name: str) -> list[MemoryWrite]:
        """Every write, oldest first, with the run and the node that made it."""
        return self._reach(lambda: self._store.memory.history(self.scope, self.owner, name))

    def schema(self, name: str) -> JsonObject:
        """JSON Schema of a value. Raises NotFound."""
        return self._declared(name).schema

    def _write(self, name: str, value: Json) -> None:
        self._reach(
            lambda: self._store.memory.set(
                MemoryWrite(self.scope, self.owner, name, value, self._clock.now())
            )
        )

    def _declared(self, name: str) -> MemoryDef:
        found = self._project.memory.get(name)
        if found is not None and found.scope == self.scope:
            return found
        names = [n for n, d in self._project.memory.items() if d.scope == self.scope]
        known = ", ".join(names) or "none"
        raise NotFound(
            f"No `memory.{name}` of a {self.scope} is declared.",
            hint=f"Declared for a {self.scope}: {known}. Add it under `memory:`.",
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What the nodes of one run share: values by key, as they are now."""

    run: RunId
    _store: Store
    _reach: Reach

    def names(self) -> list[str]:
        """Keys that were written, sorted."""
        return sorted(self.all())

    def all(self) -> JsonObject:
        """Every key that was written, with its value."""
        return {write.key: write.value for write in self._writes()}

    def get(self, key: str) -> Json:
        """The value last written; None while there is none."""
        return self.all().get(key)

    def history(self, key: str) -> list[ContextWrite]:
        """Every write of a key, oldest first, with the node that made it."""
        return [write for write in self._writes() if write.key == key]

    def _writes(self) -> list[ContextWrite]:
        return self._reach(lambda: self._store.context.of(self.run))


def open_memory(
    scope: str,
    owner: str,
    *,
    project: Project,
    store: Store,
    clock: Clock,
    reach: Reach = call_here,
) -> Memory:
    """The memory of somebody.

    Raises:
        UsageError: there is no such scope.
        NotFound: there is no such flow or agent.
    """
    for known in get_args(Scope):
        if scope == known:
            _check_owner(scope, owner, project)
            return Memory(known, owner, project, store, clock, reach)
    raise UsageError(f"There is no scope {scope!r}.", hint="The scopes are: flow, agent, user.")


def _check_owner(scope: str, owner: str, project: Project) -> None:
    known = {"flow": project.flows, "agent": project.agents}.get(scope)
    if known is not None and owner not in known:
        names = ", ".join(known) or "none"
        raise NotFound(f"There is no {scope} {owner!r}.", hint=f"There are: {names}.")
