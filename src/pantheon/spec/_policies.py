"""How a node runs: when, how often, over what, and what becomes of its failures."""

from __future__ import annotations

from typing import Literal

from pantheon.spec import _keys as keys
from pantheon.spec._draft import LoopDraft, NodeDraft, Wired, read_expression
from pantheon.spec._fields import Fields, read_reference
from pantheon.spec._flow_model import (
    CrossCheck,
    OnError,
    Retry,
)
from pantheon.spec._source import Findings, Scalar, Table, describe

_BACKOFF: dict[str, Literal["none", "constant", "exponential"]] = {
    "none": "none",
    "constant": "constant",
    "exponential": "exponential",
}
_EXHAUSTED: dict[str, Literal["fail", "keep"]] = {"fail": "fail", "keep": "keep"}
_ON_ERROR: dict[str, OnError] = {"fail": "fail", "stop": "stop", "continue": "continue"}


def read_policies(fields: Fields, node: NodeDraft) -> None:
    """Everything about a node but what it runs."""
    _read_inputs(fields, node)
    node.when = expression_at(fields, "when")
    _read_map(fields, node)
    node.loop = _read_loop(fields)
    node.retry = _read_retry(fields)
    node.timeout = fields.duration("timeout")
    node.fallback = fields.name_at("fallback")
    _read_on_error(fields, node)
    _read_cross_check(fields, node)
    node.reviews = fields.name_at("reviews")
    node.after = fields.names("after")
    _read_writes(fields, node)


def expression_at(fields: Fields, key: str) -> Wired | None:
    """The expression of a key; None where there is none, or none that can be read."""
    written = fields.get(key)
    return read_expression(written, fields.findings) if written is not None else None


def read_expressions(
    table: Table, findings: Findings
) -> tuple[dict[str, Wired], dict[str, Scalar]]:
    """Expressions by name, and every name as written, also that of one that cannot be read."""
    found: dict[str, Wired] = {}
    for name, entry in table.entries.items():
        wired = read_expression(entry.value, findings)
        if wired is not None:
            found[name] = wired
    return found, {name: entry.key for name, entry in table.entries.items()}


def _read_inputs(fields: Fields, node: NodeDraft) -> None:
    written = fields.get("in")
    if isinstance(written, Table):
        node.inputs, node.input_keys = read_expressions(written, fields.findings)
    elif written is not None:
        fields.wrong_type("in", written, "a mapping from input to expression")
        node.sound = False


def _read_map(fields: Fields, node: NodeDraft) -> None:
    over = fields.get("map")
    if isinstance(over, Table):
        settings = Fields.read(over, f"`map` of {fields.owner}", fields.findings, keys.MAP)
        assert settings is not None
        over = settings.require("over", "write `over: input.items`")
        node.concurrency = settings.whole("concurrency", 1) or 8
    node.map = read_expression(over, fields.findings) if over is not None else None


def _read_loop(fields: Fields) -> LoopDraft | None:
    loop = fields.section("loop", f"`loop` of {fields.owner}", keys.LOOP)
    if loop is None:
        return None
    loop.require("until", "say what ends it: `until: last.ok`")
    until, most = expression_at(loop, "until"), _read_max(loop)
    exhausted = loop.choice("exhausted", _EXHAUSTED) or "fail"
    return LoopDraft(until, most, exhausted) if until is not None and most is not None else None


def _read_max(loop: Fields) -> int | None:
    """The bound of a loop: `until` alone may never come true."""
    if loop.get("max") is None:
        message = f"{loop.owner[0].upper()}{loop.owner[1:]} may never end: it has no `max`."
        place = loop.table.place_of("until")
        loop.findings.error("unbounded-loop", place, message, "bound it: `max: 5`")
        return None
    return loop.whole("max", 1)


def _read_retry(fields: Fields) -> Retry | None:
    written = fields.get("retry")
    if written is None:
        return None
    if not isinstance(written, Table):
        attempts = fields.whole("retry", 1)
        return Retry(attempts=attempts) if attempts else None
    retry = Fields.read(written, f"`retry` of {fields.owner}", fields.findings, keys.RETRY)
    assert retry is not None
    standard = Retry()
    return Retry(
        attempts=retry.whole("attempts", 1) or standard.attempts,
        backoff=retry.choice("backoff", _BACKOFF) or standard.backoff,
        delay=retry.duration("delay") or standard.delay,
        on=retry.texts("on"),
    )


def _read_on_error(fields: Fields, node: NodeDraft) -> None:
    written = fields.get("on_error")
    if not isinstance(written, Table):
        node.on_error = fields.choice("on_error", _ON_ERROR) or "fail"
        return
    settings = Fields.read(written, f"`on_error` of {fields.owner}", fields.findings, keys.ON_ERROR)
    assert settings is not None
    given = settings.require("give", "write the output to use instead: `{give: {answer: none}}`")
    if isinstance(given, Table):
        node.give = given
    elif given is not None:
        message = f"`give` of {fields.owner} must be an output, a mapping of values,"
        message += f" not {describe(given)}."
        fix = "write for example `{give: {answer: none}}`"
        fields.findings.error("wrong-type", given.place, message, fix)


def _read_cross_check(fields: Fields, node: NodeDraft) -> None:
    owner = f"`cross_check` of {fields.owner}"
    check = fields.section("cross_check", owner, keys.CROSS_CHECK)
    if check is None:
        return
    if ("judge" in check) == ("compare" in check):
        message = f"{owner} needs either a judge or a comparer."
        fix = 'write `{judge: agent}` or `{compare: "module:function"}`'
        fields.findings.error("bad-value", check.table.place, message, fix)
        return
    compare = check.name_at("compare")
    reference = read_reference(compare, fields.findings) if compare else None
    node.cross_check = CrossCheck(judge=check.text("judge"), compare=reference)
    node.cross_check_place = check.name_at("judge") or compare


def _read_writes(fields: Fields, node: NodeDraft) -> None:
    written = fields.get("writes")
    if isinstance(written, Table):
        node.writes, node.write_keys = read_expressions(written, fields.findings)
    elif written is not None:
        fields.wrong_type("writes", written, "a mapping from key to expression")
