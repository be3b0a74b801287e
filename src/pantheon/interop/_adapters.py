"""LangChain and LangGraph runnables and DSPy modules, called like the functions of a user.

They are known by what they can do, so none of these libraries is imported here: whoever has made
such an object has imported its library already.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeGuard, cast, runtime_checkable

Fields: TypeAlias = Sequence[str]
"""Names of the fields of an agent's output; empty: any."""
Shape: TypeAlias = Callable[[object, Fields], object]
"""What was returned, as the output object; what it cannot read it leaves as it is."""


@runtime_checkable
class Runnable(Protocol):
    """What LangChain, LangGraph and those who follow them call a runnable."""

    def invoke(self, input: Any, /) -> Any: ...

    def ainvoke(self, input: Any, /) -> Awaitable[Any]: ...


@runtime_checkable
class PromptModule(Protocol):
    """A module as DSPy has them: predictors inside, called with fields by name."""

    def named_predictors(self) -> Any: ...

    def __call__(self, /, **fields: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Adapted:
    """A function that is called with the inputs by name, and how to read what it returns."""

    function: Callable[..., object]
    shape: Shape | None = None
    """None: an ordinary function, which returns the output object itself."""


def is_adaptable(found: object) -> TypeGuard[Runnable | PromptModule]:
    """Whether it is an object (and no class) that an adapter can call."""
    if isinstance(found, type):
        return False
    return isinstance(found, PromptModule | Runnable)


def adapt(found: object) -> Adapted | None:
    """How to call what a user's module holds; None: nobody knows how."""
    if inspect.isroutine(found) or isinstance(found, type):
        return Adapted(cast("Callable[..., object]", found))
    if isinstance(found, PromptModule):
        return Adapted(_call_module(found), shape_output)
    if isinstance(found, Runnable):
        return Adapted(_invoke(found), shape_output)
    return Adapted(found) if callable(found) else None


# ------------------------------------------------------------------------------------- calling


def _call_module(module: PromptModule) -> Callable[..., object]:
    """A module is asynchronous where it says how; `acall` of one that does not would fail."""
    if inspect.iscoroutinefunction(getattr(module, "aforward", None)):
        acall = cast("Callable[..., Awaitable[object]]", cast("Any", module).acall)

        async def call_later(**fields: object) -> object:
            return await acall(**fields)

        return call_later

    def call(**fields: object) -> object:
        return module(**fields)

    return call


def _invoke(runnable: Runnable) -> Callable[..., object]:
    takes_text = _takes_text(runnable)

    async def invoke(**fields: object) -> object:
        return await runnable.ainvoke(_given(fields, takes_text=takes_text))

    return invoke


def _given(fields: dict[str, object], *, takes_text: bool) -> object:
    """One text goes to what takes a text, such as a chat model; all else goes as a mapping."""
    only = next(iter(fields.values())) if len(fields) == 1 else None
    return only if takes_text and isinstance(only, str) else fields


def _takes_text(runnable: Runnable) -> bool:
    """Whether its declared input is a text, and not a mapping with fields."""
    declare = getattr(runnable, "get_input_jsonschema", None)
    if not callable(declare):
        return False
    try:
        schema: Any = declare()
    except Exception:  # noqa: BLE001  what it declares is a hint, not a condition
        return False
    if not isinstance(schema, Mapping) or "properties" in schema:
        return False
    declared = cast("Mapping[str, Any]", schema)
    options = cast("list[Mapping[str, Any]]", declared.get("anyOf") or [declared])
    return any(option.get("type") == "string" for option in options)


# ------------------------------------------------------------------------------------- reading


def shape_output(returned: object, fields: Fields) -> object:
    """The output object in what a runnable or a module returned.

    A mapping, a prediction or a model object gives the fields that the contract names; a message
    gives its text; a single value is the contract's only field.
    """
    if returned is None:
        return None
    mapping = _as_mapping(returned)
    if mapping is not None and (not fields or any(name in mapping for name in fields)):
        named = {str(key): value for key, value in mapping.items()}
        kept = {name: named[name] for name in fields if name in named} if fields else named
        return {name: _plain(value) for name, value in kept.items()}
    if len(fields) == 1:
        return {fields[0]: _plain(returned)}
    return returned


def _as_mapping(value: object) -> Mapping[object, object] | None:
    """The fields of a mapping, a DSPy prediction, a pydantic model or a dataclass."""
    if isinstance(value, Mapping):
        return cast("Mapping[object, object]", value)
    if _text_of(value) is not None:
        return None
    for way in ("toDict", "model_dump"):
        read = getattr(value, way, None)
        if callable(read) and not isinstance(value, type):
            found = read()
            return cast("Mapping[object, object]", found) if isinstance(found, Mapping) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return cast("Mapping[object, object]", dataclasses.asdict(value))
    return None


def _plain(value: object) -> object:
    """A value as JSON has it, where that is certain; else as it is, to be told by the contract."""
    text = _text_of(value)
    if text is not None:
        return text
    mapping = _as_mapping(value)
    if mapping is not None:
        return {str(key): _plain(item) for key, item in mapping.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    return value


def _text_of(value: object) -> str | None:
    """The text of a chat message; None: it is none."""
    if not hasattr(value, "content") or not hasattr(value, "type"):
        return None
    content: object = cast("Any", value).content
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    return "".join(_text_of_block(block) for block in cast("list[object]", content))


def _text_of_block(block: object) -> str:
    if isinstance(block, str):
        return block
    text = cast("Mapping[str, object]", block).get("text") if isinstance(block, Mapping) else None
    return text if isinstance(text, str) else ""
