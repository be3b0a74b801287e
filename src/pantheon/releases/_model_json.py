"""A model's definition as JSON, for a version: without secrets, and only what is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pantheon.errors import SpecError
from pantheon.ids import Json, JsonObject
from pantheon.spec import Breaker, ModelDef, ModelLimits, Price

_INNER: Mapping[str, type] = {"price": Price, "limits": ModelLimits, "breaker": Breaker}


def model_to_json(model: ModelDef) -> JsonObject:
    """Its keys that differ from their defaults; a password in its address is left out."""
    written: dict[str, Json] = {}
    whole: dict[str, Any] = asdict(model)
    for part in fields(ModelDef):
        value = getattr(model, part.name)
        if part.name in {"name", "where"} or (
            part.default is not MISSING and value == part.default
        ):
            continue
        written[part.name] = whole[part.name]
    if model.base_url is not None:
        written["base_url"] = without_password(model.base_url)
    return written


def model_from_json(name: str, body: JsonObject) -> ModelDef:
    """The model that `model_to_json` was given. Raises SpecError."""
    kept: dict[str, Any] = dict(body)
    try:
        for key, kind in _INNER.items():
            if key in kept:
                kept[key] = kind(**kept[key])
        return ModelDef(name=name, **kept)
    except TypeError as error:
        raise SpecError(
            f"The stored model {name!r} cannot be read: {error}.",
            hint="use the version of the program that stored it",
        ) from None


def without_password(url: str) -> str:
    """The address without what stands before an `@`: keys belong into the environment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)) if host != parts.netloc else url
