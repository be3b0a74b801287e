"""The typed definitions of flows: nodes with what they do and their policies, trees, context.

Immutable; every part knows where it was written. `_model` has the rest of a project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pantheon.errors import Where
from pantheon.ids import Json, JsonObject
from pantheon.spec._case import Case
from pantheon.spec._constants import ANY_OBJECT, NOWHERE
from pantheon.spec._expression import Expression


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a failed node is tried again."""

    attempts: int = 3
    """In all, the first one included."""
    backoff: Literal["none", "constant", "exponential"] = "exponential"
    delay: float = 0.5
    """Seconds before the second attempt."""
    on: tuple[str, ...] = ()
    """Failure reasons that are tried again; empty means every retryable one."""


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Run the local and the cloud path, keep the better."""

    judge: str | None = None
    """Name of an agent: (input, a, b) → {better: "a" | "b"}."""
    compare: str | None = None
    """`module:function`: (input, local, cloud) → "local" | "cloud"."""


MergePolicy: TypeAlias = Literal["all", "any", "first", "quorum", "best", "majority"]


@dataclass(frozen=True, slots=True)
class Merge:
    """Wait for several nodes and put their outputs together.

    Sources that nothing else needs are cancelled as soon as the outcome is certain.
    """

    sources: tuple[str, ...]
    policy: MergePolicy = "all"
    """all: an object with one field per source, skipped when one of them gave nothing.
    any: the output of the first that gave something, in the order written.
    first: the output of whichever gave something valid first.
    quorum: an object of the first `k` that gave something valid; skipped when so many cannot be.
    best: the valid output with the highest `by`; the order written decides between equals.
    majority: the valid output whose `by` (or all of it) at least `k` sources gave."""
    k: int | None = None
    """quorum, majority; None: more than half."""
    by: Expression | None = None
    """best: a number; majority: what must be equal. `item` is a source's output."""
    valid: Expression | None = None
    """Which outputs count (not for `all`); `item` is a source's output."""
    timeout: float | None = None
    """Seconds after the first source began, when the merge goes on with what is there."""

    @property
    def early(self) -> bool:
        """Whether it may end before all its sources have."""
        return self.policy != "all" or self.timeout is not None


@dataclass(frozen=True, slots=True)
class Loop:
    """Do a node again and again: `last` is its previous output (null at first), `round` counts
    from 1; its output is that of the last round.
    """

    until: Expression
    """Checked after each round, with `last` and `round`; true ends the loop."""
    max: int
    exhausted: Literal["fail", "keep"] = "fail"
    """After `max` rounds without `until`: the node fails, or keeps what the last round gave."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Dynamic children: a value that an earlier node gave is checked like any flow, then run."""

    source: Expression
    """An object `{nodes: [{name, agent, in, after}], output: name}`; see `plan_schema`."""
    agents: tuple[str, ...]
    """The only agents that the plan may use."""
    max_nodes: int = 50


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause that holds no task: until a time, or until an event is signalled from outside."""

    seconds: Expression | None = None
    """A timer; the output is `{}`."""
    event: str | None = None
    """Name of the event; the output is what was signalled. The node's timeout applies."""
    schema: JsonObject = field(default_factory=lambda: ANY_OBJECT)
    """Contract of what is signalled."""


OnError: TypeAlias = Literal["fail", "stop", "continue"]


