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
from pantheon.spec._case import Case
from pantheon.spec._constants import NOWHERE
from pantheon.spec._diagnostic import Diagnostic
from pantheon.spec._expression import Expression
from pantheon.spec._flow_model import FlowDef
from pantheon.spec._lint import NO_WORD, LintDef
from pantheon.spec._same import EXACT, Same
from pantheon.spec._skill_model import ContextFile, Skill


@dataclass(frozen=True, slots=True)
class Promise:
    """At most `disagreement` of all answers differ from the cloud's, with `confidence`."""

    disagreement: float = 0.05
    """ε: share of ALL requests answered locally and differently from the cloud."""
    confidence: float = 0.95
    """1 − δ."""
    audit: float = 0.05
    """Share of local answers also asked of the cloud, drawn at random."""
    quality: float | None = None
    """Margin: on corrected answers not worse than the cloud by more than this share; None: only
    agreement is promised."""


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
    context: int | None = None
    """Tokens of prompt and answer together; None: as much as is usual, if the weights take it."""
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


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over the input, and the output that is given where it holds."""

    when: Expression
    give: JsonObject


@dataclass(frozen=True, slots=True)
class RulesTier:
    """The first rule that holds answers; where none does, the next tier is asked."""

    rules: tuple[Rule, ...]
    kind: Literal["rules"] = "rules"


Tier: TypeAlias = (
    SpecialistTier | PromptTier | CloudTier | PythonTier | CommandTier | HumanTier | RulesTier
)


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
    same: Same = EXACT
    """When two outputs count as the same answer."""
    critical: tuple[JsonObject, ...] = ()
    """Parts of outputs: answers that hold one of them must never get worse."""
    context: tuple[ContextFile, ...] = ()
    """Texts that its prompts hold: `{{ context }}` in a template."""
    skills: tuple[Skill, ...] = ()
    """Instructions for those requests that need them: `{{ skills }}` in a template."""
    tests: tuple[Case, ...] = field(default=(), compare=False)
    """They stand beside the agent and are no part of it."""
    where: Where = field(default=NOWHERE, compare=False)

    @property
    def code_only(self) -> bool:
        """Whether only code answers: nothing to pay, to learn or to ask a person."""
        return all(tier.kind in {"python", "command", "rules"} for tier in self.tiers)


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
    canary: float | None = None
    """Share of the requests that a promoted version answers while on probation; 1: no probation.
    None: 0.2 for another rung, and none for a retrained specialist of the same one."""
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ParameterDef:
    """A value that the project leaves open, and what it is at present."""

    name: str
    type: JsonObject
    """JSON Schema of the value."""
    value: Json
    """From `--set`, the local file, the environment or its default; already filled in."""
    description: str = ""
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
    lint: LintDef = field(default=NO_WORD, compare=False)
    dialect: Literal["full", "original"] = "full"
    warnings: tuple[Diagnostic, ...] = field(default=(), compare=False)
    """Doubts that did not keep it from loading."""
    files: tuple[Path, ...] = field(default=(), compare=False)
    """Every file that was read, the first one first."""
    overlays: tuple[str, ...] = field(default=(), compare=False)
    """What was laid over the project's own files, in order: `environments/prod.yaml`, `--set`."""
    parameters: Mapping[str, ParameterDef] = field(
        default_factory=dict[str, ParameterDef], compare=False
    )
    resolved: Mapping[str, Mapping[str, AgentDef]] = field(
        default_factory=dict[str, Mapping[str, AgentDef]]
    )
    """By flow: the recorded definitions that its constraints choose in the place of `agents`."""
