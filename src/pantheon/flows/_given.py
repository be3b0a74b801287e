"""What the agents of a recorded run were given and said, where no row of an answer tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pantheon.flows._history import History, read_history
from pantheon.flows._places import split
from pantheon.ids import JsonObject
from pantheon.spec import ExpressionFault, omit_absent
from pantheon.store import NodeResult, Run, Store


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of a function or a program in a run."""

    agent: str
    tier: str
    input: JsonObject
    output: JsonObject


def given_by_code(store: Store, run: Run) -> list[Given]:
    """The answers of functions and programs: code leaves no rows, so inputs are computed again.

    What depends on memory or on the run's context is left out. InputError when the course of the
    run was deleted to save space.
    """
    history = read_history(store, run)
    return [given for result in history.results.values() for given in _given(history, result)]


def _given(history: History, result: NodeResult) -> Iterator[Given]:
    note, (prefix, name) = result.note or {}, split(result.node)
    scene = history.scene(prefix)
    node = None if scene is None else scene.plan.flow.nodes.get(name)
    if scene is None or node is None or node.agent is None or not isinstance(result.output, dict):
        return
    if result.state != "ok" or "tier" not in note or note.get("answer"):
        return
    agent = history.plans.agents[node.agent]
    try:
        scope = history.scope_of_time(scene, node, result.index)
        values = {key: each.evaluate(scope) for key, each in node.inputs.items()}
    except ExpressionFault:
        return
    input = omit_absent(agent.input, values)
    yield Given(node.agent, str(note["tier"]), input, result.output)