@dataclass(frozen=True, slots=True)
class NodeDef:
    """One node of a flow: what it does, its inputs and its policies.

    Exactly one of `agent`, `flow`, `body`, `merge`, `plan`, `wait` is set.
    """

    name: str
    agent: str | None = None
    """Agent name without the version constraint."""
    inputs: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    when: Expression | None = None
    map: Expression | None = None
    """A list; the node runs once per item, `item` is in scope of `inputs`; output is a list."""
    concurrency: int = 8
    """How many items of a map run at once."""
    merge: Merge | None = None
    retry: Retry | None = None
    timeout: float | None = None
    """Seconds for one attempt."""
    fallback: str | None = None
    """Name of another node of the flow that answers when this one fails. That node never runs by
    itself; one without `inputs` of its own is given those of the failed node that it asks for."""
    cross_check: CrossCheck | None = None
    reviews: str | None = None
    """Name of the node this one reviews; `inputs` then hold what the reviewer's contract asks."""
    constraint: str | None = None
    """Version constraint of the agent, e.g. `>=0.1,<1`."""
    after: tuple[str, ...] = ()
    """Nodes that must have ended first, whatever they gave."""
    flow: str | None = None
    """Name of a flow that is run as this node."""
    body: FlowDef | None = None
    """A flow written inside this node, or made from a pattern (vote, debate, best_of)."""
    plan: Planned | None = None
    wait: Wait | None = None
    loop: Loop | None = None
    on_error: OnError = "fail"
    """fail: the others go on, then the run fails; stop: the run ends at once; continue: the run
    goes on, what reads from it gets null."""
    give: JsonObject | None = None
    """Output that is used instead when it fails."""
    writes: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    """Key of the flow's context (or `memory.NAME`) → value; `output` is what the node gave."""
    by_name: bool = field(default=False, compare=False)
    """Nobody wrote its inputs: they were found by their names."""
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ContextKey:
    """A key of the store that the nodes of one run share: `context.KEY` in expressions."""

    schema: JsonObject
    initial: Json = None
    readers: tuple[str, ...] | None = None
    """Nodes that may read it; None: all."""
    writers: tuple[str, ...] | None = None
    """Nodes that may write it; None: all."""


TreeKind: TypeAlias = Literal[
    "node", "condition", "sequence", "selector", "parallel",
    "retry", "timeout", "guard", "invert", "repeat", "once", "budget",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TreeDef:
    """A behaviour tree over the nodes of a flow; nodes run when the tree reaches them.

    Every part succeeds, fails, or is still running (a node that waits).
    """

    kind: TreeKind
    children: tuple[TreeDef, ...] = ()
    node: str | None = None
    """node: which one."""
    test: Expression | None = None
    """node: what must be true of its output to succeed (default: that it gave one); condition,
    guard: what must be true; repeat: what ends it."""
    count: int | None = None
    """retry: attempts; repeat: times at most; parallel: successes needed (None: all)."""
    seconds: float | None = None
    """timeout."""
    usd: float | None = None
    """budget: what its nodes may cost together."""
    requests: int | None = None
    """budget: how many answers its nodes may ask for."""
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FlowDef:
    """A graph of nodes from a typed input to a typed output."""

    name: str
    input: JsonObject
    nodes: Mapping[str, NodeDef]
    output: Mapping[str, Expression]
    output_schema: JsonObject = field(default_factory=lambda: ANY_OBJECT)
    description: str = ""
    examples: tuple[str, ...] = ()
    """Prompts that this flow is for; the router starts from them."""
    timeout: float | None = None
    context: Mapping[str, ContextKey] = field(default_factory=dict[str, ContextKey])
    tree: TreeDef | None = None
    """When given, the tree says which node runs when, not what they read."""
    priority: int = 0
    """Runs of a flow with a higher one get scarce resources first."""
    tests: tuple[Case, ...] = field(default=(), compare=False)
    """They stand beside the flow and are no part of it."""
    where: Where = field(default=NOWHERE, compare=False)

    def dependencies(self, node: str) -> frozenset[str]:
        """Names of the nodes that must have ended before this one starts."""
        definition = self.nodes[node]
        named = {root for e in expressions_of(definition) for root in e.roots if root in self.nodes}
        named |= set(definition.merge.sources if definition.merge else ())
        named |= set(definition.after) | ({definition.reviews} if definition.reviews else set())
        return frozenset(named)


def expressions_of(node: NodeDef, *, condition: bool = True) -> list[Expression]:
    """Everything a node evaluates about other nodes (with its condition, or without)."""
    found = list(node.inputs.values())
    found += [e for e in (node.map, node.plan and node.plan.source) if e is not None]
    found += [node.wait.seconds] if node.wait and node.wait.seconds else []
    found += [node.loop.until] if node.loop else []
    found += [e for e in (node.merge.by, node.merge.valid) if e is not None] if node.merge else []
    found += node.writes.values()
    return [*found, node.when] if condition and node.when else found
