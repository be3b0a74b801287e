"""Types of expressions, and whether what one node gives fits what the next one takes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pantheon.errors import Where
from pantheon.ids import Json, JsonObject
from pantheon.spec import (
    ExpressionError,
    ExpressionFault,
    expand_contract,
    parse_expression,
    validate_value,
)
from pantheon.spec._compatibility import (
    describe,
    find_mismatch,
    items_of,
    union_of,
    with_null,
    without_null,
)
from pantheon.spec._syntax import ListOf, Name, Node, children, write
from tests.spec.test_expression import TREES

HERE = Where("test.yaml", 1, 1)
TYPES: dict[str, JsonObject] = {
    "input": expand_contract(
        {"text": "string", "n": "integer", "tags": ["string"], "note?": "string", "any": "any"}
    ),
    "triage": expand_contract({"team": {"enum": ["cards", "other"]}, "who": {"name": "string"}}),
    "open": {"type": "object"},
}


def type_of(text: str) -> JsonObject:
    """The inferred schema."""
    return parse_expression(text, HERE).infer(TYPES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("input.text", "string"),
        ("input.note", "string or null"),
        ('default(input.note, "x")', 'string or "x"'),
        ("input.tags", "list of string"),
        ("input.tags[0]", "string or null"),
        ("lower(input.note)", "string or null"),
        ("-null", "number or null"),
        ("triage.team", 'one of "cards", "other"'),
        ("triage.who.name", "string"),
        ('triage["team"]', 'one of "cards", "other"'),
        ("open.whatever", "anything"),
        ("input.any.deep[3].x", "anything"),
        ("input.n + 1", "integer"),
        ("-input.n * 2 - size(input.tags)", "integer"),
        ("input.n + 0.5", "number"),
        ('input.text + "!"', "string"),
        ("input.n > 3 and not exists(open.x)", "boolean"),
        ("size(input.tags)", "integer"),
        ("[1, 2]", "list of one of 1, 2"),
        ("{a: input.n}", "object {a}"),
        ("true ? 1 : input.text", "1 or string"),
        ("text(input.n)", "string"),
        ("null", "null"),
    ],
)
def test_inferred_type(text: str, words: str) -> None:
    """Each construct has the type that follows from its parts."""
    assert describe(type_of(text)) == words


@pytest.mark.parametrize(
    ("text", "start", "fix"),
    [
        ("triage.tem", 0, "did you mean `team`?"),
        ("nobody.x", 0, "use one of"),
        ("input-n", 0, "spaces around the minus"),
        ("input.text.size", 0, "as it is"),
        ('triage.team == "card"', 15, "did you mean `cards`?"),
        ('input.n == "3"', 11, "compare it with integer"),
        ('triage.team in ["cards", "x"]', 25, "use one of"),
        ("input.text and true", 0, "compare it"),
        ("input.text + 1", 0, "two numbers"),
        ("input.text < 3", 0, "two numbers"),
        ("-input.text", 1, "use a number"),
        ("lower(input.n)", 6, "use text"),
        ("size(input.n)", 0, "a list, a text"),
        ("input.n[0]", 0, "index a list"),
        ("input.tags[true]", 0, "index a list"),
        ("1 in input.n", 0, "look in"),
    ],
)
def test_type_mistake_has_offset_and_fix(text: str, start: int, fix: str) -> None:
    """A type mistake is told with its offset and what to do."""
    with pytest.raises(ExpressionError) as caught:
        type_of(text)
    (problem,) = caught.value.problems
    assert problem.span.start == start
    assert fix in problem.fix


def test_all_mistakes_of_one_expression_are_told() -> None:
    """Two mistakes in one expression are two problems."""
    with pytest.raises(ExpressionError) as caught:
        type_of('input.txt == "a" and triage.tem == "b"')
    assert [p.span.start for p in caught.value.problems] == [0, 21]


@pytest.mark.parametrize(
    ("produced", "wanted", "reason"),
    [
        ({"type": "string"}, {"type": "string"}, None),
        ({"type": "integer"}, {"type": "number"}, None),
        ({"type": "number"}, {"type": "integer"}, "number where integer"),
        ({}, {"type": "string"}, None),
        ({"type": "string"}, {}, None),
        ({"type": "string"}, {"type": "number"}, "string where number"),
        ({"enum": ["a"]}, {"type": "string"}, None),
        ({"enum": ["a", "c"]}, {"enum": ["a", "b"]}, '"c" is not among'),
        ({"type": "string"}, {"enum": ["a"]}, "any string where"),
        ({"type": ["string", "null"]}, {"type": "string"}, "may be null"),
        ({"type": "string"}, {"type": ["string", "null"]}, None),
        ({"const": 3}, {"type": "integer"}, None),
        (["string"], ["number"], "in its items: string"),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, {"type": "string"}, "number where"),
        ({"type": "string"}, {"anyOf": [{"type": "number"}, {"type": "null"}]}, "string where"),
    ],
)
def test_compatibility(produced: Json, wanted: Json, reason: str | None) -> None:
    """A producer fits a consumer when all that it may give is wanted."""
    found = find_mismatch(_schema(produced), _schema(wanted))
    assert found is None if reason is None else reason in (found or "")


def _schema(value: Json) -> JsonObject:
    if isinstance(value, list):
        return {"type": "array", "items": {"type": value[0]}}
    assert isinstance(value, dict)
    return value


def test_compatibility_of_objects_is_by_fields() -> None:
    """Required fields must be there and fit; a closed contract takes no others."""
    have = expand_contract({"a": "string", "b": {"c": "number"}})

    def mismatch(wanted: JsonObject, *, more: bool = True) -> str | None:
        schema = expand_contract(wanted)
        return find_mismatch(have, {**schema, "additionalProperties": more})

    assert mismatch({"a": "string"}) is None
    assert mismatch({"a": "string"}, more=False) == "it has a field `b` that is not wanted"
    assert mismatch({"z?": "string"}) is None
    assert mismatch({"z": "string"}) == "it has no field `z`"
    assert "in its field `b`: in its field `c`" in str(mismatch({"b": {"c": "string"}}))


def test_null_is_added_and_removed() -> None:
    """Adding null twice is adding it once; removing it gives the schema back."""
    schema: JsonObject = {"type": "string"}
    assert with_null(with_null(schema)) == with_null(schema)
    assert without_null(with_null(schema)) == schema
    assert without_null({"type": ["string", "null"]}) == schema
    assert union_of([{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}]) == {
        "type": "string",
        "enum": ["a", "b"],
    }


_LEAVES: list[Json] = [
    "string",
    "integer",
    "number",
    "boolean",
    {"enum": ["a", "b"]},
    ["string"],
]
_FIELDS = st.dictionaries(
    st.sampled_from(["a", "b?", "item", "x_1"]), st.sampled_from(_LEAVES), max_size=3
)


def _values(schema: JsonObject) -> st.SearchStrategy[Json]:
    """Values that fit the schemas made above."""
    if "enum" in schema:
        return st.sampled_from(list[Json](schema["enum"]))  # pyright: ignore[reportArgumentType]
    match schema.get("type"):
        case "string":
            return st.text(max_size=3)
        case "integer":
            return st.integers(-9, 9)
        case "number":
            return st.floats(-9, 9)
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(_values(items_of(schema)), max_size=2).map(list[Json])
        case "object":
            properties = schema["properties"]
            assert isinstance(properties, dict)
            fields = {k: _values(v) for k, v in properties.items() if isinstance(v, dict)}
            return st.fixed_dictionaries(fields)
        case _:
            return st.none() | st.integers(-3, 3) | st.text(max_size=2)


def _has_empty_list(tree: Node) -> bool:
    """Nothing is known of the items of an empty list."""
    return tree == ListOf(()) or any(map(_has_empty_list, children(tree)))


def _roots(tree: Node) -> set[str]:
    found = {tree.name} if isinstance(tree, Name) else set[str]()
    return found.union(*map(_roots, children(tree)))


@given(TREES, _FIELDS, st.data())
def test_inferred_types_hold_at_run_time(
    tree: Node, fields: dict[str, Json], data: st.DataObject
) -> None:
    """What type inference says of a value is true of the value that is then computed."""
    assume(not _has_empty_list(tree))
    schema = expand_contract(dict(fields))
    types = dict.fromkeys(_roots(tree), schema)
    expression = parse_expression(write(tree), HERE)
    try:
        inferred = expression.infer(types)
    except ExpressionError:
        return
    scope = {name: data.draw(_values(schema)) for name in types}
    try:
        value = expression.evaluate(scope)
    except ExpressionFault:
        return
    assert value is None or validate_value(inferred, value) == []


_PORTS = st.dictionaries(
    st.sampled_from(["a", "b?", "item", "x_1", "a?"]),
    st.sampled_from([*_LEAVES, {"enum": ["a"]}, ["integer"], {"c": "string"}, {"c?": "number"}]),
    max_size=3,
).filter(lambda ports: len({name.rstrip("?") for name in ports}) == len(ports))


@given(_PORTS, _PORTS, st.data())
def test_what_is_said_to_fit_does_fit(
    have: dict[str, Json], want: dict[str, Json], data: st.DataObject
) -> None:
    """If the check finds no mismatch, every value of the producer satisfies the consumer."""
    produced, wanted = expand_contract(dict(have)), expand_contract(dict(want))
    if find_mismatch(produced, wanted) is None:
        assert validate_value(wanted, data.draw(_values(produced))) == []
