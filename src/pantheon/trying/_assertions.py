"""What a test expects of an output, held against what was given: every difference, by its path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pantheon.ids import Json, JsonObject
from pantheon.spec import ANY_FAILURE, LOCAL, Expectation, validate_value
from pantheon.trying._attempt import WITHHELD, Attempt

Look: TypeAlias = Callable[[Json, Json, str], Iterator[str]]
"""Compares what is wanted with what was given, at a path."""

LONGEST_SHOWN = 200
LONGEST_SEARCHED = 100_000
"""Characters of a text that a pattern is looked for in."""
NOT_ASKED = frozenset(
    {
        WITHHELD, "no_key", "not_configured", "budget", "rate_limited", "server_error",
        "cut_stream", "unreachable", "unavailable", "circuit_open", "worker_died", "crashed",
    }
)  # fmt: skip
"""Reasons that say nothing about an agent: somebody could not be asked."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One expectation that was not met, or could not be looked at."""

    check: str
    """The key below `expect`."""
    message: str
    kind: Literal["failed", "error"] = "failed"

    def to_json(self) -> JsonObject:
        """For programs."""
        return {"check": self.check, "kind": self.kind, "message": self.message}


def check(expect: Expectation, attempt: Attempt) -> Iterator[Problem]:
    """What is wrong with an attempt, but for what another agent has to say."""
    if expect.fails is not None:
        yield from _check_failure(expect.fails, attempt)
    elif attempt.output is None:
        yield _no_output(attempt)
    else:
        yield from _check_output(expect, attempt.output)
        yield from _check_tier(expect.tier, attempt)
    yield from _check_nodes(expect.nodes, attempt)
    yield from _check_bounds(expect, attempt)


def _no_output(attempt: Attempt) -> Problem:
    failure = attempt.failure or {}
    said = str(failure.get("message") or f"It ended in the state {attempt.state}.")
    asked = attempt.state != "waiting" and not attempt.reasons & NOT_ASKED
    return Problem("output", f"There is no output. {said}", "failed" if asked else "error")


def _check_failure(fails: str, attempt: Attempt) -> Iterator[Problem]:
    if attempt.output is not None:
        yield Problem("fails", f"It was to fail ({fails}), and gave {shown(attempt.output)}.")
    elif fails == ANY_FAILURE and attempt.reasons & NOT_ASKED:
        said = str((attempt.failure or {}).get("message"))
        yield Problem("fails", f"Nobody could say whether it fails. {said}", "error")
    elif fails != ANY_FAILURE and fails not in attempt.reasons:
        reasons = ", ".join(sorted(attempt.reasons)) or "no reason"
        yield Problem("fails", f"It was to fail for {fails}, and failed for {reasons}.")


def _check_output(expect: Expectation, output: JsonObject) -> Iterator[Problem]:
    if expect.equals is not None:
        yield from (Problem("equals", line) for line in differing(expect.equals, output))
    if expect.contains is not None:
        yield from (Problem("contains", line) for line in missing(expect.contains, output))
    if expect.matches is not None:
        yield from (Problem("matches", line) for line in unmatched(expect.matches, output))
    if expect.schema is not None:
        for problem in validate_value(expect.schema, output):
            yield Problem("schema", f"{problem}.")


def _check_tier(tiers: tuple[str, ...], attempt: Attempt) -> Iterator[Problem]:
    step = attempt.steps[-1] if attempt.steps else None
    if not tiers or step is None:
        return
    here = step.answered_by not in ("cloud", "person")
    if step.tier not in tiers and not (LOCAL in tiers and here):
        wanted = " or ".join(tiers)
        yield Problem("tier", f"Asked for {wanted}; {step.answered_by} ({step.tier}) answered.")


def _check_nodes(nodes: JsonObject, attempt: Attempt) -> Iterator[Problem]:
    states = {step.node: step.state for step in attempt.steps}
    for node, wanted in nodes.items():
        state = states.get(node, "not begun")
        if state != wanted:
            yield Problem("nodes", f"`{node}` is {state}; {wanted} was expected.")


def _check_bounds(expect: Expectation, attempt: Attempt) -> Iterator[Problem]:
    if expect.seconds is not None and attempt.seconds > expect.seconds:
        yield Problem("within", f"It took {attempt.seconds:.3g} s, not {expect.seconds:g} at most.")
    if expect.usd is not None and attempt.cost_usd > expect.usd:
        yield Problem("within", f"It cost {attempt.cost_usd:.6f} USD, not {expect.usd:g} at most.")


# --------------------------------------------------------------------------------------- values


def differing(wanted: Json, given: Json, path: str = "") -> Iterator[str]:
    """Where two values are not equal; 1 and 1.0 are, 1 and true are not."""
    if isinstance(wanted, dict) and isinstance(given, dict):
        yield from _below(wanted, given, path, differing)
        yield from (
            f"{_at(path, key)} is {shown(given[key])}; expected none."
            for key in given.keys() - wanted.keys()
        )
    elif isinstance(wanted, list) and isinstance(given, list):
        if len(wanted) != len(given):
            yield f"{_at(path)} has {len(given)} items; expected {len(wanted)}."
        for index, (one, other) in enumerate(zip(wanted, given, strict=False)):
            yield from differing(one, other, f"{path}[{index}]")
    elif isinstance(wanted, bool) is not isinstance(given, bool) or wanted != given:
        yield f"{_at(path)} is {shown(given)}; expected {shown(wanted)}."


def missing(part: Json, given: Json, path: str = "") -> Iterator[str]:
    """Parts that a value lacks: a text is looked for in the text, an item in the list."""
    if isinstance(part, dict) and isinstance(given, dict):
        yield from _below(part, given, path, missing)
    elif isinstance(part, list) and isinstance(given, list):
        for item in part:
            if not any(next(missing(item, one), None) is None for one in given):
                yield f"{_at(path)} holds no {shown(item)}: {shown(given)}."
    elif isinstance(part, str) and isinstance(given, str):
        if part not in given:
            yield f"{_at(path)} does not contain {shown(part)}: {shown(given)}."
    else:
        yield from differing(part, given, path)


def unmatched(pattern: Json, given: Json, path: str = "") -> Iterator[str]:
    """Where a regular expression is not found; what is no text must be equal."""
    if isinstance(pattern, dict) and isinstance(given, dict):
        yield from _below(pattern, given, path, unmatched)
    elif isinstance(pattern, str):
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        if re.search(pattern, text[:LONGEST_SEARCHED]) is None:
            yield f"{_at(path)} does not match /{pattern}/: {shown(given)}."
    else:
        yield from differing(pattern, given, path)


def _below(wanted: JsonObject, given: JsonObject, path: str, look: Look) -> Iterator[str]:
    """The fields that are wanted: those that are missing, and what is to be said of the others."""
    for key, inner in wanted.items():
        if key not in given:
            yield f"{_at(path, key)} is missing; expected {shown(inner)}."
        else:
            yield from look(inner, given[key], _join(path, key))


def shown(value: Json) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _at(path: str, key: str = "") -> str:
    whole = _join(path, key) if key else path
    return f"`{whole}`" if whole else "The output"
