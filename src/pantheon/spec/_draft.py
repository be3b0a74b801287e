"""Flows between reading and linking: names not yet resolved, every part with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._expression import Expression, ExpressionError, parse_expression
from pantheon.spec._model import CrossCheck, Retry
from pantheon.spec._parse import NAME, Problem
from pantheon.spec._source import Findings, Items, Place, Scalar, Table, Written


@dataclass(frozen=True, slots=True)
class Wired:
    """An expression and where it was written."""

    expression: Expression
    written: Scalar

    def place_of(self, problem: Problem) -> Place:
        """Where a problem found in the expression stands in the file."""
        return self.written.part(problem.span.start, problem.span.end)


@dataclass(slots=True)
class NodeDraft:
    """A node as written."""

    name: str
    key: Scalar
    """What names it: the key, or the agent in the original dialect."""
    agent: Scalar | None = None
    agent_name: str = ""
    constraint: str | None = None
    inputs: dict[str, Wired] | None = None
    """None: the flow's input by name, or the reviewed node's inputs and output."""
    input_keys: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    when: Wired | None = None
    map: Wired | None = None
    concurrency: int = 8
    merge: tuple[Scalar, ...] | None = None
    policy: Literal["all", "any"] = "all"
    retry: Retry | None = None
    timeout: float | None = None
    fallback: Scalar | None = None
    cross_check: CrossCheck | None = None
    cross_check_place: Scalar | None = None
    reviews: Scalar | None = None
    after: tuple[Scalar, ...] = ()
    sound: bool = True
    """False: something it is wired by is wrong and told; what follows from it is not."""

    def expressions(self) -> list[Wired]:
        """Everything it evaluates."""
        return [*(self.inputs or {}).values(), *(e for e in (self.when, self.map) if e)]


@dataclass(slots=True)
class FlowDraft:
    """A flow as written."""

    name: str
    key: Scalar
    input: JsonObject
    nodes: dict[str, NodeDraft] = field(default_factory=dict[str, NodeDraft])
    output: dict[str, Wired] = field(default_factory=dict[str, Wired])
    output_node: Scalar | None = None
    """All fields of this node are the output."""
    description: str = ""
    examples: tuple[str, ...] = ()
    timeout: float | None = None
    dialect: Literal["full", "original"] = "full"


def read_expression(written: Written, findings: Findings) -> Wired | None:
    """Text is parsed; numbers, lists and mappings around it are taken as such."""
    before = len(findings.diagnostics)
    source = _spell(written, findings)
    if source is None or len(findings.diagnostics) > before:
        return None
    text = isinstance(written, Scalar) and isinstance(written.value, str)
    scalar = written if isinstance(written, Scalar) and text else _whole(written, source)
    return parse_at(source, scalar, findings)


def _whole(written: Written, source: str) -> Scalar:
    return Scalar(source, written.place, source)


def parse_at(source: str, written: Scalar, findings: Findings) -> Wired | None:
    """Parse an expression; a mistake is recorded at its place."""
    try:
        return Wired(parse_expression(source, written.place.where), written)
    except ExpressionError as error:
        problem = error.problems[0]
        place = written.part(problem.span.start, problem.span.end)
        findings.error("bad-expression", place, problem.message, problem.fix)
        return None


def _spell(written: Written, findings: Findings) -> str | None:
    """The expression's text; what lies inside lists and mappings is checked piece by piece."""
    match written:
        case Scalar(value=str() as text):
            return text
        case Scalar(value=value):
            return canonical_json(value)
        case Items(items=items):
            parts = [_spell_checked(item, findings) for item in items]
            return f"[{', '.join(parts)}]"
        case Table(entries=entries):
            pairs = [
                f"{_spell_key(key)}: {_spell_checked(entry.value, findings)}"
                for key, entry in entries.items()
            ]
            return f"{{{', '.join(pairs)}}}"


def _spell_checked(written: Written, findings: Findings) -> str:
    wired = read_expression(written, findings)
    return f"({wired.expression.source})" if wired else "null"


def _spell_key(key: str) -> str:
    value: Json = key
    return key if NAME.fullmatch(key) else canonical_json(value)
