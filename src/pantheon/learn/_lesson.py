"""One lesson: train, certify, gate, and decide; every decision is kept with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.errors import PantheonError
from pantheon.ids import hash_json
from pantheon.learn._asking import ask_rows, judged_sameness, most_rows, predict
from pantheon.learn._channels import canary_of
from pantheon.learn._contested import Slot, share_of, without_twins
from pantheon.learn._evidence import calibration_json, explain, gate_json, summarise
from pantheon.learn._gate import GateResult, GateRules, draw_sample, gate_answers
from pantheon.learn._ladder import Climb, Memory, climb
from pantheon.learn._load import load_model
from pantheon.learn._numeric import at_most_threads
from pantheon.learn._promote import release_outwaited, supersede_proposals, try_out
from pantheon.learn._proposal import propose
from pantheon.learn._rows import Prediction, Settings
from pantheon.learn._rung import RungModel
from pantheon.learn._select import Selection, select
from pantheon.learn._task import Task
from pantheon.learn._tonight import (
    Tonight,
    World,
    attempt_json,
    task_of,
    too_few,
    tools_of,
    why_none,
)
from pantheon.learn._watch import promise_of
from pantheon.learn.gates import record_look
from pantheon.learn.quality import (
    QualityRegion,
    newest_version,
    plan_asking,
    shadow_newest,
    widened,
)
from pantheon.learn.rungs import all_rungs
from pantheon.releases import LOCK_NAME
from pantheon.store import Lesson, Version

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn._candidate import Candidate
    from pantheon.spec import AgentDef
    from pantheon.store import Store

_SAME = "What was learned is exactly what answers already."
Outcome: TypeAlias = Literal["promoted", "proposed", "rejected", "skipped"]
_AFTER: dict[str, Outcome] = {
    "settled": "promoted",
    "on probation": "skipped",
    "suspicious": "skipped",
    "rolled back": "rejected",
}
"""What a night with a canary came to; nothing else is trained while one is on probation."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """What came of a lesson."""

    outcome: Outcome
    reasons: tuple[str, ...]
    version: Version | None = None
    tried: tuple[JsonObject, ...] = ()
    """The ladder, rung by rung."""


async def teach(store: Store, agent: AgentDef, tonight: Tonight, world: World) -> Lesson:
    """Teach one agent from its examples; write version, promotion or proposal, and lesson.

    Args:
        store: the past, and where everything is kept.
        agent: who is taught, for its contract and promise.
        tonight: night, seed, and who promotes.
        world: what the lesson may use.
    """
    start = world.timer.elapsed()
    deployed = store.channels.current(agent.name)
    selection = select(store, agent)
    with at_most_threads(tonight.cpu):
        decision = await _Pupil(store, agent, tonight, world).decide(selection)
    evidence = decision.version.evidence if decision.version else {}
    lesson = Lesson(
        night=tonight.night,
        agent=agent.name,
        outcome=decision.outcome,
        reasons=decision.reasons,
        examples=len(selection.rows),
        seconds=world.timer.elapsed() - start,
        candidate=decision.version.hash if decision.version else None,
        deployed=deployed,
        calibration=_part(evidence, "calibration"),
        gate=_part(evidence, "gate"),
    )
    store.nights.add_lesson(lesson)
    return lesson


def _part(evidence: JsonObject, name: str) -> JsonObject:
    part = evidence.get(name)
    return part if isinstance(part, dict) else {}


class _Pupil:
    """One agent during its lesson."""

    def __init__(self, store: Store, agent: AgentDef, tonight: Tonight, world: World) -> None:
        self._store = store
        self._agent = agent
        self._tonight = tonight
        self._world = world
        self._tools = tools_of(agent, tonight, world)

    async def decide(self, selection: Selection) -> _Decision:
        """Skip, or train and then promote, propose or reject."""
        task = task_of(self._agent, selection, seed=self._tonight.seed)
        slot = self._slot(selection, task)
        canary = canary_of(self._store, self._agent.name)
        probation = await slot.review()
        if probation is not None and canary is not None and canary.version is not None:
            version = self._store.versions.get(canary.version)
            return _Decision(_AFTER[probation.verdict], (probation.reason,), version)
        await self._shadow(selection)
        for reason in (too_few(selection, task), self._nothing_new(selection)):
            if reason:
                return _Decision("skipped", (reason,))
        climbed = await self._climb(selection, task)
        tried = tuple(attempt_json(attempt) for attempt in climbed.attempts)
        if climbed.best is None:
            return _Decision("skipped", why_none(climbed), tried=tried)
        best, region = widened(self._store, self._agent, climbed.best)
        result = await self._gate(best, selection, task, slot)
        version = self._write(best, result, selection, tried, region)
        if self._store.channels.current(self._agent.name) == version.hash:
            return _Decision("skipped", (_SAME,), version, tried)
        if result.waiting:
            return _Decision("skipped", result.reasons, version, tried)
        if not result.promoted:
            self._store.versions.set_state(version.hash, "rejected")
            return _Decision("rejected", result.reasons, version, tried)
        share = share_of(result.move, self._tonight.canary)
        decision = self._advance(version, explain(best, result, region), share)
        return replace(decision, tried=tried)

    async def _shadow(self, selection: Selection) -> None:
        """Ask the newest version about the day, before anything can learn from it."""
        newest = newest_version(self._store, self._agent.name)
        if newest is None or not promise_of(self._agent).quality:
            return

        with suppress(PantheonError):  # a version that cannot be loaded says nothing
            model = self._load(newest)

            async def ask(texts: Sequence[str]) -> Sequence[Prediction]:
                return await predict(model, texts)

            most = most_rows(model)
            await shadow_newest(self._store, self._agent, selection.rows, ask, most=most)

    # ------------------------------------------------------------------ whether to train

    def _nothing_new(self, selection: Selection) -> str | None:
        decided = [v for v in self._store.versions.list(self._agent.name) if v.state != "candidate"]
        if not decided or decided[-1].evidence.get("data") != selection.content:
            return None
        return f"No new examples since {self._agent.name}@{decided[-1].number} was trained."

    # ------------------------------------------------------------------ train and gate

    async def _climb(self, selection: Selection, task: Task) -> Climb:
        memory = Memory(
            self._store,
            self._agent.name,
            self._tonight.night,
            selection.content,
            lambda data: load_model(data, self._world.around),
        )
        rungs = self._world.rungs if self._world.rungs is not None else all_rungs()
        climbed = await climb(rungs, selection.rows, task, self._tools, memory)
        memory.release()
        return climbed

    async def _gate(
        self, candidate: Candidate[RungModel], selection: Selection, task: Task, slot: Slot
    ) -> GateResult:
        """Ask both of the held-out rows, and decide."""
        sample = draw_sample(
            selection.rows,
            settings=Settings(audit_rate=task.audit_rate),
            seed=task.seed,
            looks=self._store.looks.list(self._agent.name),
        )
        sample = without_twins(sample, selection.rows, self._tools.embed)
        deployed = self._deployed()
        most = most_rows(candidate.specialist, deployed)
        sample = sample if most is None else sample.limited(most)
        ours = await ask_rows(candidate.specialist, sample.rows)
        theirs = None if deployed is None else await ask_rows(deployed, sample.rows)
        return gate_answers(
            sample,
            ours,
            theirs,
            promise=candidate.calibration.promise,
            rules=GateRules.for_critical(task.critical),
            same=await judged_sameness(sample.rows, (ours, theirs), self._tools),
            claim=slot.claim(candidate, sample, self._tools.embed, vacant=deployed is None),
        )

    def _slot(self, selection: Selection, task: Task) -> Slot:
        return Slot(
            self._store,
            task,
            self._tonight.night,
            selection.rows,
            self._load,
            self._tools,
            self._lock(),
        )

    def _lock(self) -> Path | None:
        root = self._tonight.root
        return None if root is None else root / LOCK_NAME

    def _load(self, version: Version) -> RungModel:
        return load_model(self._store.blobs.get(version.artifact), self._world.around)

    def _deployed(self) -> RungModel | None:
        """What answers now: nothing, when the slot is empty, stepped back or cannot be loaded."""
        current = self._store.channels.current(self._agent.name)
        monitor = self._store.monitors.get(self._agent.name) or {}
        if current is None or monitor.get("stepped_back"):
            return None
        try:
            return self._load(self._store.versions.get(current))
        except PantheonError:
            return None

    # ------------------------------------------------------------------ keep and decide

    def _write(
        self,
        candidate: Candidate[RungModel],
        result: GateResult,
        selection: Selection,
        tried: tuple[JsonObject, ...],
        region: QualityRegion | None = None,
    ) -> Version:
        """Keep the version before anything points at it, and count the look at the holdout."""
        store, name = self._store, self._agent.name
        artifact = store.blobs.put(candidate.specialist.dumps())
        version = Version(
            hash=hash_json([name, artifact]),
            agent=name,
            number=store.versions.next_number(name),
            parent=store.channels.current(name),
            cause="night",
            created=store.clock.now(),
            state="candidate",
            evidence={
                **self._evidence(candidate, result, selection),
                "ladder": [*tried],
                **({"quality": region.to_json()} if region else {}),
            },
            artifact=artifact,
            night=self._tonight.night,
        )
        with store.transaction():
            store.versions.add(version)
            record_look(
                store,
                name,
                night=self._tonight.night,
                rows=result.rows,
                # One that waits was told that nothing held out speaks against it.
                passed=result.promoted or result.waiting,
            )
            release_outwaited(store, name)
            plan_asking(
                store,
                self._agent,
                version.hash,
                self._tonight.night,
                judgements=self._tonight.judgements,
            )
        return store.versions.get(version.hash)

    def _evidence(
        self, candidate: Candidate[RungModel], result: GateResult, selection: Selection
    ) -> JsonObject:
        return {
            "summary": summarise(candidate.calibration),
            "rung": candidate.rung,
            "cost": candidate.cost,
            "note": candidate.note,
            "calibration": calibration_json(candidate.calibration),
            "gate": gate_json(result),
            "examples": {"trained_on": candidate.trained_on, "held_out": candidate.held_out},
            "looks": self._store.looks.total(self._agent.name) + 1,
            "embedder": self._world.around.space,
            "seed": self._tonight.seed,
            "data": selection.content,
        }

    def _advance(self, version: Version, reasons: tuple[str, ...], share: float) -> _Decision:
        if version.state == "rejected":
            reason = f"It is exactly {version.agent}@{version.number}, which was rejected."
            return _Decision("rejected", (reason,), version)
        if self._tonight.promote == "review":
            return self._propose(version, reasons)
        move = try_out(
            self._store,
            self._agent.name,
            version.hash,
            share=share,
            who="night",
            why=str(version.evidence["summary"]),
            lock=self._lock(),
        )
        if move.share < 1:
            reasons = (*reasons, f"On probation with {move.share:.0%} of the requests.")
        return _Decision("promoted", reasons, version)

    def _propose(self, version: Version, reasons: tuple[str, ...]) -> _Decision:
        with self._store.transaction():
            supersede_proposals(self._store, version)
            self._store.versions.set_state(version.hash, "proposed")
        if self._tonight.root is None:
            return _Decision("proposed", reasons, version)
        proposal = propose(
            version, root=self._tonight.root, at=self._store.clock.now(), reasons=reasons
        )
        where = f"Branch {proposal.branch}." if proposal.branch else f"No branch: {proposal.note}."
        return _Decision("proposed", (*reasons, where, f"Patch {proposal.patch}."), version)
