"""Runnables and modules of other libraries, known by what they can do and called like functions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from pantheon.errors import EnvironmentFault
from pantheon.interop import adapt, install_hint, is_adaptable, load_optional


@dataclass
class Message:
    """What a chat model of LangChain returns."""

    content: object
    type: str = "ai"


class Chain:
    """A runnable that gives back what it was given, or something else."""

    def __init__(self, gives: object = None, schema: Mapping[str, object] | None = None) -> None:
        self.gives = gives
        self.schema = schema
        self.given: list[object] = []

    def invoke(self, input: Any, /) -> Any:
        raise AssertionError("the asynchronous way is there")

    async def ainvoke(self, input: Any, /) -> Any:
        self.given.append(input)
        return input if self.gives is None else self.gives

    def get_input_jsonschema(self) -> Mapping[str, object]:
        if self.schema is None:
            raise TypeError("nothing is declared")
        return self.schema


class Module:
    """A module as DSPy has them."""

    def __call__(self, /, **fields: object) -> object:
        return Prediction(reasoning="because", team=f"{fields['text']}-team")

    def named_predictors(self) -> list[object]:
        return []


class Later(Module):
    """One that says how it is called asynchronously."""

    async def aforward(self, **fields: object) -> object:
        return Prediction(team="later")

    async def acall(self, **fields: object) -> object:
        return await self.aforward(**fields)


class Prediction:
    """Fields by name, and no mapping."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields

    def toDict(self) -> dict[str, object]:  # noqa: N802  as DSPy calls it
        return self.fields


def call(found: object, fields: tuple[str, ...] = (), **given: object) -> object:
    """What an adapter makes of one call."""
    adapted = adapt(found)
    assert adapted is not None
    assert adapted.shape is not None
    returned: Any = adapted.function(**given)
    value = asyncio.run(returned) if asyncio.iscoroutine(returned) else returned
    return adapted.shape(value, fields)


def test_a_function_stays_what_it_is() -> None:
    """Functions, classes and other callables need no adapter."""

    def own(text: str) -> dict[str, str]:
        return {"team": text}

    for found in (own, len, dict, "".join):
        adapted = adapt(found)
        assert adapted is not None
        assert adapted.function is found
        assert adapted.shape is None


@pytest.mark.parametrize("found", [None, 3, "text", {"invoke": 1}])
def test_what_cannot_be_called_has_no_adapter(found: object) -> None:
    """A constant is told as what it is: no function."""
    assert adapt(found) is None
    assert not is_adaptable(found)


def test_a_class_is_no_runnable() -> None:
    """The class of a runnable has its methods too, but cannot be asked."""
    assert not is_adaptable(Chain)


def test_a_runnable_is_given_the_fields() -> None:
    """The input object goes in as a mapping; of what comes out the contract's fields count."""
    chain = Chain(gives={"team": "cards", "messages": [object()]})

    assert call(chain, ("team",), text="hi", lang="en") == {"team": "cards"}
    assert chain.given == [{"text": "hi", "lang": "en"}]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"anyOf": [{"$ref": "#/x"}, {"type": "string"}, {"type": "array"}]},
    ],
)
def test_what_takes_a_text_is_given_the_only_text(schema: Mapping[str, object]) -> None:
    """A chat model takes a text; an agent with one text field sends just that."""
    chain = Chain(gives=Message("hello"), schema=schema)

    assert call(chain, ("reply",), text="hi") == {"reply": "hello"}
    assert chain.given == ["hi"]
    assert call(chain, ("reply",), text="hi", lang="en") == {"reply": "hello"}
    assert chain.given[1] == {"text": "hi", "lang": "en"}


def test_a_declared_mapping_is_given_a_mapping() -> None:
    """A prompt with one variable takes a mapping, although its schema names a string inside."""
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    chain = Chain(gives="out", schema=schema)

    assert call(chain, ("reply",), text="hi") == {"reply": "out"}
    assert chain.given == [{"text": "hi"}]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (["a", {"type": "text", "text": "b"}, {"type": "image", "url": "x"}], "ab"),
    ],
)
def test_a_message_is_its_text(content: object, text: str) -> None:
    """Also where it comes in blocks, and inside of a mapping."""
    assert call(Chain(gives=Message(content)), ("reply",), text="x") == {"reply": text}
    state = {"reply": Message(content)}
    assert call(Chain(gives=state), ("reply", "other"), text="x") == {"reply": text}


def test_several_fields_cannot_come_of_one_value() -> None:
    """Then what was returned is left as it is, and the contract says what is wrong."""
    assert call(Chain(gives="text"), ("a", "b"), text="x") == "text"


def test_a_module_gives_its_prediction() -> None:
    """The reasoning that it adds is no field of the contract; without a contract all is kept."""
    assert call(Module(), ("team",), text="a") == {"team": "a-team"}
    assert call(Module(), (), text="a") == {"reasoning": "because", "team": "a-team"}


def test_a_module_is_called_asynchronously_where_it_can_be() -> None:
    """`acall` of a module without `aforward` would fail, so only those are awaited."""
    assert call(Later(), ("team",), text="a") == {"team": "later"}


def test_nothing_stays_nothing() -> None:
    """A runnable that has no answer declines, like a function."""

    class Silent(Chain):
        async def ainvoke(self, input: Any, /) -> Any:
            return None

    assert call(Silent(), ("reply",), text="x") is None


def test_a_missing_package_names_the_line_that_installs_it() -> None:
    """The extra, for whatever submodule was asked for."""
    with pytest.raises(EnvironmentFault) as caught:
        load_optional("dspy_that_is_not_there", "The test")
    assert "not installed" in caught.value.message

    assert install_hint("langchain_core.runnables") == "pip install 'pantheon[langchain]'"
    assert install_hint("numpy") == ""
