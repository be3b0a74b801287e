"""When two outputs are the same: each relation's meaning, and what all relations have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.ids import Json, JsonObject
from pantheon.spec import (
    Same,
    SameProblem,
    differing_fields,
    holds_part,
    normal_form,
    parse_same,
    same_output,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
OUTPUTS = st.dictionaries(st.sampled_from(["a", "b", "c.d"]), VALUES, max_size=3)
SHARES = st.floats(1e-9, 1.0)
RELATIONS = (
    st.sampled_from([Same("exact"), Same("normalised"), Same("fields"), Same("judge", judge="j")])
    | st.builds(Same, st.just("numeric"), st.floats(0, 1e9), relative=st.booleans())
    | st.builds(Same, st.just("set_f1"), SHARES)
)


# ------------------------------------------------------------------------------------- all of them


@given(RELATIONS, OUTPUTS)
def test_every_output_is_the_same_as_itself(same: Same, output: JsonObject) -> None:
    """Reflexive, and no field differs."""
    assert same_output(same, output, output)
    assert differing_fields(same, output, output) == ()


@given(RELATIONS, OUTPUTS, OUTPUTS)
def test_it_does_not_matter_which_comes_first(
    same: Same, left: JsonObject, right: JsonObject
) -> None:
    """Symmetric, field by field too."""
    assert same_output(same, left, right) == same_output(same, right, left)
    assert differing_fields(same, left, right) == differing_fields(same, right, left)


@given(RELATIONS, OUTPUTS, OUTPUTS)
def test_outputs_are_the_same_exactly_when_no_field_differs(
    same: Same, left: JsonObject, right: JsonObject
) -> None:
    """But for set F1, which forgives a field that others make up for."""
    differing = differing_fields(same, left, right)
    if same.kind == "set_f1":
        assert differing or same_output(same, left, right)
    else:
        assert same_output(same, left, right) == (not differing)


def respelled(value: Json) -> Json:
    """Spelt another way: spaces, and whole numbers as floats."""
    if isinstance(value, str):
        return f"  {value} "
    if type(value) is int:
        return float(value) if abs(value) < 2**53 else value
    if isinstance(value, list):
        return [respelled(item) for item in value]
    if isinstance(value, dict):
        return {key: respelled(item) for key, item in reversed(value.items())}
    return value


@given(OUTPUTS)
def test_what_is_spelt_another_way_is_the_same_but_exactly(output: JsonObject) -> None:
    """Fields, numbers and bags forgive whatever normalising does, and more."""
    other = respelled(output)
    assert isinstance(other, dict)
    for text in ("normalised", "fields", "numeric(0)", "set_f1(1)", "judge:j"):
        assert same_output(parse_same(text), output, other)


@given(RELATIONS)
def test_a_relation_is_read_as_it_is_printed(same: Same) -> None:
    """`parse_same(str(x)) == x`, for any tolerance."""
    assert parse_same(str(same)) == same


# ------------------------------------------------------------------------------------- as written


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("exact", Same("exact")),
        (" Normalised ", Same("normalised")),
        ("numeric(0.5)", Same("numeric", 0.5)),
        ("numeric( 5 % )", Same("numeric", 0.05, relative=True)),
        ("numeric(0)", Same("numeric", 0.0)),
        ("set_f1(0.8)", Same("set_f1", 0.8)),
        ("set_f1(80%)", Same("set_f1", 0.8)),
        ("judge:checker", Same("judge", judge="checker")),
        ("judge: checker", Same("judge", judge="checker")),
        ("judge(checker)", Same("judge", judge="checker")),
    ],
)
def test_it_is_read_as_people_write_it(text: str, same: Same) -> None:
    """Case, spaces and percentages."""
    assert parse_same(text) == same


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "use one of: `exact`"),
        ("normalized", "did you mean `normalised`"),
        ("numeric", "write `numeric(0.5)`"),
        ("numeric(-1)", "write `numeric(0.5)` or `numeric(5%)`"),
        ("numeric(nan)", "write `numeric(0.5)` or `numeric(5%)`"),
        ("numeric(1e999)", "write `numeric(0.5)` or `numeric(5%)`"),
        ("set_f1(0)", "write `set_f1(0.8)`"),
        ("exact(1)", "write `exact`"),
        ("fields:a", "write `fields`"),
        ("judge", "write `judge:AGENT`"),
        ("judge: ", "write `judge:AGENT`"),
    ],
)
def test_what_is_no_relation_is_told_with_the_fix(text: str, told: str) -> None:
    """A ValueError whose fix can be typed."""
    with pytest.raises(SameProblem) as caught:
        parse_same(text)
    assert told in caught.value.fix
    assert isinstance(caught.value, ValueError)


# -------------------------------------------------------------------------------- what they mean


def same_by(text: str, left: Json, right: Json) -> bool:
    """Whether two values of one field are the same."""
    return same_output(parse_same(text), {"x": left}, {"x": right})


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("Straße  nach Köln!", "strasse nach köln", True),
        ("ﬁne", "FINE", True),
        ("don’t", "don't", True),
        (1, 1.0, True),
        (1, True, False),
        (1, "1", False),
        ("-5 °C", "5 °C", False),
        ("1.5", "15", False),
        ("C#", "C", False),
        ("5%", "5", False),
        ("?", "!", False),
        ([1, 2], [2, 1], False),
        (None, [], False),
    ],
)
def test_normalised_forgives_spelling_and_nothing_else(
    left: Json, right: Json, *, equal: bool
) -> None:
    """Case, width, punctuation and white space are spelling; signs and order are not."""
    assert same_by("normalised", left, right) is equal


@pytest.mark.parametrize(
    ("relation", "left", "right", "equal"),
    [
        ("numeric(0.1)", 0.3, 0.4, True),
        ("numeric(0.1)", 0.3, 0.41, False),
        ("numeric(0)", 1, 1.0, True),
        ("numeric(5%)", 100, 105, True),
        ("numeric(5%)", 100, 106, False),
        ("numeric(5%)", 0, 0.001, False),
        ("numeric(1)", [1, "A!"], [2, "a"], True),
        ("numeric(1)", [1, 2], [1], False),
        ("numeric(1)", True, False, False),
        ("numeric(1)", 1, "1", False),
        ("numeric(1)", 10**400, 1.0, False),
    ],
)
def test_numeric_forgives_the_tolerance(
    relation: str, left: Json, right: Json, *, equal: bool
) -> None:
    """Absolute or of the larger number; true and false are no numbers."""
    assert same_by(relation, left, right) is equal


@pytest.mark.parametrize(
    ("relation", "left", "right", "equal"),
    [
        ("set_f1(0.8)", ["a", "b", "c"], ["C", "b", "a"], True),
        ("set_f1(0.8)", ["a", "b", "c"], ["a", "b"], True),
        ("set_f1(0.81)", ["a", "b", "c"], ["a", "b"], False),
        ("set_f1(1)", ["a", "a"], ["a"], False),
        ("set_f1(1)", [], None, True),
        ("set_f1(0.1)", ["a"], [], False),
        ("set_f1(0.5)", [{"n": "a", "q": 1}], [{"n": "a", "q": 2}], True),
    ],
)
def test_set_f1_counts_what_is_shared(
    relation: str, left: Json, right: Json, *, equal: bool
) -> None:
    """Bags of (path, value); two empty outputs are the same."""
    assert same_by(relation, left, right) is equal


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ({"a": 1}, {"a": 1.0, "b": None, "c": [], "d": {}}, True),
        (["x", "Y"], ["y", "x"], True),
        (["x"], ["x", "x"], False),
        ([{"a": 1}, {"a": 2}], [{"a": 2, "b": None}, {"a": 1}], True),
        ({"a": ""}, {}, False),
        ({"a": 0}, {}, False),
    ],
)
def test_fields_forgives_order_and_absence(left: Json, right: Json, *, equal: bool) -> None:
    """Absent, null and empty are one; lists are multisets."""
    assert same_by("fields", left, right) is equal


def test_differing_fields_are_dotted_paths() -> None:
    """Of the smallest objects that differ; a list is one field."""
    left: JsonObject = {"intent": "play", "slots": {"artist": "Abba", "year": 1974}, "tags": [1]}
    right: JsonObject = {"intent": "Play!", "slots": {"artist": "Queen"}, "tags": [2]}
    found = differing_fields(Same("fields"), left, right)
    assert found == ("slots.artist", "slots.year", "tags")
    assert differing_fields(Same("numeric", 0.5), left, right) == found


def test_a_judge_falls_back_to_the_cheap_test() -> None:
    """What is normalised-equal needs no judge."""
    assert same_by("judge:checker", "Yes.", "yes")
    assert not same_by("judge:checker", "Yes.", "Of course.")


@given(st.sampled_from(["exact", "normalised", "fields", "judge:j"]), OUTPUTS, OUTPUTS)
def test_normal_forms_are_equal_exactly_when_outputs_are_the_same(
    text: str, left: JsonObject, right: JsonObject
) -> None:
    """So that outputs can be grouped by a key."""
    same = parse_same(text)
    form = normal_form(same)
    assert (form(left) == form(right)) == same_output(same, left, right)


@pytest.mark.parametrize("text", ["numeric(1)", "set_f1(0.5)"])
def test_what_is_near_has_no_normal_form(text: str) -> None:
    """Near is not transitive: no key can group it."""
    with pytest.raises(ValueError, match="no normal form"):
        normal_form(parse_same(text))


@pytest.mark.parametrize(
    ("part", "held"),
    [
        ({"team": "Emergency"}, True),
        ({"team": "cards"}, False),
        ({"tags": ["b"]}, True),
        ({"tags": ["c"]}, False),
        ({"more": {"n": 1.0}}, True),
        ({"other": None}, False),
    ],
)
def test_an_output_holds_a_part(part: JsonObject, *, held: bool) -> None:
    """Fields and items that are named; what else there is does not matter."""
    output: JsonObject = {"team": "emergency", "tags": ["a", "b"], "more": {"n": 1, "m": 2}}
    assert holds_part(part, output) is held
