"""A night from beginning to end: audits, queue, lessons, and what a crash leaves behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pantheon.clock import FakeClock, SystemClock
from pantheon.errors import Busy
from pantheon.ids import ContentHash, JsonObject
from pantheon.models import ScriptedAnswer, ScriptedModel
from pantheon.night import NightPlan, NightReport, NightStep, run_night
from pantheon.night._guard import only_night
from pantheon.releases import read_lock
from pantheon.routing import ROUTER
from pantheon.spec import NightBudget, NightDef
from pantheon.store import Store
from tests.night import world

AUTO = NightPlan(promote="auto")


@pytest.fixture
def clock() -> FakeClock:
    """The time of a test."""
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> Iterator[Store]:
    """A store in memory."""
    with Store.open(":memory:", clock=clock) as opened:
        yield opened


def test_a_day_a_night_and_the_next_day(store: Store, clock: FakeClock) -> None:
    """What the cloud had to do by day, the specialist does the day after."""
    work = world.rows(500)
    runtime = world.open_runtime(store, clock, work=work)

    async def play() -> tuple[int, NightReport, int]:
        before = await world.serve(runtime, work[:300])
        return before, await run_night(runtime, AUTO), await world.serve(runtime, work[300:])

    before, report, after = asyncio.run(play())

    assert before == 0
    assert [(x.agent, x.outcome) for x in report.lessons] == [("triage", "promoted")]
    assert after > 100
    assert store.nights.get(report.night.id).state == "done"
    assert store.nights.lessons(night=report.night.id) == list(report.lessons)


def test_the_same_past_gives_the_same_night(clock: FakeClock) -> None:
    """Ids, versions and decisions repeat; only real seconds may differ."""

    def play() -> list[object]:
        clock = FakeClock()
        with Store.open(":memory:", clock=clock) as store:
            work = world.rows(200)
            runtime = world.open_runtime(store, clock, work=work)
            asyncio.run(world.serve(runtime, work))
            report = asyncio.run(run_night(runtime, AUTO))
            return [report.night, *(replace(lesson, seconds=0.0) for lesson in report.lessons)]

    assert play() == play()


def test_review_is_the_default_of_a_project(store: Store, clock: FakeClock) -> None:
    """Nothing answers differently until a person has said so."""
    work = world.rows(200)
    runtime = world.open_runtime(store, clock, work=work)
    asyncio.run(world.serve(runtime, work))

    report = asyncio.run(run_night(runtime))

    assert [lesson.outcome for lesson in report.lessons] == ["proposed"]
    assert store.channels.current("triage") is None


def test_agents_without_a_past_have_no_lesson(store: Store, clock: FakeClock) -> None:
    """An idle night is done, and says nothing about anybody."""
    report = asyncio.run(run_night(world.open_runtime(store, clock), AUTO))

    assert report.lessons == ()
    assert report.night.state == "done"


def test_a_lesson_that_fails_does_not_stop_the_night(store: Store, clock: FakeClock) -> None:
    """It is written down as what it is; the others have theirs."""
    work = world.rows(200)
    broken = replace(world.TRIAGE, name="broken")
    defined = world.project(Path(), broken, world.TRIAGE)
    runtime = world.open_runtime(store, clock, defined=defined, work=work)
    asyncio.run(world.serve(runtime, work))
    for row in store.answers.list("triage"):
        text: JsonObject = {"text": f"{world.UNREADABLE} {row.id}"}
        store.answers.add(replace(row, id=f"b{row.id}", agent="broken", input=text))

    report = asyncio.run(run_night(runtime, AUTO))

    assert [(x.agent, x.outcome) for x in report.lessons] == [
        ("broken", "skipped"),
        ("triage", "promoted"),
    ]
    assert report.lessons[0].reasons[0].startswith("machine (failed): The embedder")
    assert store.nights.lessons(night=report.night.id) == list(report.lessons)


def test_the_router_is_taught_like_any_agent(store: Store, clock: FakeClock) -> None:
    """What people said of its routes is its lesson."""
    from pantheon.store import AnswerRow, Feedback

    for number, row in enumerate(world.rows(100)):
        prompt: JsonObject = {"prompt": str(row["input"])}
        flow: JsonObject = {"flow": "triage_flow" if number % 3 else "otherwise"}
        answer = AnswerRow(
            f"r{number}", ROUTER, ContentHash("b2:v"), 1.0, prompt, flow, "similarity", "", "code"
        )
        store.answers.add(answer)
        store.feedback.add(Feedback(answer.id, ROUTER, 1.0, "good", "user"))

    report = asyncio.run(run_night(world.open_runtime(store, clock), AUTO))

    assert [lesson.agent for lesson in report.lessons] == [ROUTER]


# ----------------------------------------------------------------------------------- audits
def test_audits_left_over_are_settled_at_night(store: Store, clock: FakeClock) -> None:
    """What the day could not ask of the cloud, the night asks; the rest stays owed."""
    work = world.rows(460)
    day = world.open_runtime(store, clock, work=work)

    async def first_day() -> None:
        await world.serve(day, work[:300])
        await run_night(day, AUTO)

    asyncio.run(first_day())
    cut_off = world.open_runtime(store, clock, work=[])
    asyncio.run(world.serve(cut_off, work[300:]))
    owed = len(store.audits.owed())
    report = asyncio.run(run_night(day, AUTO))

    assert owed > 10
    assert (report.audits_settled, report.audits_owed) == (owed, 0)


def test_an_agent_that_stepped_back_is_reported(store: Store, clock: FakeClock) -> None:
    """In the night's report and in what is kept of it."""
    work = world.rows(300)
    runtime = world.open_runtime(store, clock, work=work)
    asyncio.run(world.serve(runtime, work))
    store.monitors.set("triage", {"stepped_back": True, "fresh_since": clock.now()})

    report = asyncio.run(run_night(runtime, AUTO))

    assert report.stepped_back == ("triage",)
    assert report.night.summary["stepped_back"] == ["triage"]
    assert report.lessons[0].outcome == "skipped"


