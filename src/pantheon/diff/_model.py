"""What differs between two sets of definitions: one model, which every rendering is made from.

A side may be working files, a revision in git, or a recorded version. Nothing here knows which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pantheon.draw import Picture
    from pantheon.errors import Where
    from pantheon.ids import ContentHash, Json, JsonObject
    from pantheon.releases import SourceFiles
    from pantheon.report import VersionDiff
    from pantheon.spec import Project

State: TypeAlias = Literal["added", "removed", "changed"]
Kind: TypeAlias = Literal["agent", "flow", "model", "memory", "prompt", "setting"]
Topic: TypeAlias = Literal["contract", "prompt", "tiers", "promise", "nodes", "other"]
Direction: TypeAlias = Literal["more", "less", "other"]
CapabilityKind: TypeAlias = Literal[
    "tool", "program", "function", "path", "network", "model", "cloud", "budget", "resources",
    "person", "learning", "skill", "data", "privacy", "memory", "context", "agent", "event", "review",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One side of a comparison: definitions, and where they come from."""

    label: str
    """As people know it: `working files`, `git:HEAD`, `support@3`."""
    project: Project
    specialists: Mapping[str, ContentHash] = field(default_factory=dict[str, "ContentHash"])
    """What is pinned for each agent in the `pantheon.lock` beside it."""
    deployed: Mapping[str, JsonObject] = field(default_factory=dict[str, "JsonObject"])
    """What the channels of flows and agents point at, by `flow NAME` and `agent NAME`."""
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Texts of prompt files, where only those are compared."""
    code: Mapping[str, SourceFiles] = field(default_factory=dict[str, "SourceFiles"])
    """Where the source files lie that `agent NAME` or `flow NAME` calls; empty name: all others."""


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of a text: in both, or in one of them only."""

    state: Literal["same", "added", "removed"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One path at which two definitions differ; a side that has nothing there is None."""

    path: str
    state: State
    before: Json
    after: Json
    topic: Topic
    words: tuple[Word, ...] = ()
    """For texts: what was put in and taken out, within what stayed."""


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that a definition may do, know or spend, and now may more, or less."""

    kind: CapabilityKind
    direction: Direction
    words: str


@dataclass(frozen=True, slots=True)
class ContractNote:
    """What became of one part of a contract, and whom that concerns."""

    side: Literal["input", "output"]
    path: str
    kind: str
    words: str
    breaking: bool
    """Whoever calls (input) or reads (output) may have to change."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """A flow as it stood before that no longer fits the changed definition."""

    flow: str
    node: str | None
    """None: its output, or the flow as a whole."""
    reason: str
    where: Where | None
    adapted: bool = False
    """The flow itself was changed, too, and fits again."""


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A source file behind a definition that is not what it was."""

    path: str
    """From the project's folder."""
    state: State
    """Added or removed: the definition calls it now, or no longer."""
    before: ContentHash | None
    after: ContentHash | None
    lines: tuple[str, ...]
    """As `diff -u` has them, from the first `@@`; none of what is no text."""
    left_out: int = 0
    """Lines that would follow."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which version of a definition: the user's own label and the content hash."""

    version: str | None
    hash: ContentHash | None


@dataclass(frozen=True, slots=True)
class Score:
    """The share of audited answers that agreed with the cloud, with 95 % limits."""

    audited: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SliceScore:
    """How two specialists score on one kind of request; the difference with 95 % limits."""

    name: str
    """What the cloud answered, or `all`."""
    before: Score | None
    after: Score | None
    by: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Learned:
    """What the night taught an agent, then and now."""

    before: ContentHash | None
    after: ContentHash | None
    details: VersionDiff | None
    """Data and evidence; None where the store does not have both."""
    scores: tuple[SliceScore, ...] = ()
    """On what was audited in daily work; empty where nothing was."""


@dataclass(frozen=True, slots=True)
class DefinitionDiff:
    """Everything that differs in one definition."""

    kind: Kind
    name: str
    state: State
    before: Stamp | None = None
    after: Stamp | None = None
    changes: tuple[Change, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    contract: tuple[ContractNote, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    used_by: tuple[str, ...] = ()
    """Flows that ask the agent, now or before."""
    code: tuple[CodeChange, ...] = ()
    """Source files of its functions, validators and programs."""
    learned: Learned | None = None
    picture: Picture | None = None
    """Of a flow: its graph with what was added and removed."""

    @property
    def grows(self) -> bool:
        """Whether it may now do, know or spend more."""
        return any(capability.direction == "more" for capability in self.capabilities)


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that differs between two sides."""

    before: str
    after: str
    definitions: tuple[DefinitionDiff, ...]

    @property
    def empty(self) -> bool:
        """Whether both sides mean the same."""
        return not self.definitions

    def count(self, state: State) -> int:
        """How many definitions were added, removed or changed."""
        return sum(definition.state == state for definition in self.definitions)

    @property
    def consequences(self) -> tuple[Consequence, ...]:
        """Every place that breaks, once."""
        return tuple(dict.fromkeys(c for d in self.definitions for c in d.consequences))

    @property
    def broken(self) -> tuple[Consequence, ...]:
        """Those that were not mended on the later side."""
        return tuple(c for c in self.consequences if not c.adapted)
