"""Input objects from the command line: KEY=VALUE words, JSON text, @FILE or - for standard input."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from pantheon.errors import InputError, Where
from pantheon.ids import Json, JsonObject, canonical_json

MAX_INPUT_BYTES = 16 * 1024 * 1024
"""Larger inputs are refused before they are parsed."""

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

F = TypeVar("F", bound=Callable[..., Any])


def input_options(function: F) -> F:
    """The words and the `--input` option that give a command its input object."""
    words = click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
    option = click.option(
        "--input", "source", metavar="JSON|@FILE|-", help="The whole input object as JSON."
    )
    return words(option(function))


def read_input(words: Sequence[str], source: str | None, schema: Mapping[str, Json]) -> JsonObject:
    """The input object that the words and `--input` spell for a contract's schema."""
    value = {} if source is None else _as_object(read_json(source, what="the input"))
    properties = cast("dict[str, Any]", schema.get("properties") or {})
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            key, text = _only_field(word, properties), word
        value[key] = _coerce(text, properties.get(key, {}))
    _refuse_odd_values(value, what="the input")
    return value


def read_value(text: str, schema: Mapping[str, Json]) -> Json:
    """One value as its schema wants it: text stays text unless it is to be something else."""
    value = _coerce(text, schema)
    _refuse_odd_values(value, what="the value")
    return value


def read_time(ctx: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """Seconds of an option such as `30d`."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)([smhdw])", text or "")
    if text is not None and match is None:
        message = f"{text!r} is no time: write a number and s, m, h, d or w, such as 30d."
        raise click.BadParameter(message, ctx=ctx, param=option)
    return float(match[1]) * _SECONDS[match[2]] if match else None


def read_json(source: str, *, what: str) -> Json:
    """JSON given as text, as `@FILE`, or as `-` for standard input."""
    name, text = _read_source(source, what=what)
    try:
        value = cast("Json", json.loads(text, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{what[0].upper()}{what[1:]} is not valid JSON: {error}.",
            hint='Quote it for the shell, e.g. --input \'{"text": "hello"}\', or use @FILE.',
            where=_place(name, error),
        ) from None
    _refuse_odd_values(value, what=what)
    return value


def _refuse_odd_values(value: Json, *, what: str) -> None:
    """What Python reads but no other program would: half a character, a number beyond all bounds."""
    try:
        canonical_json(value).encode("utf-8")
    except UnicodeEncodeError:
        problem = "bytes that are not UTF-8 text, or half a character"
    except ValueError:
        problem = "a number that is too large"
    else:
        return
    raise InputError(
        f"{what[0].upper()}{what[1:]} holds {problem}.",
        hint="Convert it first; binary data cannot be an input.",
    )


def _read_source(source: str, *, what: str) -> tuple[str, str]:
    if source == "-":
        return "<stdin>", _decode(sys.stdin.buffer.read(MAX_INPUT_BYTES + 1), "<stdin>")
    if source.startswith("@"):
        return source[1:], _decode(_read_file(Path(source[1:]), what=what), source[1:])
    return f"<{what}>", source


def _read_file(path: Path, *, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_INPUT_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"The file {str(path)!r} for {what} cannot be read: {error.strerror}.",
            hint="Check the name after @.",
        ) from None


def _decode(data: bytes, name: str) -> str:
    if len(data) > MAX_INPUT_BYTES:
        raise InputError(
            f"{name} is larger than {MAX_INPUT_BYTES // 2**20} MiB.",
            hint="Hand large work over in parts, e.g. with a `map` node.",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}.",
            hint="Convert it first; binary data cannot be an input.",
        ) from None


def _place(name: str, error: Exception) -> Where | None:
    if isinstance(error, json.JSONDecodeError):
        return Where(name, error.lineno, error.colno)
    return None


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _as_object(value: Json) -> JsonObject:
    if isinstance(value, dict):
        return dict(value)
    raise InputError(
        "The input must be a JSON object.", hint='Name the field, e.g. {"text": "hello"}.'
    )


def _only_field(word: str, properties: Mapping[str, Any]) -> str:
    """A bare word fills the only field there is."""
    if len(properties) == 1:
        return next(iter(properties))
    fields = ", ".join(properties) or "none"
    raise InputError(
        f"{word!r} does not say which field it is for.",
        hint=f"Write FIELD={word}; the fields are: {fields}.",
    )


def _coerce(text: str, schema: Mapping[str, Any]) -> Json:
    """A word as its field's type wants it: text stays text unless the field is something else."""
    if schema.get("type") == "string" or ("type" not in schema and "enum" in schema):
        return text
    try:
        return cast("Json", json.loads(text, parse_constant=_refuse_constant))
    except (ValueError, RecursionError):
        return text
