"""Two runs side by side, value by value."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pantheon.flows import ValueChange, diff
from pantheon.flows._diff import compare_values
from pantheon.ids import Json
from pantheon.store import Store
from tests.flows.building import RunFlow, flow
from tests.flows.test_fork import DIAMOND, step

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_what_differs_is_told_and_the_rest_is_not(run_flow: RunFlow, store: Store) -> None:
    """Input, the nodes it reaches, output; the other branch is the same."""
    first = run_flow(DIAMOND, {"n": 1, "m": 5})
    second = run_flow(DIAMOND, {"n": 1, "m": 6})
    found = diff(store, first.id, second.id)

    assert not found.same
    assert found.flow == ()
    assert found.input == (ValueChange("m", 5, 6),)
    assert {pair.node for pair in found.nodes if not pair.same} == {"right", "end"}
    assert found.output == (ValueChange("n", 9, 10),)
    assert diff(store, first.id, first.id).same


def test_changed_definitions_are_named(store: Store, make_runtime: Any) -> None:
    """Between two versions of the same flow: nodes changed, new and gone."""
    before = flow(step("a", "1"), step("b", "a.n"), step("gone", "1"), output={})
    after = flow(step("a", "1"), step("b", "a.n + 1"), step("new", "1"), output={})
    first = asyncio.run(make_runtime(before).run("flow", {}))
    second = asyncio.run(make_runtime(after).run("flow", {}))
    found = diff(store, first.id, second.id)

    assert found.flow is not None
    assert {(c.path, c.kind) for c in found.flow} == {
        ("b", "changed"),
        ("new", "new"),
        ("gone", "removed"),
    }


@given(before=VALUES, after=VALUES)
def test_values_differ_exactly_when_there_are_changes(before: Json, after: Json) -> None:
    """No difference is lost and none is invented, `true` and 1 apart."""
    changes = compare_values(before, after)

    assert bool(changes) == (repr(_ordered(before)) != repr(_ordered(after)))


def _ordered(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def test_changes_are_as_small_as_they_can_be() -> None:
    """One path for each place."""
    before: Json = {"a": [1, {"x": "old"}], "gone": 1}
    after: Json = {"a": [1, {"x": "new"}, 3], "here": 2}

    assert compare_values(before, after) == [
        ValueChange("a[1].x", "old", "new"),
        ValueChange("a[2]", None, 3, "added"),
        ValueChange("gone", 1, None, "removed"),
        ValueChange("here", None, 2, "added"),
    ]
