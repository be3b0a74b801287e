"""`why` always has an answer, down to the first cause."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pantheon.errors import NotFound
from pantheon.flows import Changes, Edit, fork, why
from pantheon.ids import RunId
from pantheon.spec import FlowDef, Merge, NodeDef, Wait
from pantheon.store import Run, Store
from tests.flows.building import RunFlow, e, flow, node
from tests.flows.test_fork import INNER, step


def chain(store: Store, run: Run, name: str) -> list[tuple[str, str]]:
    """Node and state of every link."""
    return [(link.node, link.state) for link in why(store, run.id, name).links]


def sentence(store: Store, run: Run, name: str) -> str:
    """What is said about the node itself."""
    return why(store, run.id, name).links[0].sentence


def test_a_skip_is_followed_to_the_first_cause(run_flow: RunFlow, store: Store) -> None:
    """From the last node to the condition that was false, with what it read."""
    run = run_flow(
        flow(
            step("a", "1"),
            step("b", "1", when="a.n > 100"),
            step("c", "b.n"),
            step("d", "c.n"),
        )
    )

    links = why(store, run.id, "d").links
    assert [(link.node, link.state) for link in links] == [
        ("d", "skipped"),
        ("c", "skipped"),
        ("b", "skipped"),
    ]
    assert links[-1].sentence == "`a.n > 100` is not true. (a.n is 2)"


def test_who_answered_is_told(run_flow: RunFlow, store: Store) -> None:
    """A node that went well says who answered, and what a merge took."""
    run = run_flow(
        flow(
            step("a", "1"),
            node("b", "boom", given={}, fallback="a2"),
            step("a2", "5"),
            node("m", given={}, merge=Merge(("b", "a"), "any")),
            output={"m": "m"},
        )
    )

    assert sentence(store, run, "a") == "The tier `python` answered."
    assert sentence(store, run, "b").startswith("a2 stood in for it: ")
    assert sentence(store, run, "m") == "The merge took b."


def test_inside_items_and_flows_causes_are_found(run_flow: RunFlow, store: Store) -> None:
    """The item that failed; the node inside the flow that failed."""
    inner = flow(step("one", "1"), node("bad", "boom", given={}), name="inner")
    run = run_flow(
        flow(
            node("m", "odd_is_wrong", given={"n": "item"}, map="[2, 3]"),
            NodeDef("sub", body=inner),
            step("behind", "sub.n"),
        )
    )

    assert chain(store, run, "m") == [("m", "failed"), ("m[1]", "failed")]
    assert chain(store, run, "behind") == [
        ("behind", "skipped"),
        ("sub", "failed"),
        ("sub/bad", "failed"),
    ]


def test_a_node_that_has_not_begun_says_what_it_waits_for(store: Store, make_runtime: Any) -> None:
    """A person, an event, a time: the chain ends at what must happen."""
    waiting = flow(
        node("ask", "person", given={}),
        NodeDef("go", wait=Wait(event="approved")),
        step("b", "ask.n", after=("go",)),
    )
    run = asyncio.run(make_runtime(waiting).run("flow", {}))

    links = why(store, run.id, "b").links
    assert links[0].sentence == "It waits for ask and go to end."
    assert links[1].sentence == "A person is asked: What is it?"
    assert sentence(store, run, "go") == "It waits for the event 'approved'."


def test_nodes_inside_what_did_not_run_point_outwards(run_flow: RunFlow, store: Store) -> None:
    """The inner node was never reached, because the outer one was skipped."""
    inner: FlowDef = flow(*INNER.nodes.values(), name="inner", output={"n": "two.n"})
    body = NodeDef("sub", body=inner, inputs={"x": e("1"), "y": e("1")}, when=e("false"))
    run = run_flow(flow(step("a", "1"), body, output={"n": "a.n"}))

    assert chain(store, run, "sub/two") == [("sub/two", "not begun"), ("sub", "skipped")]


def test_an_edited_output_says_so(run_flow: RunFlow, store: Store) -> None:
    """What a user put there is never shown as an answer."""
    run = run_flow(flow(step("a", "1")))
    forked = fork(store, run.id, Changes(edits=(Edit("a.n", 7),)), new_id=RunId("rfork"))

    assert "A user put its output there" in sentence(store, forked.run, "a")


def test_an_unknown_node_names_the_nearest(run_flow: RunFlow, store: Store) -> None:
    """A misspelt name, and an inner name without its outer one."""
    inner = flow(step("one", "1"), name="inner")
    run = run_flow(flow(NodeDef("sub", body=inner), output={}))

    with pytest.raises(NotFound) as misspelt:
        why(store, run.id, "sbu")
    with pytest.raises(NotFound) as short:
        why(store, run.id, "one")
    assert (misspelt.value.hint, short.value.hint) == (
        "Did you mean `sub`?",
        "Did you mean `sub/one`?",
    )
