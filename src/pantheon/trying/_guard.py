"""Between an agent of a sandbox and its tiers: who may be asked, who stands in, what was said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pantheon.agents import (
    Abstention,
    Reason,
    Request,
    TierAnswer,
    TierOutcome,
    TierRunner,
    abstain,
)
from pantheon.ids import JsonObject
from pantheon.spec import (
    AgentDef,
    CloudTier,
    CommandTier,
    HumanTier,
    PromptTier,
    PythonTier,
    SpecialistTier,
    Tier,
)
from pantheon.trying._setup import Setup
from pantheon.trying._stand_ins import ASKING, Asking, Records, Script

if TYPE_CHECKING:
    from pantheon.store import AnswerRow

MODEL_KINDS = frozenset({"prompt", "cloud"})
"""Tiers that ask a model by its name."""
_AUDIT = "audit-"
_CODE = frozenset({"python", "command"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One tier that was asked, and what it said."""

    agent: str
    node: str | None
    index: int
    kind: str
    model: str | None
    """Name under `models`, of tiers that ask one."""
    remote: bool
    outcome: TierOutcome


@dataclass(slots=True)
class Guard:
    """Makes the runners of a sandbox, by its setup."""

    setup: Setup
    records: Records
    script: Script = field(default_factory=Script)
    """Of the attempt that is under way."""
    fresh: frozenset[str] = frozenset()
    """Agents that are not as they were in the run whose answers are taken."""
    asked: list[Asked] = field(default_factory=list[Asked])
    """By the attempt that is under way, in order."""

    def __call__(self, runner: TierRunner, tier: Tier, agent: AgentDef) -> TierRunner:
        """The runner that is asked instead."""
        return Watched(runner, tier, agent, self)

    def begin(
        self, script: Script, first: Iterable[AnswerRow], fresh: frozenset[str] = frozenset()
    ) -> None:
        """Another attempt begins."""
        self.script = script
        self.fresh = fresh
        self.records.begin(first)
        self.asked.clear()

    def withhold(self, runner: TierRunner, tier: Tier, agent: AgentDef) -> Abstention | None:
        """What a tier says that is not asked in this sandbox; None when it is asked."""
        if isinstance(tier, SpecialistTier) and self.setup.answers == "script":
            return abstain(runner.kind, Reason.EMPTY_SLOT, "A script answers in its place.")
        why = self._why_withheld(runner, tier, agent)
        return None if why is None else abstain(runner.kind, Reason.WITHHELD, why)

    def _why_withheld(self, runner: TierRunner, tier: Tier, agent: AgentDef) -> str | None:
        limits, scripted = self.setup.limits, self.setup.answers == "script"
        match tier:
            case HumanTier():
                return "Nobody is asked in a sandbox."
            case PromptTier() | CloudTier() if scripted:
                return None
            case CommandTier() if limits.tools != "real":
                return "Programs are not run in a sandbox; `--tools real` runs them."
            case PythonTier() if limits.tools == "pure" and not agent.deterministic:
                return "It may act: not `deterministic`. `--tools functions` calls it."
            case _ if runner.sends_out and not limits.cloud:
                return "The cloud is off in a sandbox; `--cloud` asks it."
            case _:
                return None

    def stand_in(
        self, kind: str, agent: AgentDef, input: JsonObject, *, runs: bool
    ) -> TierOutcome | None:
        """What is said in place of a tier, if anything is; `runs`: nothing withholds it."""
        if self.setup.answers == "script":
            return self._from_script(kind, agent, input)
        if self.setup.answers == "records":
            return self._from_records(kind, agent, input, runs=runs)
        if self.setup.answers == "run" and agent.name not in self.fresh:
            return self._from_run(kind, agent, input)
        return None

    def _from_run(self, kind: str, agent: AgentDef, input: JsonObject) -> TierOutcome | None:
        """What the agent said in the run; the tiers before the one that said it abstain as then."""
        left = self.records.of_run(agent.name, input)
        if not left:
            return None
        said = left[0].tier
        if said != kind and any(tier.kind == said for tier in agent.tiers):
            return abstain(kind, Reason.LOW_CONFIDENCE, "In the run another tier answered.")
        found = self.records.take(agent.name, said, input)
        if found is None or found.row.output is None:
            return None
        return TierAnswer(found.row.output, "recorded", f"it was recorded: {found.told}")

    def _from_script(self, kind: str, agent: AgentDef, input: JsonObject) -> TierOutcome | None:
        """Models are asked as they are, and answer from the script; people answer from it too.

        In place of code it answers only for agents that ask no model, and if it names them.
        """
        asks_models = any(tier.kind in MODEL_KINDS for tier in agent.tiers)
        code = kind in _CODE and not asks_models
        entry = None
        if code or kind == "human":
            entry = self.script.take(agent.name, input, named=True)
        if entry is None:
            return None
        if entry.output is None:
            said = f"The script says that it fails ({entry.where})."
            return abstain(kind, Reason(entry.fails or Reason.UNAVAILABLE), said)
        return TierAnswer(entry.output, "scripted", f"the script says it ({entry.where})")

    def _from_records(
        self, kind: str, agent: AgentDef, input: JsonObject, *, runs: bool
    ) -> TierOutcome | None:
        if kind in {"specialist", "rules"} or (runs and kind in _CODE):
            return None  # what may run here answers anew
        found = self.records.take(agent.name, kind, input)
        if found is not None and found.row.output is not None:
            return TierAnswer(found.row.output, "recorded", f"it was recorded: {found.told}")
        if kind in MODEL_KINDS:
            return abstain(kind, Reason.UNAVAILABLE, "Nothing was recorded for this input.")
        return None


class Watched:
    """One tier in a sandbox."""

    def __init__(self, runner: TierRunner, tier: Tier, agent: AgentDef, guard: Guard) -> None:
        self.kind = runner.kind
        self._runner = runner
        self._asking = Asking(agent, tier)
        self._guard = guard
        self._withheld = guard.withhold(runner, tier, agent)

    @property
    def sends_out(self) -> bool:
        return self._runner.sends_out

    def unusable(self) -> Abstention | None:
        answers = self._guard.setup.answers
        if answers == "run" or (answers == "records" and self.kind in MODEL_KINDS):
            return None
        if self._withheld is None:
            return self._runner.unusable()
        if self._guard.setup.answers != "models":
            return None  # somebody may stand in
        return self._withheld

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        token = ASKING.set(self._asking)
        try:
            outcome = await self._ask(input, request)
        finally:
            ASKING.reset(token)
        self._tell(outcome, request)
        return outcome

    async def _ask(self, input: JsonObject, request: Request) -> TierOutcome:
        if request.key.startswith(_AUDIT):
            return abstain(self.kind, Reason.WITHHELD, "Nothing is audited in a sandbox.")
        runs = self._withheld is None
        given = self._guard.stand_in(self.kind, self._asking.agent, input, runs=runs)
        if given is not None:
            return given
        if self._withheld is not None:
            return self._withheld
        unusable = self._runner.unusable() if self._guard.setup.answers == "run" else None
        return unusable or await self._runner.ask(input, request)

    def _tell(self, outcome: TierOutcome, request: Request) -> None:
        model = getattr(self._asking.tier, "model", None)
        asked = Asked(
            agent=self._asking.agent.name,
            node=request.node,
            index=request.index,
            kind=self.kind,
            model=str(model) if model else None,
            remote=self.sends_out,
            outcome=outcome,
        )
        self._guard.asked.append(asked)
