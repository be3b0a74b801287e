"""Labels are compared as the contract says, and quickly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.ids import canonical_json
from pantheon.learn import same_labels, sameness
from pantheon.spec import ANY_OBJECT, AgentDef, Same, parse_same, same_output

RELATIONS = [
    "exact",
    "normalised",
    "numeric(1)",
    "numeric(10%)",
    "set_f1(0.5)",
    "fields",
    "judge:j",
]
OUTPUTS = st.dictionaries(
    st.sampled_from("ab"),
    st.sampled_from(["Yes", "yes!", "no"]) | st.integers(0, 3) | st.lists(st.sampled_from("xyz")),
    max_size=2,
)


@pytest.mark.parametrize("relation", RELATIONS)
@given(left=OUTPUTS, right=OUTPUTS)
def test_labels_are_the_same_as_the_outputs_they_spell(
    relation: str, left: dict[str, object], right: dict[str, object]
) -> None:
    """One relation, whichever way it is asked; asking twice changes nothing."""
    same = parse_same(relation)
    test = same_labels(same)
    first, second = canonical_json(left), canonical_json(right)  # pyright: ignore[reportArgumentType]
    wanted = same_output(same, left, right)  # pyright: ignore[reportArgumentType]
    assert [test(first, second), test(second, first), test(first, second)] == [wanted] * 3


def test_an_agent_brings_its_own_equality() -> None:
    """By default labels must be equal."""
    agent = AgentDef("triage", ANY_OBJECT, ANY_OBJECT, ())
    lenient = AgentDef("triage", ANY_OBJECT, ANY_OBJECT, (), same=Same("fields"))
    labels = '{"a":["x","y"]}', '{"a":["y","x"],"b":null}'
    assert not sameness(agent)(*labels)
    assert sameness(lenient)(*labels)
