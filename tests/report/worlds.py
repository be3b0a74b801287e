"""Stores to report on, written through the store's own interface: a busy fortnight, and odd nights."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from pantheon.clock import FakeClock
from pantheon.ids import ContentHash, JsonObject, RunId, hash_json
from pantheon.store import (
    AnswerRow,
    Audit,
    ChannelMove,
    Example,
    InboxItem,
    NodeResult,
    QueueItem,
    Run,
    Source,
    Store,
    Version,
)

MIDNIGHT = 1_772_150_400.0
"""Friday 27 February 2026, 00:00 UTC."""
DAY = 86_400.0
HOUR = 3_600.0
TEAMS = ("cards", "payments", "account", "other")
MESSAGES = (
    "My card was swallowed by the machine at the station",
    "The transfer to my landlord shows twice",
    "How do I change the address on my account?",
    "I was charged a fee for a payment I cancelled",
    "Please close the account of my late father",
    "The app says my card is not active yet",
)


@dataclass(slots=True)
class World:
    """A store that is being written, with the time and the chance it runs on."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(MIDNIGHT))
    seed: int = 7
    path: str = ":memory:"
    store: Store = field(init=False)
    chance: random.Random = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        self.store = Store.open(self.path, clock=self.clock)
        self.chance = random.Random(self.seed)

    def name(self, prefix: str) -> str:
        """A new id that sorts by when it was made."""
        self.made += 1
        return f"{prefix}{self.made:016d}"

    def go_to(self, day: int, hour: float) -> float:
        """Move the clock to an hour of a day, counted from the world's first."""
        target = MIDNIGHT + day * DAY + hour * HOUR
        self.clock.advance(target - self.clock.now())
        return target


@dataclass(frozen=True, slots=True)
class Habit:
    """How an agent's requests go on one day."""

    agent: str
    requests: int
    local: float
    """Share that the specialist answers."""
    wrong: float = 0.03
    """Share of local answers that differ from the cloud's."""
    audit: float = 0.15
    cost: float = 0.004
    source: Source = "model"
    tier: str = "specialist"
    """Kind of the tier that answers locally."""


def spend_day(world: World, day: int, habit: Habit) -> None:
    """Requests through the day; audits of local answers are settled an hour later."""
    for i in range(habit.requests):
        at = MIDNIGHT + day * DAY + 8 * HOUR + i * (12 * HOUR / habit.requests)
        ask(world, habit, at=at)


def ask(
    world: World,
    habit: Habit,
    *,
    at: float,
    run: RunId | None = None,
    node: str | None = None,
) -> AnswerRow:
    """One request, answered by the specialist or the cloud, perhaps audited."""
    local = world.chance.random() < habit.local
    text = world.chance.choice(MESSAGES)
    row = AnswerRow(
        id=world.name("a"),
        agent=habit.agent,
        version=hash_json(["definition", habit.agent]),
        at=at,
        input={"text": text},
        output={"team": TEAMS[len(text) % 4]},
        tier=habit.tier if local else "cloud",
        accepted="confidence 0.93 ≥ 0.81" if local else "the last tier",
        source="specialist" if local else habit.source,
        confidence=0.93 if local else None,
        label_propensity=habit.audit if local else 1.0,
        local=local,
        tokens_in=0 if local else 180,
        tokens_out=0 if local else 12,
        cost_usd=0.0 if local else habit.cost,
        latency=0.004 if local else 0.9,
        run=run,
        node=node,
        tried=() if local else ({"tier": "specialist", "reason": "low_confidence", "detail": ""},),
    )
    world.store.answers.add(row)
    if local and world.chance.random() < habit.audit:
        audit(world, row, agrees=world.chance.random() >= habit.wrong, habit=habit)
    return row


def audit(world: World, row: AnswerRow, *, agrees: bool, habit: Habit) -> None:
    """The cloud's own answer to a request that was answered locally."""
    world.store.audits.settle(
        Audit(
            answer=row.id,
            agent=row.agent,
            at=row.at + HOUR / 2,
            cloud_output=row.output if agrees else {"team": "other"},
            agrees=agrees,
            cost_usd=habit.cost,
            tokens_in=180,
            tokens_out=12,
            source=habit.source,
        )
    )


def queue_task(world: World, title: str, *, at: float, flow: str = "support") -> QueueItem:
    """Hand in work."""
    item = QueueItem(
        id=world.name("q"),
        flow=flow,
        input={"text": world.chance.choice(MESSAGES)},
        priority=0,
        submitted=at,
        state="queued",
        title=title,
    )
    world.store.queue.submit(item)
    return item


