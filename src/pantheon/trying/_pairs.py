"""Inputs to try, with outputs where they are known; and how many come out as they should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pantheon.errors import InputError
from pantheon.ids import JsonObject, canonical_json
from pantheon.spec import AgentDef, FlowDef, read_objects, same_output
from pantheon.trying._attempt import Attempt

_PAIR = frozenset({"input", "output"})


@dataclass(frozen=True, slots=True)
class Pair:
    """An input, and what should come of it if that is known."""

    input: JsonObject
    output: JsonObject | None = None


def read_pairs(file: Path) -> list[Pair]:
    """The inputs of a file: one object each, or `{input, output}`.

    Raises NotFound, and InvalidProject with every line that cannot be read.
    """
    return [_pair(row) for row in read_objects(file)]


def pairs_of(definition: AgentDef | FlowDef) -> list[Pair]:
    """The examples that a definition shows; prompts for the router are none."""
    if isinstance(definition, FlowDef):
        return []
    return [_pair(example) for example in definition.examples]


def _pair(row: JsonObject) -> Pair:
    given, output = row.get("input"), row.get("output")
    if not isinstance(given, dict) or not row.keys() <= _PAIR:
        return Pair(row)
    if output is not None and not isinstance(output, dict):
        raise InputError("The output of an example must be an object.")
    return Pair(given, output)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of several inputs."""

    attempts: tuple[Attempt, ...]
    same: tuple[bool | None, ...]
    """Whether the output is what it should be; None where that is not known, or there is none."""

    @property
    def all_done(self) -> bool:
        """Whether every input was answered."""
        return all(attempt.state == "done" for attempt in self.attempts)

    @property
    def answered_by(self) -> dict[str, int]:
        """How many inputs everybody had a part in."""
        return dict(Counter(who for attempt in self.attempts for who in attempt.answered_by))

    @property
    def sentence(self) -> str:
        """The whole in one line."""
        done = sum(attempt.state == "done" for attempt in self.attempts)
        known = [agrees for agrees in self.same if agrees is not None]
        who = ", ".join(f"{name} {count}" for name, count in self.answered_by.items())
        cost = sum(attempt.cost_usd for attempt in self.attempts)
        told = f"{done} of {len(self.attempts)} answered"
        told += f", {sum(known)} of {len(known)} as expected" if known else ""
        return f"{told}; by: {who or 'nobody'}; {cost:.6f} USD"

    def to_json(self) -> JsonObject:
        """For programs."""
        known = [agrees for agrees in self.same if agrees is not None]
        return {
            "sandbox": True,
            "count": len(self.attempts),
            "done": sum(attempt.state == "done" for attempt in self.attempts),
            "compared": len(known),
            "same": sum(known),
            "answered_by": {**self.answered_by},
            "cost_usd": sum(attempt.cost_usd for attempt in self.attempts),
            "attempts": [
                {**attempt.to_json(), "same": agrees}
                for attempt, agrees in zip(self.attempts, self.same, strict=True)
            ],
        }


def compare_all(
    definition: AgentDef | FlowDef, pairs: Sequence[Pair], attempts: Sequence[Attempt]
) -> Comparison:
    """Hold every output against what is known, by the agent's own `same`.

    Where another agent would have to judge, the cheap test decides.
    """
    same = [_same(definition, p, a) for p, a in zip(pairs, attempts, strict=True)]
    return Comparison(tuple(attempts), tuple(same))


def _same(definition: AgentDef | FlowDef, pair: Pair, attempt: Attempt) -> bool | None:
    if pair.output is None or attempt.output is None:
        return None
    if isinstance(definition, AgentDef):
        return same_output(definition.same, pair.output, attempt.output)
    return canonical_json(pair.output) == canonical_json(attempt.output)
