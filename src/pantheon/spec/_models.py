"""The `models`, `router` and `night` sections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pantheon.errors import Where
from pantheon.spec import _keys as keys
from pantheon.spec._diagnostic import Diagnostic
from pantheon.spec._fields import Fields, check_name
from pantheon.spec._model import (
    Breaker,
    ModelDef,
    ModelLimits,
    NightBudget,
    NightDef,
    Price,
    RouterDef,
)
from pantheon.spec._source import Entry, Findings, Scalar

_INFINITY = float("inf")
_LEAST = 0.001
"""Of anything a minute."""
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_]\w*")
_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_ENGINES: dict[str, Literal["llama.cpp", "openai"]] = {"llama.cpp": "llama.cpp", "openai": "openai"}
_PROMOTE: dict[str, Literal["auto", "review"]] = {"auto": "auto", "review": "review"}


def read_model(entry: Entry, environment: Mapping[str, str], findings: Findings) -> ModelDef | None:
    """One model; None where nothing can be made of it."""
    name = entry.key.text
    fields = Fields.read(entry.value, f"model `{name}`", findings, keys.MODEL)
    if not check_name(entry.key, "model", findings) or fields is None:
        return None
    fields.require("engine", "write `engine: llama.cpp` or `engine: openai`")
    engine = fields.choice("engine", _ENGINES)
    if engine is None:
        return None
    _check_engine(fields, engine)
    threads = fields.whole("threads", 1)
    retries = fields.whole("max_retries", 0)
    return ModelDef(
        name=name,
        engine=engine,
        weights=_interpolated(fields, "weights", environment),
        base_url=_read_url(fields, environment),
        model=_interpolated(fields, "model", environment),
        api_key_env=_read_secret_name(fields),
        price=_read_price(fields, findings),
        timeout=fields.duration("timeout") or 60.0,
        max_retries=3 if retries is None else retries,
        threads=threads,
        context=fields.whole("context", 1),
        limits=_read_limits(fields),
        breaker=_read_breaker(fields),
        where=entry.key.place.where,
    )


def _check_engine(fields: Fields, engine: str) -> None:
    """Each engine has keys that it needs and keys that mean nothing to it."""
    if engine == "openai":
        fields.require("base_url", 'write `base_url: "https://…/v1"`')
        fields.require("model", "write the endpoint's name of the model: `model: …`")
        strangers = ("weights", "threads", "context")
    else:
        fields.require(
            "weights", "write `weights: smollm2-135m-instruct`, or a path to a GGUF file"
        )
        strangers = ("base_url", "model", "api_key_env", "price", "max_retries")
    for key in strangers:
        if key in fields:
            message = f"`{key}` means nothing to the engine `{engine}`."
            fields.reject(fields.table.place_of(key), message, "remove it, or change `engine`")


def _interpolated(fields: Fields, key: str, environment: Mapping[str, str]) -> str | None:
    """A text with `${VARIABLE}` and `${VARIABLE:-default}` filled in."""
    text = fields.text(key)
    value = fields.get(key)
    if text is None or not isinstance(value, Scalar):
        return None
    for match in _VARIABLE.finditer(text):
        if match[1] not in environment and match[2] is None:
            message = f"The environment variable `{match[1]}` is not set."
            fix = f"set it, or give a default: `${{{match[1]}:-…}}`"
            place = value.part(match.start(), match.end())
            fields.findings.error("unset-variable", place, message, fix)
    return _VARIABLE.sub(lambda m: environment.get(m[1], m[2] or ""), text)


def _read_url(fields: Fields, environment: Mapping[str, str]) -> str | None:
    before = len(fields.findings.diagnostics)
    url = _interpolated(fields, "base_url", environment)
    if url is None or len(fields.findings.diagnostics) > before:
        return url
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", url):
        message = "`base_url` must be an address that starts with http:// or https://."
        fields.reject(fields.place("base_url"), message, 'write `base_url: "https://host/v1"`')
    elif "@" in url.split("/")[2]:
        message = "`base_url` holds a user name or password."
        fix = "put the secret in an environment variable and name it in `api_key_env`"
        fields.reject(fields.place("base_url"), message, fix)
    return url.rstrip("/")


def _read_secret_name(fields: Fields) -> str | None:
    name = fields.text("api_key_env")
    if name is None or _ENVIRONMENT_NAME.fullmatch(name):
        return name
    # The value is not repeated in the message: it may be the secret itself.
    inner = _VARIABLE.fullmatch(name)
    named = inner[1] if inner else "CLOUD_KEY"
    fix = f"write the NAME of the variable: `api_key_env: {named}`"
    message = "`api_key_env` is the NAME of an environment variable, never the key itself."
    place = fields.place("api_key_env")
    fields.findings.diagnostics.append(_without_excerpt(place.where, message, fix))
    return None


def _without_excerpt(where: Where, message: str, fix: str) -> Diagnostic:
    return Diagnostic("secret", message, where, fix)


def _read_price(fields: Fields, findings: Findings) -> Price:
    written = fields.get("price")
    if written is None:
        return Price()
    owner = f"the price of {fields.owner}"
    price = Fields.read(written, owner, findings, keys.PRICE)
    if price is None:
        return Price()
    return Price(
        input=price.number("input", 0, _INFINITY) or 0.0,
        output=price.number("output", 0, _INFINITY) or 0.0,
    )


def _read_limits(fields: Fields) -> ModelLimits:
    limits = fields.section("limits", f"the limits of {fields.owner}", keys.MODEL_LIMITS)
    if limits is None:
        return ModelLimits()
    return ModelLimits(
        concurrent=limits.whole("concurrent", 1),
        requests_per_minute=_rate(limits, "requests_per_minute"),
        tokens_per_minute=_rate(limits, "tokens_per_minute"),
    )


def _rate(limits: Fields, key: str) -> float | None:
    """More than none: a limit of nothing would let no run go on."""
    return limits.number(key, _LEAST, _INFINITY)


def _read_breaker(fields: Fields) -> Breaker:
    breaker = fields.section("breaker", f"the breaker of {fields.owner}", keys.BREAKER)
    if breaker is None:
        return Breaker()
    standard = Breaker()
    return Breaker(
        failures=breaker.whole("failures", 1) or standard.failures,
        cooldown=breaker.duration("cooldown") or standard.cooldown,
    )


def read_router(entry: Entry, findings: Findings) -> RouterDef | None:
    """The router section; that its flows exist is checked later."""
    fields = Fields.read(entry.value, "the router", findings, keys.ROUTER)
    if fields is None:
        return None
    fields.require("flows", "list the flows that a prompt may go to: `flows: [support]`")
    similarity = fields.number("min_similarity", -1, 1)
    return RouterDef(
        flows=fields.texts("flows"),
        otherwise=fields.text("otherwise"),
        min_similarity=0.3 if similarity is None else similarity,
        where=entry.key.place.where,
    )


def read_night(entry: Entry, findings: Findings) -> NightDef:
    """The night section."""
    fields = Fields.read(entry.value, "the night", findings, keys.NIGHT)
    if fields is None:
        return NightDef()
    window = fields.text("window")
    if window is not None and not _WINDOW.fullmatch(window):
        message = f"`window` of the night is `{window}`; it must be two times of day."
        fields.reject(fields.place("window"), message, 'write for example `"22:00-06:00"`')
    return NightDef(
        window=window,
        budget=_read_budget(fields, findings),
        promote=fields.choice("promote", _PROMOTE) or "review",
        canary=_read_canary(fields),
        where=entry.key.place.where,
    )


def _read_canary(fields: Fields) -> float | None:
    canary = fields.share("canary", above=0, below=1, closed=True)
    if canary != 0:
        return canary
    message = "A canary that answers nothing would never end its probation."
    fields.reject(fields.place("canary"), message, "write 0.2, or 1 for no probation")
    return None


def _read_budget(fields: Fields, findings: Findings) -> NightBudget:
    written = fields.get("budget")
    if written is None:
        return NightBudget()
    budget = Fields.read(written, "the night's budget", findings, keys.BUDGET)
    if budget is None:
        return NightBudget()
    return NightBudget(
        cloud_usd=budget.number("cloud_usd", 0, _INFINITY),
        cpu=budget.whole("cpu", 1),
        memory=budget.size("memory"),
        seconds=budget.duration("time"),
    )
