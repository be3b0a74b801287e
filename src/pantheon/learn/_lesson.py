"""One lesson: train, certify, gate, and decide; every decision is kept with its evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from pantheon.errors import PantheonError
from pantheon.ids import hash_json
from pantheon.learn._bounds import rows_needed
from pantheon.learn._evidence import calibration_json, explain, gate_json, summarise
from pantheon.learn._fit import Candidate, fit
from pantheon.learn._gate import GateResult, gate
from pantheon.learn._load import load_specialist
from pantheon.learn._lock import LOCK_NAME
from pantheon.learn._numeric import at_most_threads
from pantheon.learn._promote import promote, supersede_proposals
from pantheon.learn._proposal import propose
from pantheon.learn._rows import Promise, Settings
from pantheon.learn._select import Selection, select
from pantheon.learn._watch import promise_of
from pantheon.store import Lesson, Version

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.ids import JsonObject
    from pantheon.learn._specialist import Specialist
    from pantheon.models import Embedder
    from pantheon.spec import AgentDef
    from pantheon.store import Store

Outcome: TypeAlias = Literal["promoted", "proposed", "rejected", "skipped"]
_RECURRING = 0.5
"""Share of examples whose answer occurs at least twice; below it there is nothing to classify."""


@dataclass(frozen=True, slots=True)
class Tonight:
    """What the lessons of one night have in common."""

    night: str
    seed: int
    promote: Literal["auto", "review"]
    root: Path | None = None
    """Folder of the project, for `pantheon.lock` and proposals; None keeps all in the store."""
    cpu: int | None = None
    """Cores that training may use; None: all."""
    memory: int | None = None
    """Bytes that training may use; None: what the usual number of examples takes."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """What came of a lesson."""

    outcome: Outcome
    reasons: tuple[str, ...]
    version: Version | None = None


def teach(
    store: Store, agent: AgentDef, tonight: Tonight, *, embedder: Embedder, timer: Clock
) -> Lesson:
    """Teach one agent from its examples; write version, promotion or proposal, and lesson.

    Args:
        store: the past, and where everything is kept.
        agent: who is taught, for its contract and promise.
        tonight: night, seed, and who promotes.
        embedder: gives the texts' vectors.
        timer: measures the seconds of the lesson.
    """
    start = timer.elapsed()
    deployed = store.channels.current(agent.name)
    selection = select(store, agent)
    with at_most_threads(tonight.cpu):
        decision = _Pupil(store, agent, tonight, embedder).decide(selection)
    evidence = decision.version.evidence if decision.version else {}
    lesson = Lesson(
        night=tonight.night,
        agent=agent.name,
        outcome=decision.outcome,
        reasons=decision.reasons,
        examples=len(selection.rows),
        seconds=timer.elapsed() - start,
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

    def __init__(self, store: Store, agent: AgentDef, tonight: Tonight, embedder: Embedder) -> None:
        self._store = store
        self._agent = agent
        self._tonight = tonight
        self._embedder = embedder
        promised = promise_of(agent)
        self._promise = Promise(promised.disagreement, promised.confidence)
        self._audit_rate = promised.audit

    def decide(self, selection: Selection) -> _Decision:
        """Skip, or train and then promote, propose or reject."""
        for reason in (
            self._too_few(selection),
            self._nothing_new(selection),
            _no_class(selection),
        ):
            if reason:
                return _Decision("skipped", (reason,))
        candidate, result = self._train(selection)
        version = self._write(candidate, result, selection)
        if not result.promoted:
            self._store.versions.set_state(version.hash, "rejected")
            return _Decision("rejected", result.reasons, version)
        return self._advance(version, explain(candidate.calibration, result))

    # ------------------------------------------------------------------ whether to train

    def _too_few(self, selection: Selection) -> str | None:
        needed = rows_needed(self._promise)
        if selection.random >= needed:
            return None
        came = "" if selection.fresh_since is None else " since the specialist stepped back"
        return (
            f"{selection.random} examples{came}; at least {needed} without an error are needed to "
            f"certify {100 * self._promise.disagreement:g} % at "
            f"{100 * self._promise.confidence:g} %."
        )

    def _nothing_new(self, selection: Selection) -> str | None:
        decided = [v for v in self._store.versions.list(self._agent.name) if v.state != "candidate"]
        if not decided or decided[-1].evidence.get("data") != selection.content:
            return None
        return f"No new examples since {self._agent.name}@{decided[-1].number} was trained."

    # ------------------------------------------------------------------ train and gate

    def _train(self, selection: Selection) -> tuple[Candidate, GateResult]:
        usual = Settings(
            audit_rate=self._audit_rate, labels=selection.labels, space=self._embedder.id
        )
        memory = self._tonight.memory
        settings = usual if memory is None else usual.within(memory)
        candidate = fit(
            selection.rows,
            embed=self._embedder.embed,
            promise=self._promise,
            seed=self._tonight.seed,
            settings=settings,
        )
        result = gate(
            candidate,
            self._deployed(),
            selection.rows,
            promise=self._promise,
            settings=settings,
            seed=self._tonight.seed,
        )
        return candidate, result

    def _deployed(self) -> Specialist | None:
        """What answers now: nothing, when the slot is empty, stepped back or cannot be loaded."""
        current = self._store.channels.current(self._agent.name)
        monitor = self._store.monitors.get(self._agent.name) or {}
        if current is None or monitor.get("stepped_back"):
            return None
        try:
            artifact = self._store.blobs.get(self._store.versions.get(current).artifact)
            return load_specialist(artifact, embedder=self._embedder)
        except PantheonError:
            return None

    # ------------------------------------------------------------------ keep and decide

    def _write(self, candidate: Candidate, result: GateResult, selection: Selection) -> Version:
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
            evidence=self._evidence(candidate, result, selection),
            artifact=artifact,
            night=self._tonight.night,
        )
        with store.transaction():
            store.versions.add(version)
            store.looks.add(name, night=self._tonight.night, n=1, at=version.created)
        return store.versions.get(version.hash)

    def _evidence(
        self, candidate: Candidate, result: GateResult, selection: Selection
    ) -> JsonObject:
        return {
            "summary": summarise(candidate.calibration),
            "calibration": calibration_json(candidate.calibration),
            "gate": gate_json(result),
            "examples": {"trained_on": candidate.trained_on, "held_out": candidate.held_out},
            "looks": self._store.looks.total(self._agent.name) + 1,
            "embedder": self._embedder.id,
            "seed": self._tonight.seed,
            "data": selection.content,
        }

    def _advance(self, version: Version, reasons: tuple[str, ...]) -> _Decision:
        if self._store.channels.current(self._agent.name) == version.hash:
            return _Decision("skipped", ("What was learned is exactly what answers already.",))
        if self._tonight.promote == "review":
            return self._propose(version, reasons)
        root = self._tonight.root
        promote(
            self._store,
            self._agent.name,
            version.hash,
            who="night",
            why=str(version.evidence["summary"]),
            clock=self._store.clock,
            lock=None if root is None else root / LOCK_NAME,
        )
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


def _no_class(selection: Selection) -> str | None:
    counts = Counter(row.label for row in selection.rows)
    again = sum(count for count in counts.values() if count > 1)
    if again >= _RECURRING * len(selection.rows):
        return None
    return (
        f"{len(counts)} different answers in {len(selection.rows)} examples: too few come again "
        "for a specialist to choose among them."
    )
