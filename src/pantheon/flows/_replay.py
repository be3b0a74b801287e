"""A recorded run executed once more from its journal alone: nothing is asked, nothing is written.

What agents, people, times and events gave is taken from the journal. All that follows from it is
worked out again by the pinned plan (who is skipped, what merges take, what maps, loops and flows
inside nodes come to, how the run ends) and compared with what was recorded.

Three things are taken as they were recorded as well, because they depend on more than the journal:
what a behaviour tree did, what reads the context or memory in passing, and merges that need not
wait for all of their sources, with what they may do without. So is all of a flow that one failure
ended at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pantheon.agents import Outcome, Reason, Request, UserFunctions, Waiting
from pantheon.flows._answering import Surroundings
from pantheon.flows._attempts import Answerer
from pantheon.flows._conclusion import Conclusion, conclude
from pantheon.flows._ending import BROKEN
from pantheon.flows._frame import Frame
from pantheon.flows._frames import make_frame
from pantheon.flows._history import History, Plans, Scene, read_history
from pantheon.flows._places import Key, owners_of, split, written
from pantheon.flows._plan import Plan
from pantheon.flows._reads import stand_ins_of
from pantheon.flows._recorder import Recorder
from pantheon.flows._spread import had_ended
from pantheon.flows._work import Work
from pantheon.ids import Json, JsonObject, RunId
from pantheon.spec import AgentDef, NodeDef, expressions_of
from pantheon.store import NodeResult, Run, Store


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the replay came to otherwise."""

    where: str
    """A node as people write it, or `the run`."""
    what: Literal["state", "reason", "output", "failure"]
    recorded: Json
    replayed: Json


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of executing a run again."""

    run: Run
    taken: int
    """Results taken from the journal as they are."""
    worked_out: int
    """Results worked out again and compared."""
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether everything came out as recorded."""
        return not self.differences


async def replay(store: Store, run_id: RunId | str) -> Replay:
    """Execute a recorded run again from its journal. Raises NotFound, InputError, SpecError."""
    run = store.runs.get(run_id)
    history = read_history(store, run)
    derived = _derived(history)
    taken = [result for key, result in history.results.items() if key not in derived]
    with Store.open(":memory:", clock=_Standstill(run.created)) as scratch:
        for write in store.context.of(run.id):
            scratch.context.write(write)
        conclusion = await _execute(scratch, history, taken)
        found = {(r.node, r.index): r for r in scratch.journal.results(run.id)}
    differences = [
        *(d for key in history.results if key in derived for d in _compare(history, key, found)),
        *_compare_ends(run, conclusion),
    ]
    return Replay(run, len(taken), len(derived), tuple(differences))


async def _execute(scratch: Store, history: History, taken: Iterable[NodeResult]) -> Conclusion:
    run, recorder = history.run, Recorder(scratch, history.run.id, None, new=True)
    around = _surroundings(history, scratch.clock)
    work = Work(run, store=scratch, surroundings=around, recorder=recorder, make_frame=make_frame)
    work.restore(taken)
    with scratch.commits.grouped():
        frame = make_frame(history.plans.root, work, "", run.input)
        conclusion = await frame.execute()
    return _as_it_ended(run, frame) or conclusion


def _as_it_ended(run: Run, frame: Frame) -> Conclusion | None:
    """The end of a run that came from outside its nodes: its time, or a failure that stops all."""
    failure = run.failure or {}
    node = failure.get("node")
    if node is None and failure.get("reason") == Reason.TIMEOUT.value:
        return conclude(frame.plan, frame.scope, frame.endings, out_of_time=True)
    step = frame.plan.steps.get(str(node)) if node is not None else None
    if step is None or step.node.on_error != "stop" or str(node) not in frame.endings:
        return None
    return conclude(
        frame.plan, frame.scope, frame.endings, out_of_time=False, stopped=step.node.name
    )


# ------------------------------------------------------------------------- what is worked out


def _derived(history: History) -> set[Key]:
    """Results that are worked out again: they follow, and so do those of the nodes around them."""
    stopped = {split(r.node)[0] for r in history.results.values() if _stops(history, r)}
    found = {
        key
        for key, result in history.results.items()
        if split(key[0])[0] not in stopped and _follows(history, result)
    }
    return {
        key
        for key in found
        if all(o in found for o in (*owners_of(key[0]), (key[0], -1)) if o in history.results)
    }


def _stops(history: History, result: NodeResult) -> bool:
    """Whether it is a failure that ended its flow at once: what went before it had its turn."""
    node = history.node(result.node)
    return node is not None and node.on_error == "stop" and result.state in BROKEN


def _follows(history: History, result: NodeResult) -> bool:
    """Whether a result follows from others, so that it can be worked out again."""
    prefix, name = split(result.node)
    scene = history.scene(prefix)
    step = scene and scene.plan.steps.get(name)
    if scene is None or step is None or scene.plan.flow.tree is not None:
        return False
    node = step.node
    if result.state == "skipped" and not had_ended(result):
        return True  # the end of the run left it so
    if step.cancellable:
        return False
    if node.writes or _reads_stores(scene.plan, node) or (result.note or {}).get("edited"):
        return False
    match result.state:
        case "ok":
            early = node.merge is not None and node.merge.early
            return (
                result.reason is None and not early and _is_made_of_others(history, scene, result)
            )
        case "waiting":
            return node.merge is None and _is_made_of_others(history, scene, result)
        case "skipped":
            return result.index < 0 and node.merge is None
        case "cancelled":
            return False
        case _:
            return result.index < 0 and (node.map is not None or node.loop is not None)


