"""Values and Python types made from contracts: they satisfy them, and they are Python."""

from __future__ import annotations

import ast
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from pantheon.ids import Json, JsonObject
from pantheon.scaffold import sample, types_of
from pantheon.scaffold._stub import function_stub
from pantheon.spec import expand_contract, validate_value

NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True) | st.sampled_from(
    ["class", "in", "größe", "a b", "1st", "self"]
)
PLAIN: st.SearchStrategy[Json] = st.sampled_from(
    ["string", "integer", "number", "boolean", "object", "any"]
)


@st.composite
def closed(draw: st.DrawFn) -> Json:
    """A type that says more than its name."""
    words = st.lists(st.text(max_size=9), min_size=1, max_size=4, unique=True)
    numbers = st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True)
    size = draw(st.integers(0, 3))
    forms: list[JsonObject] = [
        {"enum": list[Json](draw(words))},
        {"enum": list[Json](draw(numbers))},
        {"type": "integer", "minimum": draw(st.integers(-5, 5))},
        {"type": "string", "minLength": size},
        {"type": "array", "items": {}, "minItems": size},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    ]
    return draw(st.sampled_from(forms))


def _inner(types: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    listed: st.SearchStrategy[Json] = st.lists(types, min_size=1, max_size=1)
    return listed | fields(types)


@st.composite
def fields(draw: st.DrawFn, types: st.SearchStrategy[Json]) -> JsonObject:
    """A short form of a contract."""
    names = draw(st.lists(NAMES, max_size=4, unique=True))
    return {name + draw(st.sampled_from(["", "?"])): draw(types) for name in names}


CONTRACTS = fields(st.recursive(PLAIN | closed(), _inner, max_leaves=8)).map(expand_contract)


@given(CONTRACTS)
def test_a_sample_satisfies_its_contract(schema: JsonObject) -> None:
    """Whatever the contract asks for, as far as short forms can say it."""
    assert validate_value(schema, sample(schema)) == []


@given(CONTRACTS, CONTRACTS, st.text())
def test_a_stub_is_a_module_whose_function_answers(
    input: JsonObject, output: JsonObject, description: str
) -> None:
    """It compiles whatever the fields and the description are, and what it returns fits."""
    text = function_stub("answer", description, input, output)
    space: dict[str, Any] = {}
    exec(compile(text, "stub.py", "exec"), space)  # what agents do when they import it
    given_input = sample(input)
    assert isinstance(given_input, dict)
    assert validate_value(output, space["answer"](**given_input)) == []


@given(CONTRACTS)
def test_types_are_classes_of_their_fields(schema: JsonObject) -> None:
    """The outermost comes last and bears the name."""
    last = ast.parse(types_of(schema, "Output")).body[-1]
    name = last.name if isinstance(last, ast.ClassDef) else ast.unparse(last).split(" ")[0]
    assert name == "Output"


def test_types_say_what_the_contract_says() -> None:
    """Choices, lists, optional and nested fields."""
    contract = expand_contract(
        {
            "team": {"enum": ["cards", "other"]},
            "tags": ["string"],
            "note?": "string",
            "place": {"line": "integer", "column?": "integer"},
        }
    )
    assert types_of(contract, "Triage") == snapshot("""\
class Place(TypedDict):
    line: int
    column: NotRequired[int]


class Triage(TypedDict):
    team: Literal['cards', 'other']
    tags: list[str]
    note: NotRequired[str]
    place: Place\
""")
