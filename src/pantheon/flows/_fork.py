"""A new run that begins with what another one knows, but for what a change makes doubtful.

Every result that does not depend on the change is kept; only the rest runs again, when the new run
is resumed. The old run stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pantheon.errors import InputError
from pantheon.flows._bus import MEMORY
from pantheon.flows._compare import spread_changes
from pantheon.flows._edits import (
    INPUT,
    Edit,
    Target,
    contract_of,
    edit_input,
    edit_output,
    find_one,
    find_places,
    read_edit,
)
from pantheon.flows._history import History, Plans, Scene, read_history
from pantheon.flows._pin import KIND, Pin
from pantheon.flows._places import Key, read_index, split
from pantheon.flows._spread import Spread, had_ended
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import ExpressionFault, NodeDef, describe_fields, validate_value
from pantheon.store import ContextWrite, NodeResult, Run, Store

EDITED: JsonObject = {"edited": "user"}
"""The note of a result that a user put in place of what a node gave."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be otherwise in the new run."""

    again: tuple[str, ...] = ()
    """Nodes from which on everything runs again: `name`, `outer/inner`, `map[3]`."""
    edits: tuple[Edit, ...] = ()
    """Values put in place of what nodes gave, or of what the run was given."""


@dataclass(frozen=True, slots=True)
class Forked:
    """A new run that waits to be resumed, and what it begins with."""

    run: Run
    kept: tuple[Key, ...]
    again: Mapping[Key, str]
    """Results of the old run that it does not have, and why."""
    edited: tuple[str, ...]
    """Nodes whose output is the user's."""


def fork(
    store: Store, run_id: RunId | str, changes: Changes, *, new_id: RunId, now: Pin | None = None
) -> Forked:
    """Write the new run; `Runtime.resume` runs what it lacks.

    `now`: the flow as it is defined now; nodes whose definition or agent is another one run again.
    Without it the new run is pinned to what the old one was. Raises NotFound (no such run, no such
    node) and InputError (a value that breaks its contract, a path that is none, results deleted).
    """
    run = store.runs.get(run_id)
    history = read_history(store, run)
    plan = _Plan(history, changes, now)
    return plan.write(store, new_id)