def test_drift_makes_it_step_back_and_come_back(store: Store, clock: FakeClock) -> None:
    """The teacher changes its mind about everything: the audits notice, the specialist goes, and
    a new one is certified on what came after.
    """
    calm = world.rows(300)
    changed: list[JsonObject] = [
        {**row, "output": {"team": "new " + _team(row)}} for row in world.rows(900, seed=1)
    ]

    async def play() -> list[object]:
        runtime = world.open_runtime(store, clock, work=calm)
        await world.serve(runtime, calm)
        await run_night(runtime, AUTO)
        runtime = world.open_runtime(store, clock, work=changed)
        wrong = await world.serve(runtime, changed[:400])
        went = (store.monitors.get("triage") or {}).get("stepped_back")
        report = await run_night(runtime, AUTO)
        back = await world.serve(runtime, changed[600:])
        return [0 < wrong < 200, went, report.lessons[0].outcome, back > 100]

    assert asyncio.run(play()) == [True, True, "promoted", True]


def _team(row: JsonObject) -> str:
    output = row["output"]
    assert isinstance(output, dict)
    return str(output["team"])


# ------------------------------------------------------------------------------------ queue
def test_queued_work_runs_and_belongs_to_the_night(store: Store, clock: FakeClock) -> None:
    """Done and failed work is told apart; a failure does not stop the rest."""
    work = world.rows(2)
    known = [world.text_of(row) for row in work]
    world.submit(store, known[0], "nobody recorded this", known[1])

    report = asyncio.run(run_night(world.open_runtime(store, clock, work=work), AUTO))

    assert (report.queue.done, report.queue.failed, report.queue.left) == (2, 1, 0)
    assert [item.state for item in store.queue.list()] == ["done", "failed", "done"]
    assert {run.night for run in store.runs.list()} == {report.night.id}
    assert {run.cause for run in store.runs.list()} == {"queue"}


def test_work_for_a_flow_that_is_gone_fails_with_its_reason(store: Store, clock: FakeClock) -> None:
    """It is no run, but it is not lost either."""
    world.submit(store, "x", flow="no_such_flow")

    report = asyncio.run(run_night(world.open_runtime(store, clock), AUTO))

    assert report.queue.failed == 1
    assert "no_such_flow" in report.queue.failures[0]
    assert [item.state for item in store.queue.list()] == ["failed"]


def test_a_spent_budget_leaves_the_rest_queued(store: Store, clock: FakeClock) -> None:
    """What the cloud has cost tonight is counted; work that was not begun waits."""
    script: list[ScriptedAnswer] = [{"team": "cards"}] * 5
    model = ScriptedModel(script, remote=True, cost_usd=1.0)
    world.submit(store, *"abcde")
    budget = NightBudget(cloud_usd=2.0)

    report = asyncio.run(
        run_night(world.open_runtime(store, clock, cloud=model), replace(AUTO, budget=budget))
    )

    assert (report.queue.done, report.queue.left, report.queue.stopped) == (2, 3, "budget")
    assert report.night.summary["stopped"] == "budget"


