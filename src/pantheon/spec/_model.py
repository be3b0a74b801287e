"""The typed definitions that everything below the YAML works with.

Made by the loader (or by hand from Python); immutable; every part knows where it was written.
Schemas are JSON Schema objects; the short form has been expanded by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from pantheon.errors import Where
from pantheon.ids import Json, JsonObject
from pantheon.spec._diagnostic import Diagnostic
from pantheon.spec._expression import Expression

NOWHERE = Where("<python>", 1, 1)
ANY_OBJECT: JsonObject = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Promise:
    """At most `disagreement` of all answers differ from the cloud's, with `confidence`."""

    disagreement: float = 0.05
    """ε: share of ALL requests answered locally and differently from the cloud."""
    confidence: float = 0.95
    """1 − δ."""
    audit: float = 0.05
    """Share of local answers also asked of the cloud, drawn at random."""


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float = 0.0
    output: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What one endpoint may be asked at most, over all runs of the process; None: no limit."""

    concurrent: int | None = None
    """Requests under way at once (the slots of an embedded model)."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    """In and out together; a request is admitted by an estimate that its reply corrects."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """When an endpoint that fails again and again is left alone for a while."""

    failures: int = 5
    """In a row (server errors, time-outs, unreachable) that open the circuit."""
    cooldown: float = 30.0
    """Seconds until one request may try again."""


@dataclass(frozen=True, slots=True)
class ModelDef:
    """A model and how to reach it."""

    name: str
    engine: Literal["llama.cpp", "openai"]
    weights: str | None = None
    base_url: str | None = None
    model: str | None = None
    api_key_env: str | None = None
    price: Price = Price()
    timeout: float = 60.0
    max_retries: int = 3
    threads: int | None = None
    limits: ModelLimits = ModelLimits()
    breaker: Breaker = Breaker()
    where: Where = field(default=NOWHERE, compare=False)

    @property
    def remote(self) -> bool:
        """Whether asking it sends the input off this machine."""
        return self.engine == "openai"


@dataclass(frozen=True, slots=True)
class SpecialistTier:
    """Whatever the night has promoted for this agent; an empty slot abstains."""

    kind: Literal["specialist"] = "specialist"


@dataclass(frozen=True, slots=True)
class PromptTier:
    """A Jinja2 template on a model; output constrained to the contract's schema."""

    model: str | None = None
    """Name under `models`; None is the default embedded model."""
    template: str | None = None
    """Text of the template; None is made from the description and types."""
    template_path: str | None = None
    """The file it came from, for messages."""
    min_confidence: float = 0.0
    """Accept when the mean token probability is at least this."""
    max_tokens: int = 512
    kind: Literal["prompt"] = "prompt"


@dataclass(frozen=True, slots=True)
class CloudTier:
    """The configured cloud model; what it answers becomes training data."""

    model: str = "cloud"
    template: str | None = None
    template_path: str | None = None
    max_tokens: int = 1024
    kind: Literal["cloud"] = "cloud"


@dataclass(frozen=True, slots=True)
class PythonTier:
    """A function called with the inputs by name; returns the output object."""

    function: str
    """`module:function`, found beside the file or installed."""
    timeout: float | None = None
    process: bool = False
    """Run in a worker process: for work that needs a core, or may crash."""
    kind: Literal["python"] = "python"


@dataclass(frozen=True, slots=True)
class CommandTier:
    """A program run without a shell; input as JSON on stdin, output as JSON on stdout.

    An argument may be `{name}`: replaced, whole, by that input field as one argument.
    """

    argv: tuple[str, ...]
    timeout: float = 30.0
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class HumanTier:
    """A question in the inbox; the run waits durably."""

    question: str | None = None
    kind: Literal["human"] = "human"


Tier: TypeAlias = SpecialistTier | PromptTier | CloudTier | PythonTier | CommandTier | HumanTier


@dataclass(frozen=True, slots=True)
class Resources:
    """What one answer of an agent holds while it is made, or what the project has to give."""

    cpu: float = 0.0
    """Cores."""
    memory: int = 0
    """Bytes. Also the limit of a worker process."""
    gpu: float = 0.0

    @property
    def none(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.cpu or self.memory or self.gpu)


NO_RESOURCES = Resources()


@dataclass(frozen=True, slots=True)
class AgentDef:
    """A contract and the tiers that can fulfil it, in the order they are asked."""

    name: str
    input: JsonObject
    """JSON Schema of the input object."""
    output: JsonObject
    """JSON Schema of the output object."""
    tiers: tuple[Tier, ...]
    description: str = ""
    promise: Promise | None = None
    """None: nothing is promised in words; specialists are then certified for `Promise()`."""
    privacy: Literal["any", "local"] = "any"
    version: str | None = None
    """The user's own label."""
    tools: tuple[str, ...] = ()
    cost: float | None = None
    validators: tuple[str, ...] = ()
    """`module:function` checks of an answer: (input, output) → bool or a reason it is wrong."""
    examples: tuple[JsonObject, ...] = ()
    """`{input: …, output: …}` pairs."""
    resources: Resources = NO_RESOURCES
    deterministic: bool = False
    """The same input always gives the same output: its results are cached unless `cache` is 0."""
    cache: float | None = None
    """Seconds that a result is kept for equal inputs of the same version; None: the default (for
    ever when deterministic, else not at all); 0: not at all."""
    where: Where = field(default=NOWHERE, compare=False)

    @property
    def code_only(self) -> bool:
        """Whether only code answers: nothing to pay, to learn or to ask a person."""
        return all(tier.kind in {"python", "command"} for tier in self.tiers)


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


@dataclass(frozen=True, slots=True)
class MemoryDef:
    """A long-term store that outlives runs: `memory.NAME` in expressions."""

    scope: Literal["flow", "agent", "user"]
    """Whose it is: every flow, agent or user has a value of its own."""
    schema: JsonObject
    initial: Json = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long ended runs are kept by `pantheon store compact`; None: for ever."""

    runs: float | None = None
    """Seconds."""


@dataclass(frozen=True, slots=True)
class RouterDef:
    """Which flows a prompt may go to, and where it goes when none fits."""

    flows: tuple[str, ...]
    otherwise: str | None = None
    """A flow, or `cloud`; None: `ask` fails with a clear reason."""
    min_similarity: float = 0.3
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class NightBudget:
    """What one night may use."""

    cloud_usd: float | None = None
    cpu: int | None = None
    memory: int | None = None
    """Bytes."""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class NightDef:
    """When the night runs, what it may use, and who promotes."""

    window: str | None = None
    budget: NightBudget = NightBudget()
    promote: Literal["auto", "review"] = "review"
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Project:
    """Everything one `pantheon.yaml` (with what it includes) defines."""

    root: Path
    """Folder of the file; relative paths and `module:function` start here."""
    agents: Mapping[str, AgentDef] = field(default_factory=dict[str, AgentDef])
    flows: Mapping[str, FlowDef] = field(default_factory=dict[str, FlowDef])
    models: Mapping[str, ModelDef] = field(default_factory=dict[str, ModelDef])
    router: RouterDef | None = None
    night: NightDef = NightDef()
    limits: Resources = NO_RESOURCES
    """What all runs together may hold; 0: no limit."""
    memory: Mapping[str, MemoryDef] = field(default_factory=dict[str, MemoryDef])
    retention: Retention = Retention()
    dialect: Literal["full", "original"] = "full"
    warnings: tuple[Diagnostic, ...] = field(default=(), compare=False)
    """Doubts that did not keep it from loading."""
    files: tuple[Path, ...] = field(default=(), compare=False)
    """Every file that was read, the first one first."""
