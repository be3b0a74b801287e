"""Which results of a run no longer hold when something in it changes, and why.

A change spreads along what nodes read, field by field where their expressions say so: data,
conditions, merges, order, stand-ins, the context they share; into flows inside nodes by what these
read of their input, and out of them by their output. What it does not reach is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

from pantheon.agents import Reason
from pantheon.flows._bus import MEMORY
from pantheon.flows._conclusion import NEVER_ENDED
from pantheon.flows._history import History, Scene
from pantheon.flows._places import Key, is_inside, owner_of, owners_of, prefixes_of, split, written
from pantheon.flows._plan import Plan, Step
from pantheon.flows._reads import Path, Readers, Reads
from pantheon.store import NodeResult


class Spread:
    """Follows changes through one recorded run."""

    def __init__(self, history: History, *, fixed: Collection[str] = ()) -> None:
        """`fixed`: nodes (by path) whose output is given and holds whatever else changes."""
        self.again: dict[Key, str] = {}
        """Results that do not hold any longer, with the reason."""
        self._history = history
        self._fixed = frozenset(fixed)
        self._nodes: set[str] = set()
        self._changes: set[tuple[str, Path]] = set()
        self._pending: deque[Callable[[], None]] = deque()
        self._readers: dict[int, Readers] = {}
        self._trees: dict[str, int] = {}
        """By prefix of a frame with a tree: after which event nothing of it holds."""
        self._under = _by_node(history)

    def settle(self) -> None:
        """Follow everything to its end; a work list, because chains are long."""
        while self._pending:
            self._pending.popleft()()

    # ------------------------------------------------------------------ what may change

    def rerun(self, path: str, why: str) -> None:
        """A node runs again, with all inside it."""
        if path in self._nodes or path in self._fixed:
            return
        self._nodes.add(path)
        for key in self._under.get(path, ()):
            self._drop(key, why)
        prefix, name = split(path)
        scene = self._history.scenes.get(prefix)
        step = scene and scene.plan.steps.get(name)
        if scene is None or step is None:
            self._rerun_owner(prefix, path)
            return
        self._rerun_with(scene, step)
        self._change(prefix, (name,))
        self._outcome_changed(prefix, path)

    def rerun_time(self, path: str, index: int, why: str) -> None:
        """One item of a map runs again, or one round of a loop and those after it."""
        node = self._history.node(path)
        looped = node is not None and node.loop is not None
        for key in self._under.get(path, ()):
            time = _time_of(key, path)
            if time == index or (looped and time > index):
                self._drop(key, why)
        self._drop((path, -1), why)
        prefix, name = split(path)
        self._change(prefix, (name,) if looped else (name, str(index)))
        self._outcome_changed(prefix, path)

    def regroup(self, path: str, why: str) -> None:
        """A node is put together anew from what is inside it, which stays."""
        for key in self._under.get(path, ()):
            if key[0] == path:
                self._drop(key, why)
        prefix, name = split(path)
        self._change(prefix, (name,))
        self._outcome_changed(prefix, path)

    def edited(self, key: Key, fields: Path, *, revived: bool) -> None:
        """The output of a node is another one in these fields.

        `revived`: it had given nothing before, so that it is another one altogether.
        """
        prefix, name = split(key[0])
        self._change(prefix, (name,) if revived else (name, *fields))
        if revived:
            self._outcome_changed(prefix, key[0])
        result = self._history.results.get(key)
        if result is not None:
            self._writes_changed(result, f"{written(key[0])} wrote it anew")
            self._behind_in_tree(result)

    def input_changed(self, fields: Path) -> None:
        """The input of the run is another one in these fields."""
        self._change("", ("input", *fields))

    def store_changed(self, root: str, name: str, *, since: int, why: str) -> None:
        """A key of the context (or of memory) has another value from event `since` on."""
        change = (root, name)
        for scene in self._history.scenes.values():
            readers = self._of(scene.plan)
            for target, reads in readers.of(change):
                if reads.sees(change) or reads.ports_at(change):
                    self._rerun_since(scene.prefix + target, since, why)
            if scene.owner is not None and readers.outputs_at(change):
                self._rerun_since(scene.above + scene.owner.name, since, why, refresh=scene)

    def unfinished(self, result: NodeResult, why: str) -> None:
        """A node had not come to an end; what is inside it is judged by itself."""
        self.again[result.node, result.index] = why
        self._drop_around(result.node, f"{written(result.node, result.index)} had not ended")
        prefix, name = split(result.node)
        self._change(prefix, (name,))

    # ------------------------------------------------------------------ how it spreads

    def _change(self, prefix: str, change: Path) -> None:
        if (prefix, change) not in self._changes:
            self._changes.add((prefix, change))
            self._pending.append(lambda: self._spread(prefix, change))

    def _spread(self, prefix: str, change: Path) -> None:
        scene = self._history.scenes.get(prefix)
        if scene is None:
            return
        readers = self._of(scene.plan)
        for name, reads in readers.of(change):
            self._reach(scene, name, reads, change)
        for field in readers.outputs_at(change):
            self._leave(scene, (field,))

    def _reach(self, scene: Scene, name: str, reads: Reads, change: Path) -> None:
        """A change concerns one node: all of it, or what its flow reads of its inputs."""
        path, why = scene.prefix + name, f"it depends on {_named(scene, change)}"
        if reads.sees(change):
            self.rerun(path, why)
            return
        ports = reads.ports_at(change)
        if ports and self._can_be_fed(scene, name):
            self._feed(scene, name, ports, why)
        elif ports:
            self.rerun(path, why)

    def _can_be_fed(self, scene: Scene, name: str) -> bool:
        """Whether all that ran inside a node is known well enough to keep some of it."""
        node = scene.plan.flow.nodes[name]
        if node.body is None and node.flow is None and node.plan is None:
            return False
        path = scene.prefix + name
        inner = (split(key[0])[0] for key in self._under.get(path, ()) if key[0] != path)
        return all(prefix in self._history.scenes for prefix in inner)

    def _feed(self, scene: Scene, name: str, ports: list[str], why: str) -> None:
        path = scene.prefix + name
        if path in self._fixed:
            return
        self.regroup(path, why)
        for inner in self._history.scenes_inside(path):
            for port in ports:
                self._change(inner.prefix, ("input", port))

    def _leave(self, scene: Scene, fields: Path) -> None:
        """The output of the flow of a node is another one in these fields."""
        if scene.owner is None:
            return
        path = scene.above + scene.owner.name
        if path in self._fixed:
            return
        why = f"{written(scene.prefix)[:-1]} gives something else"
        self._drop((path, scene.index), why)
        self._drop((path, -1), why)
        mapped = scene.owner.map is not None and scene.index >= 0
        times = (str(scene.index),) if mapped else ()
        if scene.owner.loop is not None:
            self._drop_later_rounds(path, scene.index)
        self._change(scene.above, (scene.owner.name, *times, *fields))

    def _outcome_changed(self, prefix: str, path: str) -> None:
        """A node inside a flow may end otherwise: so may the node around it."""
        scene = self._history.scenes.get(prefix)
        if scene is not None and scene.owner is not None:
            self._leave(scene, ())
            outer = scene.above + scene.owner.name
            self._pending.append(lambda: self._outcome_changed(scene.above, outer))
        elif prefix and scene is None:
            self._rerun_owner(prefix, path)

    def _drop_later_rounds(self, path: str, index: int) -> None:
        for key in self._under.get(path, ()):
            if _time_of(key, path) > index >= 0:
                self._drop(key, f"round {index + 1} of {written(path)} runs again")

    def _rerun_owner(self, prefix: str, path: str) -> None:
        if prefix:
            above, segment = owner_of(prefix)
            self.rerun(above + segment.name, f"{written(path)} inside it runs again")

    def _rerun_with(self, scene: Scene, step: Step) -> None:
        """What is bound to a node that runs again, though it reads nothing of it."""
        name = step.node.name
        for other in step.stands_in_for:
            self.rerun(scene.prefix + other, f"{name!r} stands in for it")
        for spare in sorted(step.spares):
            if _is_spared(self._history.result(scene.prefix + spare)):
                self.rerun(scene.prefix + spare, f"the merge {name!r} may need it now")

    def _behind_in_tree(self, result: NodeResult) -> None:
        """A tree decides by what came before: all that came after may not come again."""
        prefix, name = split(result.node)
        scene = self._history.scenes.get(prefix)
        if scene is None or scene.plan.flow.tree is None:
            return
        why = f"the tree came to it after {name!r}"
        self._pending.append(lambda: self._drop_since(scene, result.seq, why))

    def _drop_since(self, scene: Scene, since: int, why: str) -> None:
        if since >= self._trees.get(scene.prefix, since + 1):
            return
        self._trees[scene.prefix] = since
        for key, result in self._history.results.items():
            if key[0].startswith(scene.prefix) and result.seq > since:
                self._drop(key, why)
        for name in scene.plan.steps:
            self._change(scene.prefix, (name,))
        self._outcome_changed(scene.prefix, scene.prefix)

    def _rerun_since(
        self, path: str, since: int, why: str, *, refresh: Scene | None = None
    ) -> None:
        """Run a node again unless it had ended before; `refresh`: only put it together anew."""
        keys = self._under.get(path, ())
        if not any(self._history.results[key].seq > since for key in keys):
            return
        if refresh is None:
            self.rerun(path, why)
        else:
            self._leave(refresh, ())

    # ------------------------------------------------------------------ results

    def _drop(self, key: Key, why: str) -> None:
        """A result does not hold; those of the nodes around it are put together anew."""
        if key in self.again or key[0] in self._fixed or key not in self._history.results:
            self._drop_around(key[0], why)
            return
        self.again[key] = why
        self._writes_changed(self._history.results[key], f"{written(key[0])} wrote it")
        self._behind_in_tree(self._history.results[key])
        self._drop_around(key[0], f"{written(*key)} inside it runs again")

    def _drop_around(self, path: str, why: str) -> None:
        for key in owners_of(path):
            known = key in self._history.results and key not in self.again
            if known and key[0] not in self._fixed:
                self.again[key] = why
                self._writes_changed(self._history.results[key], f"{written(key[0])} wrote it")

    def _writes_changed(self, result: NodeResult, why: str) -> None:
        node = self._history.node(result.node)
        if node is None or not self._history.writes_at(result.node, result.index):
            return
        for key in node.writes:
            root, name = (
                ("memory", key[len(MEMORY) :]) if key.startswith(MEMORY) else ("context", key)
            )
            told = f"it reads {root}.{name}, and {why}"
            self._pending.append(
                lambda root=root, name=name, told=told: self.store_changed(
                    root, name, since=result.seq, why=told
                )
            )

    def _of(self, plan: Plan) -> Readers:
        if id(plan) not in self._readers:
            self._readers[id(plan)] = Readers(plan)
        return self._readers[id(plan)]


def had_ended(result: NodeResult) -> bool:
    """Whether a result says what a node came to, and not only that its run was over or paused.

    A pause until a time that is set goes on in a new run.
    """
    reason = result.reason or {}
    if result.state == "waiting":
        return "due" in reason
    if result.state == "skipped":
        return reason.get("message") != NEVER_ENDED
    return result.state != "cancelled" or reason.get("reason") != Reason.CANCELLED.value


def _is_spared(result: NodeResult | None) -> bool:
    reason = None if result is None else (result.reason or {}).get("reason")
    return reason == Reason.NOT_NEEDED.value


def _named(scene: Scene, change: Path) -> str:
    """What changed, as it is seen from the frame."""
    root, *fields = change
    if root in scene.plan.flow.nodes:
        return written(scene.prefix + root)
    return ".".join([root, *fields])


def _by_node(history: History) -> dict[str, list[Key]]:
    """Results by the node whose they are, or inside which they are, at any depth."""
    found: dict[str, list[Key]] = {}
    for key in history.results:
        for node in (*dict.fromkeys(owner for owner, _ in owners_of(key[0])), key[0]):
            found.setdefault(node, []).append(key)
    return found


def _time_of(key: Key, path: str) -> int:
    """The item or round of a node that a result is (or is inside); −1: the node itself."""
    if key[0] == path:
        return key[1]
    assert is_inside(key[0], path)
    prefix = next(p for p in prefixes_of(key[0]) if len(p) > len(path))
    return owner_of(prefix)[1].index
