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
from pantheon.ids import JsonObject
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
    where: Where = field(default=NOWHERE, compare=False)


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


@dataclass(frozen=True, slots=True)
class Merge:
    """Wait for several nodes and put their outputs together."""

    sources: tuple[str, ...]
    policy: Literal["all", "any"] = "all"
    """all: an object with one field per source, skipped when one of them gave nothing; any: the
    output of the first that gave something, in the order written."""


@dataclass(frozen=True, slots=True)
class NodeDef:
    """One node of a flow: an agent (or a merge), its inputs and its policies."""

    name: str
    agent: str | None
    """Agent name without the version constraint; None for a merge node."""
    inputs: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    when: Expression | None = None
    map: Expression | None = None
    """A list; the agent runs once per item, `item` is in scope of `inputs`; output is a list."""
    concurrency: int = 8
    """How many items of a map run at once."""
    merge: Merge | None = None
    retry: Retry | None = None
    timeout: float | None = None
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
    where: Where = field(default=NOWHERE, compare=False)

    def dependencies(self, node: str) -> frozenset[str]:
        """Names of the nodes that must have ended before this one starts."""
        definition = self.nodes[node]
        expressions = [*definition.inputs.values()]
        expressions += [e for e in (definition.when, definition.map) if e is not None]
        named = {root for e in expressions for root in e.roots if root in self.nodes}
        named |= set(definition.merge.sources if definition.merge else ())
        named |= set(definition.after) | ({definition.reviews} if definition.reviews else set())
        return frozenset(named)


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
    dialect: Literal["full", "original"] = "full"
    warnings: tuple[Diagnostic, ...] = field(default=(), compare=False)
    """Doubts that did not keep it from loading."""
    files: tuple[Path, ...] = field(default=(), compare=False)
    """Every file that was read, the first one first."""
