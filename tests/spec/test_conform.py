"""The quick answer to whether a value satisfies a contract is that of the thorough one."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.spec import conforms_to, validate_value

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=True)
    | st.sampled_from([1.0, -0.0, float("inf"), "", "a", "ab"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=8,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
SOME_TYPES = TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True)


def some(**fields: Any) -> Any:
    """An object that may have these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def larger(inner: Any) -> Any:
    """Schemas made of schemas."""
    rule = inner | st.booleans()
    few = st.lists(inner, min_size=1, max_size=2)
    return (
        some(
            type=st.just("object") | SOME_TYPES,
            properties=st.dictionaries(st.sampled_from("abc"), rule, max_size=3),
            required=st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            additionalProperties=rule,
        )
        | some(type=st.just("array") | SOME_TYPES, items=rule, minItems=st.integers(0, 2))
        | some(type=SOME_TYPES, minimum=st.integers(-2, 2), pattern=st.just("a"))
        | st.fixed_dictionaries({"anyOf": few})
        | st.fixed_dictionaries({"allOf": few})
        | st.fixed_dictionaries({"not": inner})
    )


SCHEMAS = st.recursive(
    some(type=SOME_TYPES, enum=st.lists(VALUES, min_size=1, max_size=3), title=st.just("t")),
    larger,
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(SCHEMAS, VALUES)
def test_yes_and_no_are_those_of_the_thorough_check(schema: Any, value: Any) -> None:
    """Whatever the schema uses."""
    assert conforms_to(schema)(value) == (not validate_value(schema, value))


def test_a_list_that_may_hold_nothing() -> None:
    """`items: false` admits the empty list alone."""
    fits = conforms_to({"type": "array", "items": False})
    assert fits([])
    assert not fits([None])
