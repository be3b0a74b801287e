"""Flows between reading and linking: names not yet resolved, every part with its place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec._constants import (
    ANY_OBJECT,
)
from pantheon.spec._expression import Expression, ExpressionError, parse_expression
from pantheon.spec._flow_model import (
    CrossCheck,
    MergePolicy,
    OnError,
    Retry,
    TreeDef,
)
from pantheon.spec._parse import NAME, Problem
from pantheon.spec._source import Findings, Items, Place, Scalar, Table, Written


@dataclass(frozen=True, slots=True)
class Wired:
    """An expression and where it was written."""

    expression: Expression
    written: Scalar
    parts: tuple[Wired, ...] = ()
    """The expressions inside a list or mapping: mistakes are told where they stand."""

    @property
    def leaves(self) -> tuple[Wired, ...]:
        """Itself, or the expressions inside it where it is a list or mapping of some."""
        below = (leaf for part in self.parts for leaf in part.leaves)
        return tuple(below) if self.parts else (self,)

    def place_of(self, problem: Problem) -> Place:
        """Where a problem found in the expression stands in the file."""
        return self.written.part(problem.span.start, problem.span.end)


@dataclass(frozen=True, slots=True)
class MergeDraft:
    """What a merge waits for, and when it has enough."""

    sources: tuple[Scalar, ...]
    policy: MergePolicy = "all"
    k: int | None = None
    k_place: Place | None = None
    by: Wired | None = None
    valid: Wired | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class LoopDraft:
    """What ends a loop."""

    until: Wired
    max: int
    exhausted: Literal["fail", "keep"] = "fail"


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """Where a plan comes from, and what it may use."""

    source: Wired
    agents: tuple[Scalar, ...]
    max_nodes: int = 50


@dataclass(frozen=True, slots=True)
class WaitDraft:
    """What is waited for: a time or an event."""

    place: Place
    seconds: Wired | None = None
    event: str | None = None
    schema: JsonObject = field(default_factory=lambda: ANY_OBJECT)


@dataclass(slots=True)
class NodeDraft:
    """A node as written."""

    name: str
    key: Scalar
    """What names it: the key, or the agent in the original dialect."""
    agent: Scalar | None = None
    agent_name: str = ""
    constraint: str | None = None
    flow: Scalar | None = None
    body: FlowDraft | None = None
    merge: MergeDraft | None = None
    plan: PlanDraft | None = None
    wait: WaitDraft | None = None
    inputs: dict[str, Wired] | None = None
    """None: the flow's input by name, or the reviewed node's inputs and output."""
    by_name: bool = False
    """The inputs were found by name."""
    input_keys: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    when: Wired | None = None
    map: Wired | None = None
    concurrency: int = 8
    loop: LoopDraft | None = None
    retry: Retry | None = None
    timeout: float | None = None
    fallback: Scalar | None = None
    cross_check: CrossCheck | None = None
    cross_check_place: Scalar | None = None
    reviews: Scalar | None = None
    after: tuple[Scalar, ...] = ()
    on_error: OnError = "fail"
    give: Table | None = None
    writes: dict[str, Wired] = field(default_factory=dict[str, Wired])
    write_keys: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    sound: bool = True
    """False: something it is wired by is wrong and told; what follows from it is not."""

    @property
    def calls(self) -> bool:
        """Whether it runs an agent or a flow, which has a contract for its inputs."""
        return self.agent is not None or self.flow is not None or self.body is not None

    def expressions(self) -> list[Wired]:
        """Everything it evaluates about other nodes."""
        found = [*(self.inputs or {}).values(), *self.writes.values(), self.when, self.map]
        found += [self.merge.by, self.merge.valid] if self.merge else []
        found += [self.plan and self.plan.source, self.wait and self.wait.seconds]
        found += [self.loop and self.loop.until]
        return [wired for wired in found if wired is not None]

    def waits_for(self) -> tuple[Scalar, ...]:
        """The nodes that it names without an expression."""
        sources = self.merge.sources if self.merge else ()
        return (*sources, *self.after, *([self.reviews] if self.reviews else []))


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """A key of a flow's context as written."""

    key: Scalar
    schema: JsonObject
    initial: Json = None
    initial_place: Place | None = None
    readers: tuple[Scalar, ...] | None = None
    writers: tuple[Scalar, ...] | None = None


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
    context: dict[str, KeyDraft] = field(default_factory=dict[str, KeyDraft])
    tree: TreeDef | None = None
    priority: int = 0
    open_input: bool = False
    """Inside a node: nothing is said about its input, so it is what the node is given."""


def read_expression(written: Written, findings: Findings) -> Wired | None:
    """Text is parsed; numbers, lists and mappings around it are taken as such."""
    if isinstance(written, Scalar):
        source = written.value if isinstance(written.value, str) else canonical_json(written.value)
        return parse_at(source if written.code is None else written.code, written, findings)
    below = written.items if isinstance(written, Items) else _values(written)
    parts = [read_expression(item, findings) for item in below]
    sound = tuple(part for part in parts if part is not None)
    if len(sound) < len(parts):
        return None
    source = _compose(written, [part.expression.source for part in sound])
    whole = parse_at(source, Scalar(source, written.place, source), findings)
    return replace(whole, parts=sound) if whole else None


def _values(table: Table) -> list[Written]:
    return [entry.value for entry in table.entries.values()]


def _compose(written: Items | Table, sources: list[str]) -> str:
    """One expression for a list or mapping of expressions."""
    if isinstance(written, Items):
        return f"[{', '.join(f'({source})' for source in sources)}]"
    pairs = zip(map(_spell_key, written.entries), sources, strict=True)
    return f"{{{', '.join(f'{key}: ({source})' for key, source in pairs)}}}"


def parse_at(source: str, written: Scalar, findings: Findings) -> Wired | None:
    """Parse an expression; a mistake is recorded at its place."""
    try:
        return Wired(parse_expression(source, written.place.where), written)
    except ExpressionError as error:
        problem = error.problems[0]
        place = written.part(problem.span.start, problem.span.end)
        findings.error("bad-expression", place, problem.message, problem.fix)
        return None


def _spell_key(key: str) -> str:
    value: Json = key
    return key if NAME.fullmatch(key) else canonical_json(value)
