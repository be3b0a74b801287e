"""Why a node of a run did, or did not do, what it did: from the node to the first cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pantheon.clock import iso
from pantheon.flows._conclusion import NEVER_ENDED
from pantheon.flows._ending import message_of
from pantheon.flows._history import History, Scene, read_history
from pantheon.flows._lease import is_held
from pantheon.flows._places import Key, owner_of, read_index, split, written
from pantheon.flows._plan import Step
from pantheon.flows._why_told import tell_answer, tell_condition
from pantheon.ids import Json, JsonObject, RunId
from pantheon.store import NodeResult, Run, Store

MOST_LINKS = 50
"""Longer chains of causes are cut."""


@dataclass(frozen=True, slots=True)
class Link:
    """What is so about one node; the next link is what it is due to."""

    node: str
    """As people write it."""
    state: str
    """A state of a node, `at work`, or `not begun`."""
    sentence: str
    facts: JsonObject = field(default_factory=dict[str, Json])
    """`reason`, who answered, what it waits for."""


@dataclass(frozen=True, slots=True)
class Why:
    """The node that was asked about first, the first cause last."""

    run: Run
    links: tuple[Link, ...]


def why(store: Store, run_id: RunId | str, node: str) -> Why:
    """Explain one node (`name`, `outer/inner`, `map[3]`). NotFound with the nearest name."""
    run = store.runs.get(run_id)
    history = read_history(store, run)
    path, index = read_index(node)
    history.check_known(path)
    return Why(run, tuple(_Chain(store, history).links(_telling(history, path, index))))


def _telling(history: History, path: str, index: int) -> Key:
    """Of several times, the first that did not go well."""
    places = history.places(path) or [path]
    keys = [history.key_of(place) if index < 0 else (place, index) for place in places]
    known = [key for key in keys if key in history.results]
    bad = [key for key in known if history.results[key].state != "ok"]
    return next(iter([*bad, *known, *keys]))


class _Chain:
    """Follows causes through one run."""

    def __init__(self, store: Store, history: History) -> None:
        self._store = store
        self._history = history
        self._begun = {
            (str(e.node), e.data.get("index", -1)): e.at
            for e in store.events.since(history.run.id)
            if e.kind == "node_started"
        }
        self._at_work = is_held(store, history.run.id)

    def links(self, key: Key | None) -> Iterator[Link]:
        """From a node to what it is due to, and on."""
        seen: set[Key] = set()
        while key is not None and key not in seen and len(seen) < MOST_LINKS:
            seen.add(key)
            result = self._history.results.get(key)
            link, key = self._without_end(key) if result is None else self._ended(result)
            yield link

    # ------------------------------------------------------------------ with a result

    def _ended(self, result: NodeResult) -> tuple[Link, Key | None]:
        node = self._history.node(result.node)
        match result.state:
            case "ok":
                sentence, facts = tell_answer(self._store, result, node)
                return self._link(result, sentence, facts), None
            case "waiting":
                return self._waiting(result)
            case _:
                sentence = message_of(result.reason)
                if (result.reason or {}).get("reason") == "condition":
                    sentence += tell_condition(self._history, result)
                return self._link(result, sentence, result.reason or {}), self._cause(result)

    def _link(self, result: NodeResult, sentence: str, facts: JsonObject) -> Link:
        return Link(written(result.node, result.index), result.state, sentence, facts)

    def _cause(self, result: NodeResult) -> Key | None:
        """The result that a result says it is due to."""
        reason = result.reason or {}
        named, items, number = reason.get("node"), reason.get("items"), reason.get("round")
        if isinstance(items, list) and items and result.index < 0:
            return self._known((result.node, int(str(items[0]))))
        if isinstance(number, int) and result.index < 0:
            return self._known((result.node, number - 1))
        if reason.get("message") == NEVER_ENDED:
            return self._first_missing(result.node)
        if not isinstance(named, str):
            return None
        inside = named.startswith((result.node + "/", result.node + "#", result.node + "@"))
        path = named if inside or "/" in named else split(result.node)[0] + named
        return self._known(self._history.key_of(path))

    def _known(self, key: Key) -> Key | None:
        return key if key in self._history.results else None

    # ------------------------------------------------------------------ waiting

    def _waiting(self, result: NodeResult) -> tuple[Link, Key | None]:
        reason = dict(result.reason or {})
        question = reason.get("inbox")
        sentence = message_of(reason)
        if isinstance(question, str):
            item = self._store.inbox.get(question)
            reason["question"] = item.question
            sentence = f"A person is asked: {item.question}"
        return self._link(result, sentence, reason), self._waits_inside(result)

    def _waits_inside(self, result: NodeResult) -> Key | None:
        """What waits inside a flow, or which item or round."""
        for key, other in self._history.results.items():
            own = key[0] == result.node and key[1] >= 0 > result.index
            prefix = f"{result.node}/" if result.index < 0 else f"{result.node}#{result.index}/"
            if other.state == "waiting" and (own or split(key[0])[0] == prefix):
                return key
        return None

    # ------------------------------------------------------------------ without a result

    def _without_end(self, key: Key) -> tuple[Link, Key | None]:
        path, index = key
        prefix, name = split(path)
        scene = self._history.scene(prefix)
        step = scene and scene.plan.steps.get(name)
        shown = written(path, index)
        if key in self._begun:
            return Link(shown, "at work", self._tell_begun(step, self._begun[key])), None
        if prefix and not self._is_open(prefix):
            return self._around(shown, prefix)
        missing = self._first_missing(path)
        if missing is not None and step is not None:
            names = [
                written(prefix + n) for n in sorted(step.sources) if not self._has_ended(prefix, n)
            ]
            return Link(shown, "not begun", f"It waits for {_listed(names)} to end."), missing
        return Link(shown, "not begun", self._tell_idle(scene)), None

    def _is_open(self, prefix: str) -> bool:
        """Whether something in a frame has ended, and the node around it has not."""
        above, segment = owner_of(prefix)
        return prefix in self._open and (above + segment.name, -1) not in self._history.results

    @property
    def _open(self) -> set[str]:
        return {split(path)[0] for path, _ in [*self._history.results, *self._begun]}

    def _around(self, shown: str, prefix: str) -> tuple[Link, Key | None]:
        above, segment = owner_of(prefix)
        outer = above + segment.name
        sentence = f"It is inside {written(outer)}, which did not come to it."
        return Link(shown, "not begun", sentence), self._history.key_of(outer)

    def _first_missing(self, path: str) -> Key | None:
        """The first source of a node that has not ended."""
        prefix, name = split(path)
        scene = self._history.scene(prefix)
        step = scene and scene.plan.steps.get(name)
        if scene is None or step is None or scene.plan.flow.tree is not None:
            return None
        order = [source for source in scene.plan.steps if source in step.sources]
        names = (source for source in order if not self._has_ended(prefix, source))
        first = next(names, None)
        return None if first is None else (prefix + first, -1)

    def _has_ended(self, prefix: str, name: str) -> bool:
        result = self._history.result(prefix + name)
        return (
            result is not None
            and result.state != "waiting"
            and message_of(result.reason) != NEVER_ENDED
        )

    def _tell_begun(self, step: Step | None, at: float) -> str:
        if not self._at_work:
            return (
                f"It began at {iso(at)}; the process that executed it is gone. "
                f"It runs again: pantheon resume {self._history.run.id}"
            )
        wanted = self._resources(step)
        return f"It began at {iso(at)} and is at work{wanted}."

    def _resources(self, step: Step | None) -> str:
        agent = self._history.plans.agents.get(step.node.agent or "") if step else None
        if agent is None or agent.resources.none:
            return ""
        held = agent.resources
        parts = {"cpu": held.cpu, "memory": held.memory, "gpu": held.gpu}
        told = ", ".join(f"{name} {value:g}" for name, value in parts.items() if value)
        return f", or waits for what it needs ({told})"

    def _tell_idle(self, scene: Scene | None) -> str:
        run = self._history.run
        if scene is not None and scene.plan.flow.tree is not None:
            return "The behaviour tree has not come to it."
        if run.state in {"done", "failed", "cancelled"}:
            return f"It had not begun when the run ended ({run.state})."
        if self._at_work:
            return "All it waits for has ended: it is about to begin."
        return f"Nothing keeps it: it begins when the run goes on. pantheon resume {run.id}"


def _listed(names: list[str]) -> str:
    shown = names[:4] + (["others"] if len(names) > 4 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