def _is_made_of_others(history: History, scene: Scene, result: NodeResult) -> bool:
    node = scene.plan.flow.nodes[split(result.node)[1]]
    if node.merge is not None:
        return True
    if result.index < 0 and (node.map is not None or node.loop is not None):
        return True
    inner = history.scenes_of(result)
    return (
        (node.body is not None or node.flow is not None or node.plan is not None)
        and result.attempts <= 1
        and bool(inner)
        and all(_is_plain(part.plan) for part in inner)
    )


def _is_plain(plan: Plan) -> bool:
    """Whether the output of a flow follows from what its nodes gave."""
    roots = {root for e in plan.flow.output.values() for root in e.roots}
    return plan.flow.tree is None and not roots & {"context", "memory"}


def _reads_stores(plan: Plan, node: NodeDef) -> bool:
    every = [e for one in (node, *stand_ins_of(plan, node)) for e in expressions_of(one)]
    return any(e.roots & {"context", "memory"} for e in every)


# --------------------------------------------------------------------------------- surroundings


class _Standstill:
    """The clock of a replay: nothing comes due, and nobody who sleeps wakes up."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def elapsed(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class _Recorded:
    """An agent that waits: what it had answered is in the journal, and asked for no more."""

    def __init__(self, definition: AgentDef, history: History) -> None:
        self.definition = definition
        self._history = history

    async def answer(self, input: JsonObject, request: Request) -> Outcome:
        """Wait as it waited; when it had not even been asked, that is a difference."""
        known = self._history.result(request.node or "", request.index)
        question = (known.reason or {}).get("inbox") if known is not None else None
        return Waiting(str(question or "which the journal does not have"))

    def slot(self, request: Request) -> AbstractAsyncContextManager[object]:
        """Nothing is scarce."""
        return nullcontext()


class _Flows(dict[str, Plan]):
    """Flows by name, compiled when first run."""

    def __init__(self, plans: Plans) -> None:
        super().__init__()
        self._plans = plans

    def __missing__(self, name: str) -> Plan:
        return self._plans.named(name)


def _surroundings(history: History, clock: object) -> Surroundings:
    pin = history.plans.pin
    agents: dict[str, Answerer] = {n: _Recorded(a, history) for n, a in pin.agents.items()}
    assert isinstance(clock, _Standstill)
    return Surroundings(
        clock=clock,
        functions=UserFunctions(Path()),
        agents=agents,
        flows=_Flows(history.plans),
        definitions=pin.agents,
        memory=pin.memory,
    )


# ----------------------------------------------------------------------------------- comparing


def _compare(history: History, key: Key, found: dict[Key, NodeResult]) -> Iterable[Difference]:
    was, now = history.results[key], found.get(key)
    where = written(*key)
    if now is None:
        yield Difference(where, "state", was.state, None)
        return
    if was.state != now.state:
        yield Difference(where, "state", was.state, now.state)
        return
    before, after = _reason_of(was), _reason_of(now)
    if before != after:
        yield Difference(where, "reason", before, after)
    if was.output != now.output:
        yield Difference(where, "output", was.output, now.output)


def _reason_of(result: NodeResult) -> Json:
    return (result.reason or {}).get("reason")


def _compare_ends(run: Run, conclusion: Conclusion) -> Iterable[Difference]:
    if run.state in {"queued", "running", "cancelled"}:
        return  # it has not ended, or not by itself
    if run.state != conclusion.state:
        yield Difference("the run", "state", run.state, conclusion.state)
        return
    if run.output != conclusion.output:
        yield Difference("the run", "output", run.output, conclusion.output)
    if run.state in BROKEN and run.failure != conclusion.failure:
        yield Difference("the run", "failure", run.failure, conclusion.failure)


# ---------------------------------------------------------------------------- a point in time


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one node was at some point of a run."""

    node: str
    index: int
    state: str
    """A state of a node, `at work`, or `not begun`."""
    seq: int | None = None
    """The event that put it there."""


def standings(store: Store, run_id: RunId | str, seq: int) -> list[Standing]:
    """Where every node was after event `seq`: in the order of the flow, then of the journal."""
    run = store.runs.get(run_id)
    history = read_history(store, run)
    begun = {
        (str(e.node), _index_of(e.data)): e.seq
        for e in store.events.since(run.id)
        if e.kind == "node_started" and e.seq <= seq
    }
    ended = {key: result for key, result in history.results.items() if result.seq <= seq}
    keys: dict[Key, None] = {(path, -1): None for path in history.plans.root.steps}
    keys |= dict.fromkeys([*history.results, *begun])
    return [_standing(key, ended, begun) for key in keys]


def _index_of(data: JsonObject) -> int:
    index = data.get("index")
    return index if isinstance(index, int) else -1


def _standing(key: Key, ended: dict[Key, NodeResult], begun: dict[Key, int]) -> Standing:
    if key in ended:
        return Standing(*key, ended[key].state, ended[key].seq)
    if key in begun:
        return Standing(*key, "at work", begun[key])
    return Standing(*key, "not begun")