class _Plan:
    """What a fork keeps, what it changes, and what it leaves out."""

    def __init__(self, history: History, changes: Changes, now: Pin | None) -> None:
        self.history = history
        self.pin = now or history.plans.pin
        targets = [read_edit(edit) for edit in changes.edits]
        given = [target for target in targets if target.node == INPUT]
        self.input = edit_input(self.pin.flow.input, history.run.input, given) if given else None
        self.edits = _by_key(history, [t for t in targets if t.node != INPUT])
        self.outputs = {key: self._edited(key, some) for key, some in self.edits.items()}
        self.spread = Spread(history, fixed=[place for place, _ in self.edits])
        self._spread(changes, given, now)

    def _spread(self, changes: Changes, given: list[Target], now: Pin | None) -> None:
        spread, history = self.spread, self.history
        for result in history.results.values():
            if not had_ended(result):
                spread.unfinished(result, "it had not come to an end")
        for name in changes.again:
            self._rerun(name)
        for key, targets in self.edits.items():
            known = history.results.get(key)
            revived = known is None or known.state != "ok"
            for target in targets:
                spread.edited(key, target.path, revived=revived)
        for target in given:
            spread.input_changed(target.path)
        if now is not None:
            self._check_input(now)
            spread_changes(spread, history, Plans(now))
        spread.settle()

    def _rerun(self, name: str) -> None:
        node, index = read_index(name)
        for place in find_places(self.history, node):
            if any(place == edited for edited, _ in self.edits):
                raise InputError(
                    f"The node `{name}` cannot both run again and have a given output.",
                    hint="Leave out one of the two.",
                )
            if index < 0:
                self.spread.rerun(place, "it is to run again")
            elif self.history.result(place, index) is None:
                raise InputError(
                    f"The node `{node}` has no item or round {index} in run {self.history.run.id}.",
                    hint=f"`pantheon runs show {self.history.run.id}` lists them.",
                )
            else:
                self.spread.rerun_time(place, index, "it is to run again")

    def _edited(self, key: Key, targets: list[Target]) -> Json:
        scene, node = _place_of(self.history, key[0])
        known = self.history.results.get(key)
        schema = contract_of(self.history, scene, node) if scene and node else None
        return edit_output(schema, known.output if known else None, targets)

    def _check_input(self, now: Pin) -> None:
        problems = validate_value(now.flow.input, self.input or self.history.run.input)
        if problems:
            raise InputError(
                f"The input of the run does not satisfy the contract of flow {now.flow.name!r} "
                f"as it is now: {'; '.join(problems)}.",
                hint=f"It expects {describe_fields(now.flow.input)}; --set input.FIELD=VALUE.",
            )

    # ------------------------------------------------------------------ writing

    def write(self, store: Store, new_id: RunId) -> Forked:
        """The new run with what it keeps, in one transaction."""
        old, again = self.history.run, self.spread.again
        kept = [k for k in self.history.results if k not in again and k not in self.edits]
        writes = [write for key in self.edits for write in self._writes(store, key, new_id)]
        with store.transaction():
            if self.pin.hash != old.flow_hash:
                store.definitions.put(KIND, self.pin.flow.name, self.pin.hash, self.pin.body)
            run = store.fork(old.id, self._new_run(store, new_id), frozenset(kept))
            for key, output in self.outputs.items():
                store.journal.record(self._result(store, run, key, output))
            for write in writes:
                store.context.write(write)
            store.events.append(run.id, "run_forked", None, self._facts(kept))
            store.commits.settle_rows()
        return Forked(run, tuple(kept), dict(again), tuple(place for place, _ in self.outputs))

    def _new_run(self, store: Store, new_id: RunId) -> Run:
        now = store.clock.now()
        return replace(
            self.history.run,
            id=new_id,
            flow_hash=self.pin.hash,
            input=self.history.run.input if self.input is None else self.input,
            state="queued",
            created=now,
            cause="fork",
            started=now,
            finished=None,
            output=None,
            failure=None,
            night=None,
            deadline=None,
        )

    def _result(self, store: Store, run: Run, key: Key, output: Json) -> NodeResult:
        now, known = store.clock.now(), self.history.results.get(key)
        return NodeResult(
            run.id, *key, "ok", output, None, known.attempts if known else 0, now, now,
            seq=store.events.last(run.id) + 1, note=EDITED,
        )  # fmt: skip

    def _writes(self, store: Store, at: Key, run: RunId) -> list[ContextWrite]:
        """What an edited node writes to the context, in the place of what it wrote before."""
        scene, node = _place_of(self.history, at[0])
        if scene is None or node is None or not node.writes:
            return []
        before = store.context.of(self.history.run.id)
        numbers = {w.key: w.seq for w in before if (w.node, w.index) == at}
        last = max((write.seq for write in before), default=0)
        values = self._values(scene, node, at)
        return [
            ContextWrite(run, numbers.get(key, last + i), key, value, *at, store.clock.now())
            for i, (key, value) in enumerate(values.items(), 1)
        ]

    def _values(self, scene: Scene, node: NodeDef, at: Key) -> JsonObject:
        scope = {**self.history.scope(scene), "output": self.outputs[at]}
        try:
            return {
                k: e.evaluate(scope) for k, e in node.writes.items() if not k.startswith(MEMORY)
            }
        except ExpressionFault as fault:
            raise InputError(
                f"What `{at[0]}` writes cannot be made of its edited output: {fault.message}",
                hint=fault.hint,
            ) from None

    def _facts(self, kept: list[Key]) -> JsonObject:
        again: list[Json] = list(dict.fromkeys(node for node, _ in self.spread.again))
        facts: JsonObject = {"parent": self.history.run.id, "kept": len(kept), "again": again}
        if self.outputs:
            facts["edited"] = [place for place, _ in self.outputs]
        return facts


def _place_of(history: History, place: str) -> tuple[Scene | None, NodeDef | None]:
    return history.scene(split(place)[0]), history.node(place)


def _by_key(history: History, targets: list[Target]) -> dict[Key, list[Target]]:
    found: dict[Key, list[Target]] = {}
    for target in targets:
        found.setdefault(history.key_of(find_one(history, target.node)), []).append(target)
    return found
