"""What a test expects, held against what was given."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import Reason
from pantheon.ids import Json, JsonObject
from pantheon.models import FailureReason
from pantheon.spec import MODEL_FAILURES, Expectation
from pantheon.trying._assertions import NOT_ASKED, check, differing, missing, unmatched
from pantheon.trying._attempt import Attempt, Step

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # pyright: ignore[reportAssignmentType]
OBJECTS: st.SearchStrategy[JsonObject] = st.dictionaries(st.text(), VALUES, max_size=4)


@given(VALUES)
def test_a_value_is_equal_to_itself_and_holds_all_its_parts(value: Json) -> None:
    """Whatever it is."""
    assert list(differing(value, copy.deepcopy(value))) == []
    assert list(missing(value, copy.deepcopy(value))) == []


@given(OBJECTS, st.text(), SCALARS)
def test_a_field_more_differs_but_lacks_nothing(value: JsonObject, key: str, more: Json) -> None:
    """`equals` is the whole, `contains` are parts."""
    grown: JsonObject = {**value, f"_{key}": more}
    assert list(differing(value, grown)) or f"_{key}" in value
    if f"_{key}" not in value:
        assert list(missing(value, grown)) == []
        assert list(missing(grown, value))


def test_numbers_are_equal_by_value_and_true_is_no_number() -> None:
    """1 and 1.0 are the same number."""
    assert list(differing({"n": 1}, {"n": 1.0})) == []
    assert list(differing({"n": 1}, {"n": True})) == ["`n` is true; expected 1."]


def test_differences_name_their_path() -> None:
    """Of fields inside fields and items of lists."""
    wanted: Json = {"a": {"b": [1, {"c": "x"}]}, "d": 1}
    given_: Json = {"a": {"b": [1, {"c": "y"}]}, "e": 2}
    assert sorted(differing(wanted, given_)) == [
        '`a.b[1].c` is "y"; expected "x".',
        "`d` is missing; expected 1.",
        "`e` is 2; expected none.",
    ]


def test_contains_looks_into_texts_and_lists() -> None:
    """A text in a text, an item in a list, part of an object."""
    output: Json = {"reply": "We are sorry.", "tags": ["a", {"k": "value"}], "n": 3}
    assert list(missing({"reply": "sorry", "tags": [{"k": "val"}], "n": 3}, output)) == []
    assert list(missing({"reply": "glad", "n": 4}, output)) == [
        '`reply` does not contain "glad": "We are sorry.".',
        "`n` is 3; expected 4.",
    ]


def test_patterns_are_searched_in_texts() -> None:
    """And in the JSON of what is none."""
    output: Json = {"reply": "Dear Sir", "n": 42}
    assert list(unmatched({"reply": "^Dear", "n": "^4"}, output)) == []
    assert list(unmatched({"reply": "Sir!$"}, output)) == [
        '`reply` does not match /Sir!$/: "Dear Sir".'
    ]


def attempt(output: JsonObject | None = None, *reasons: str, tier: str = "prompt") -> Attempt:
    """An attempt with an output, or without one for these reasons."""
    tried: tuple[JsonObject, ...] = tuple({"tier": tier, "reason": r} for r in reasons)
    if output is not None:
        step = Step("x", "ok", "local model", tier=tier, output=output)
        return Attempt("agent", "x", "draft", {}, "done", output, None, (step,), 0.01, 2.0)
    failure: JsonObject = {"reason": "exhausted", "message": "None answered.", "node": None}
    step = Step("x", "failed", "nobody", tried=tried)
    return Attempt("agent", "x", "draft", {}, "failed", None, failure, (step,))


@pytest.mark.parametrize(
    ("expect", "given_", "kinds"),
    [
        (Expectation(equals={"a": 1}), attempt({"a": 1}), []),
        (Expectation(equals={"a": 1}), attempt(None, "declined"), ["failed"]),
        (Expectation(equals={"a": 1}), attempt(None, "withheld"), ["error"]),
        (Expectation(equals={"a": 1}), attempt(None, "no_key", "declined"), ["error"]),
        (Expectation(fails="any"), attempt(None, "declined"), []),
        (Expectation(fails="any"), attempt(None, "withheld"), ["error"]),
        (Expectation(fails="declined"), attempt(None, "declined"), []),
        (Expectation(fails="withheld"), attempt(None, "withheld"), []),
        (Expectation(fails="timeout"), attempt(None, "declined"), ["failed"]),
        (Expectation(fails="any"), attempt({"a": 1}), ["failed"]),
        (Expectation(tier=("local",)), attempt({"a": 1}), []),
        (Expectation(tier=("cloud", "specialist")), attempt({"a": 1}), ["failed"]),
        (Expectation(seconds=1.0), attempt({"a": 1}), ["failed"]),
        (Expectation(usd=0.001), attempt({"a": 1}), ["failed"]),
        (Expectation(nodes={"x": "skipped"}), attempt({"a": 1}), ["failed"]),
        (Expectation(schema={"required": ["b"]}), attempt({"a": 1}), ["failed"]),
    ],
)
def test_a_failing_test_is_told_from_one_that_could_not_be_judged(
    expect: Expectation, given_: Attempt, kinds: list[str]
) -> None:
    """Where somebody could not be asked, nothing is known of the agent."""
    assert [problem.kind for problem in check(expect, given_)] == kinds


def test_the_closed_sets_agree() -> None:
    """What scripts may fail with, and what counts as not asked, are reasons that there are."""
    assert set(MODEL_FAILURES) == {reason.value for reason in FailureReason}
    assert {reason.value for reason in Reason} >= NOT_ASKED
