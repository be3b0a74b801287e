"""What the nodes of a run share: the run's context, and memory that outlives it.

Keys and who may use them are declared and checked when the file is loaded. Every write is kept
with the node that made it, in the commit of that node's result: neither is ever there without the
other.
"""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.agents import Reason
from pantheon.clock import Clock
from pantheon.errors import InputError
from pantheon.flows._ending import Ending, failed
from pantheon.flows._plan import Plan
from pantheon.ids import Json, JsonObject
from pantheon.spec import ExpressionFault, MemoryDef, NodeDef, validate_value
from pantheon.store import ContextWrite, MemoryWrite, Run, Store, encode_json

MEMORY = "memory."


class Bus:
    """Context and memory of one run in this process."""

    def __init__(
        self, run: Run, store: Store, clock: Clock, *, memory: Mapping[str, MemoryDef]
    ) -> None:
        self.context: JsonObject = {}
        """Values by key, as they are now; in expressions `context`."""
        self._run = run
        self._store = store
        self._clock = clock
        self._memory = memory
        self._written = 0

    def declare(self, plan: Plan) -> None:
        """Give keys that a flow declares their first values; one that has a value keeps it."""
        for name, key in plan.flow.context.items():
            self.context.setdefault(name, key.initial)

    def restore(self) -> None:
        """Take over what was written before this process."""
        for write in self._store.context.of(self._run.id):
            self.context[write.key] = write.value
            self._written = write.seq

    def remembered(self, agent: str | None) -> JsonObject:
        """The memory as one node sees it: in expressions `memory`."""
        return {name: self._recall(name, agent) for name in self._memory}

    def _recall(self, name: str, agent: str | None) -> Json:
        definition = self._memory[name]
        owner = self._owner(definition, agent)
        value = None if owner is None else self._store.memory.get(definition.scope, owner, name)
        return definition.initial if value is None else value

    def _owner(self, definition: MemoryDef, agent: str | None) -> str | None:
        match definition.scope:
            case "flow":
                return self._run.flow
            case "agent":
                return agent
            case "user":
                return self._run.user

    # ------------------------------------------------------------------ writing

    def shared(
        self,
        plan: Plan,
        node: NodeDef,
        ending: Ending,
        scope: Mapping[str, Json],
        *,
        path: str,
        index: int,
    ) -> Ending:
        """The ending of a node after what it has to say was written, or why it cannot be."""
        try:
            around = {**scope, "output": ending.output}
            values = {key: e.evaluate(around) for key, e in node.writes.items()}
        except ExpressionFault as fault:
            return failed(Reason.INVALID_OUTPUT, fault.message, attempts=ending.attempts)
        problems = self._problems(plan, node, values)
        if problems:
            message = f"What it writes does not satisfy the contract: {'; '.join(problems)}."
            return failed(Reason.INVALID_OUTPUT, message, attempts=ending.attempts)
        self._write(node, values, path=path, index=index)
        return ending

    def _problems(self, plan: Plan, node: NodeDef, values: JsonObject) -> list[str]:
        """What is wrong with values that a node wants to write; empty when they may be written."""
        found: list[str] = []
        for key, value in values.items():
            name = key.removeprefix(MEMORY)
            if key.startswith(MEMORY):
                definition = self._memory[name]
                found += validate_value(definition.schema, value)
                found += self._homeless(definition, name, node)
            else:
                found += validate_value(plan.flow.context[key].schema, value)
        return found or _beyond_json(values)

    def _homeless(self, definition: MemoryDef, name: str, node: NodeDef) -> list[str]:
        if self._owner(definition, node.agent) is not None:
            return []
        return [f"`memory.{name}` belongs to a {definition.scope}, and this run knows none"]

    def _write(self, node: NodeDef, values: JsonObject, *, path: str, index: int) -> None:
        """Keep what a node wrote; the commit of its result makes it last."""
        for key, value in values.items():
            if key.startswith(MEMORY):
                self._remember(node, key.removeprefix(MEMORY), value, path=path, index=index)
            else:
                self._share(key, value, path=path, index=index)

    def _share(self, key: str, value: Json, *, path: str, index: int) -> None:
        self._written += 1
        self.context[key] = value
        write = ContextWrite(
            self._run.id, self._written, key, value, path, index, self._clock.now()
        )
        self._store.context.write(write)

    def _remember(self, node: NodeDef, name: str, value: Json, *, path: str, index: int) -> None:
        definition = self._memory[name]
        owner = self._owner(definition, node.agent)
        assert owner is not None, "told by `problems`"
        now, run = self._clock.now(), self._run.id
        write = MemoryWrite(definition.scope, owner, name, value, now, run, path, index)
        self._store.memory.set(write)


def _beyond_json(values: JsonObject) -> list[str]:
    """Found before anything is written: all of it or nothing."""
    try:
        encode_json(values)
    except InputError as error:
        return [error.message]
    return []