def begin_run(world: World, item: QueueItem, *, at: float, night: str | None) -> Run:
    """Begin a run of queued work."""
    run = Run(
        id=RunId(world.name("r")),
        flow=item.flow,
        flow_hash=hash_json(["flow", item.flow]),
        input=item.input,
        state="running",
        created=at,
        cause="queue",
        started=at,
        night=night,
    )
    world.store.runs.create(run)
    world.store.queue.finish(item.id, "running", run.id)
    return run


def record(
    world: World, run: Run, node: str, *, state: str = "ok", reason: JsonObject | None = None
) -> None:
    """Write what a node came to."""
    at = run.created
    world.store.journal.record(
        NodeResult(run.id, node, -1, state, None, reason, 1, at, at + 1.0)  # type: ignore[arg-type]
    )


def do_task(world: World, item: QueueItem, habit: Habit, *, at: float, night: str) -> None:
    """A task that is delivered: triage, then a drafted reply."""
    run = begin_run(world, item, at=at, night=night)
    row = ask(world, habit, at=at + 1, run=run.id, node="triage")
    reply = Habit("reply", 1, local=1.0, audit=0.0, tier="prompt")
    ask(world, reply, at=at + 2, run=run.id, node="reply")
    for node in ("triage", "reply"):
        record(world, run, node)
    output: JsonObject = {
        **(row.output or {}),
        "reply": "Thank you for writing. We have stopped the card and a new one is on its way "
        "to you; it should arrive within three working days.",
    }
    world.store.runs.update(run.id, state="done", finished=at + 4.5, output=output)
    world.store.queue.finish(item.id, "done", run.id)


def fail_task(world: World, item: QueueItem, reason: str, message: str, *, night: str) -> None:
    """A task that stops at its second node."""
    at = world.clock.now()
    run = begin_run(world, item, at=at, night=night)
    record(world, run, "triage")
    why: JsonObject = {"reason": reason, "message": message, "node": "reply"}
    record(world, run, "reply", state="failed", reason=why)
    record(world, run, "check", state="skipped", reason={"reason": "upstream", "message": ""})
    world.store.runs.update(run.id, state="failed", finished=at + 3, failure=why)
    world.store.queue.finish(item.id, "failed", run.id)


def ask_person(world: World, item: QueueItem, question: str, *, night: str) -> None:
    """A task that waits for a person."""
    at = world.clock.now()
    run = begin_run(world, item, at=at, night=night)
    record(world, run, "triage")
    record(world, run, "approve", state="waiting")
    world.store.inbox.ask(
        InboxItem(
            id=world.name("i"),
            agent="approve",
            question=question,
            input=item.input,
            schema={"type": "object", "properties": {"refund": {"type": "boolean"}}},
            asked=at,
            state="open",
            run=run.id,
            node="approve",
        )
    )
    world.store.runs.update(run.id, state="waiting")


def train(
    world: World,
    agent: str,
    number: int,
    *,
    night: str,
    state: str,
    parent: ContentHash | None,
    evidence: JsonObject,
) -> Version:
    """A version that a night made; when promoted, the channel moves to it."""
    at = world.clock.now()
    version = Version(
        hash=hash_json(["version", agent, number]),
        agent=agent,
        number=number,
        parent=parent,
        cause="night",
        created=at,
        state=state,  # type: ignore[arg-type]
        evidence=evidence,
        artifact=world.store.blobs.put(f"{agent} {number}".encode()),
        night=night,
    )
    world.store.versions.add(version)
    if state == "promoted":
        world.store.channels.move(
            ChannelMove(
                agent, "stable", version.hash, parent, at, "night", "the gate agreed", "night"
            )
        )
    return version


def learn_examples(world: World, agent: str, number: int, *, at: float, labels: int = 3) -> None:
    """Examples from cloud answers, every sixth from a person."""
    start = world.store.examples.count(agent)
    world.store.examples.add(
        Example(
            id=f"e{agent}{start + i}",
            agent=agent,
            input={"text": f"{MESSAGES[i % 6]} ({start + i})"},
            output={"team": TEAMS[i % labels]},
            source="human" if i % 6 == 5 else "cloud",
            drawn="escalated" if i % 3 else "audit",
            at=at,
            group=hash_json([agent, start + i]),
            split="holdout" if i % 5 == 4 else "train",
        )
        for i in range(number)
    )