def test_the_end_of_the_window_leaves_the_rest_queued(store: Store, clock: FakeClock) -> None:
    """Nothing new begins after it; the project's own budget of seconds counts too."""
    work = world.rows(1)
    world.submit(store, "a", "b")
    over = replace(AUTO, until=clock.now())
    report = asyncio.run(run_night(world.open_runtime(store, clock, work=work), over))
    hurried = replace(world.project(), night=NightDef(budget=NightBudget(seconds=0.0)))
    again = asyncio.run(run_night(world.open_runtime(store, clock, defined=hurried), AUTO))

    assert [(r.queue.left, r.queue.stopped) for r in (report, again)] == [(2, "time"), (2, "time")]


def test_progress_tells_what_begins(store: Store, clock: FakeClock) -> None:
    """Each item and each lesson, with how many follow."""
    work = world.rows(120)
    runtime = world.open_runtime(store, clock, work=work)
    asyncio.run(world.serve(runtime, work))
    world.submit(store, "a", "b")
    steps: list[NightStep] = []

    asyncio.run(run_night(runtime, AUTO, progress=steps.append))

    told = [(step.phase, step.subject, step.left) for step in steps]
    assert told[:2] == [("queue", "a", 1), ("queue", "b", 0)]
    assert ("teach", "triage", 0) in told


# ---------------------------------------------------------------------- one at a time; crashes
def test_one_night_at_a_time_in_memory(store: Store, clock: FakeClock) -> None:
    """The second is refused; after the first has ended it may run."""
    runtime = world.open_runtime(store, clock)
    with only_night(store), pytest.raises(Busy, match="running already"):
        asyncio.run(run_night(runtime, AUTO))

    assert asyncio.run(run_night(runtime, AUTO)).night.state == "done"


def test_one_night_at_a_time_on_disk(tmp_path: Path, clock: FakeClock) -> None:
    """Two stores on one file are one store."""
    path = tmp_path / "pantheon.db"
    with Store.open(path, clock=clock) as one, Store.open(path, clock=clock) as other:
        with only_night(one), pytest.raises(Busy):
            asyncio.run(run_night(world.open_runtime(other, clock), AUTO))
        assert asyncio.run(run_night(world.open_runtime(other, clock), AUTO)).buried == ()


def test_a_promotion_on_disk_is_pinned_beside_the_project(tmp_path: Path, clock: FakeClock) -> None:
    """A night over a store that is kept writes the lock."""
    work = world.rows(200)
    with Store.open(tmp_path / "pantheon.db", clock=clock) as store:
        defined = world.project(tmp_path)
        runtime = world.open_runtime(store, clock, defined=defined, work=work)
        asyncio.run(world.serve(runtime, work))
        asyncio.run(run_night(runtime, AUTO))

        pinned = read_lock(tmp_path / "pantheon.lock").entries["triage"]
        assert pinned.hash == store.channels.current("triage")


def night_until_killed(folder: str) -> None:
    """The main function of a process whose queued work kills it."""
    root = Path(folder)
    clock = SystemClock()
    with Store.open(root / "pantheon.db", clock=clock) as store:
        world.submit(store, str(root / "marker"), flow="fragile_flow")
        runtime = world.open_runtime(store, clock, defined=world.project(root, world.FRAGILE))
        asyncio.run(run_night(runtime, AUTO))


def test_a_night_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    """It is marked as failed, and the next night finishes the run it had begun."""
    process = multiprocessing.get_context("forkserver").Process(
        target=night_until_killed, args=(str(tmp_path),)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    clock = SystemClock()
    with Store.open(tmp_path / "pantheon.db", clock=clock) as store:
        begun = {run.id for run in store.runs.list()}
        runtime = world.open_runtime(store, clock, defined=world.project(tmp_path, world.FRAGILE))
        report = asyncio.run(run_night(runtime, AUTO))
        states = {night.id: night.state for night in store.nights.list()}
        (run,) = store.runs.list()

    assert [states[buried] for buried in report.buried] == ["failed"]
    assert (run.state, run.output) == ("done", {"team": "alive"})
    assert begun <= {run.id}
    assert report.queue.done == 1


def test_what_goes_wrong_beside_the_lessons_fails_no_night(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither labelling again nor an idea is worth a night's lessons."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("pantheon.night._run.relabel", broken)
    monkeypatch.setattr("pantheon.night._run.discover_night", broken)
    with Store.open(":memory:", clock=FakeClock()) as store:
        runtime = world.open_runtime(store, FakeClock())
        report = asyncio.run(run_night(runtime, NightPlan(promote="auto")))

    assert report.night.state == "done"
    assert (report.night.summary["again"], report.night.summary["discovered"]) == ([], 0)
