"""What the report says about a night: its period, its tasks, its agents and their promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pantheon.errors import NotFound
from pantheon.ids import ContentHash, JsonObject
from pantheon.learn import clopper_pearson
from pantheon.report import Morning, collect, render_html, render_markdown, render_text
from pantheon.report._anomalies import find_anomalies
from pantheon.report._model import NightRow
from pantheon.report._reasons import MEANINGS
from pantheon.report._shares import disagreement, disagreement_local, share, tally
from pantheon.spec import AgentDef, ModelDef, Project, Promise
from pantheon.store import AnswerRow, Audit, Store
from tests.report.fortnight import build_fortnight
from tests.report.odd_nights import (
    build_crowded_night,
    build_empty_night,
    build_failed_night,
    build_judged_day,
)
from tests.report.worlds import DAY, HOUR, MIDNIGHT, Habit, World, audit, spend_day


@pytest.fixture(scope="module")
def morning() -> Morning:
    """The report after nine days and nights."""
    return collect(build_fortnight().store)


def test_the_period_runs_from_night_to_night(morning: Morning) -> None:
    """From the end of the night before to the end of this one."""
    nights = build_fortnight().store.nights.list()

    assert (morning.period.since, morning.period.until) == (nights[1].finished, nights[0].finished)
    assert morning.period.before == nights[2].finished
    assert morning.period.stopped == "time"


def test_a_past_night_is_reported_as_it_was() -> None:
    """An older night's report knows nothing of what came after it."""
    store = build_fortnight().store
    third = store.nights.list()[-3]
    report = collect(store, night=third.id)

    assert report.period.until == third.finished
    assert report.delivered_total == 3
    assert [len(agent.days) for agent in report.agents] == [3, 3, 3]
    assert {a.name: a.now and a.now.label for a in report.agents} == {
        "triage": "triage@2",
        "priority": "priority@1",
        "reply": None,
    }


def test_a_night_that_is_not_there_is_a_clear_error() -> None:
    """The error names the night and says how to see the last one."""
    with pytest.raises(NotFound, match="n404") as error:
        collect(build_empty_night().store, night="n404")

    assert "pantheon report" in error.value.hint


def test_the_same_store_gives_the_same_report(morning: Morning) -> None:
    """Nothing but the store goes in, so the report's hash is the same again."""
    again = collect(build_fortnight().store)

    assert again == morning
    assert again.provenance.report_hash.startswith("b2:")


def test_every_task_is_accounted_for(morning: Morning) -> None:
    """Delivered, failed, waiting and not run add up to what was queued."""
    n = morning.numbers

    assert (n.tasks, n.delivered, n.failed, n.waiting, n.not_run) == (11, 7, 1, 1, 2)
    assert [(u.state, u.reason) for u in morning.not_delivered] == [
        ("failed", "context_overflow"),
        ("waiting", "person"),
        ("not_run", "time"),
        ("not_run", "time"),
    ]


def test_what_needs_a_person_comes_with_the_command(morning: Morning) -> None:
    """Broken promises first, then proposals, then questions."""
    assert [need.kind for need in morning.needs_you] == ["stepped_back", "proposal", "question"]
    lines = [need.commands[-1].line for need in morning.needs_you]
    assert lines[1] == "pantheon agents promote reply@1"
    assert lines[2].startswith("pantheon inbox answer i")
    assert lines[2].endswith("refund=VALUE")


def test_agents_and_their_updates(morning: Morning) -> None:
    """Promoted, rejected and proposed updates say what answers now and how to undo."""
    updates = {a.name: a.update for a in morning.agents if a.update}

    assert {name: update.outcome for name, update in updates.items()} == {
        "triage": "promoted",
        "priority": "rejected",
        "reply": "proposed",
    }
    assert updates["triage"].words == "triage@5 answers now, in place of triage@4."
    assert updates["triage"].commands[-1].line == "pantheon agents rollback triage"
    assert updates["reply"].words.endswith("no specialist answers.")


def test_promises_are_judged_by_their_audits(morning: Morning) -> None:
    """Kept where the whole interval lies under the promise; stepped back; too few audits."""
    verdicts = {agent.name: agent.promise.status for agent in morning.agents}

    assert verdicts == {"triage": "kept", "priority": "stepped_back", "reply": "unproven"}


@pytest.mark.parametrize(
    ("audits", "wrong", "status"),
    [(0, 0, "unproven"), (20, 0, "unproven"), (90, 0, "kept"), (60, 20, "broken")],
)
def test_the_verdict_follows_the_interval(audits: int, wrong: int, status: str) -> None:
    """Too few audits say nothing; many good ones keep, many bad ones break the promise."""
    world = World()
    habit = Habit("triage", 100, local=1.0, audit=0.0)
    spend_day(world, 0, habit)
    for i, row in enumerate(world.store.answers.list()[:audits]):
        audit(world, row, agrees=i >= wrong, habit=habit)
    world.go_to(0, 23)
    (agent,) = collect(_with_rate(world, 0.9)).agents

    assert agent.promise.status == status


def _with_rate(world: World, rate: float) -> Store:
    """The store, its answers as if each had been audited with this probability."""
    world.store._database.write("UPDATE answers SET label_propensity = ?", (rate,))
    return world.store


def test_an_agent_that_leaves_all_to_the_cloud_breaks_nothing() -> None:
    """Without local answers there is nothing to judge, and nothing can differ."""
    world = World()
    spend_day(world, 0, Habit("triage", 20, local=0.0))
    world.go_to(0, 23)
    (agent,) = collect(world.store).agents

    assert agent.promise.status == "idle"
    assert agent.promise.disagreement.high == 0.0


def test_a_later_version_is_judged_anew() -> None:
    """After one stepped back and another took over, only what came later counts."""
    world = build_fortnight()
    last = world.store.nights.list()[0]
    assert last.finished is not None
    world.store.monitors.set("priority", {"fresh_since": last.finished - DAY})
    promise = next(a.promise for a in collect(world.store).agents if a.name == "priority")

    assert promise.since == last.finished - DAY
    assert promise.requests == 60
    assert promise.status != "stepped_back"
    assert "stepped back, " in promise.words


def test_a_step_back_of_the_day_is_told_though_the_night_made_good_for_it() -> None:
    """The morning does not pass over a promise that was broken the day before."""
    world = build_fortnight()
    last, before = world.store.nights.list()[:2]
    assert last.finished is not None
    assert before.finished is not None
    world.store.monitors.set("priority", {"fresh_since": last.finished - HOUR})

    told = collect(world.store).sentence
    untold = collect(world.store, until=before.finished).sentence

    assert "priority broke the promise and stepped back" in told
    assert "stepped back" not in untold


def test_what_is_past_was_not_stepped_back_yet() -> None:
    """The report of an earlier night is not about what audits found later."""
    world = build_fortnight()
    earlier = world.store.nights.list()[3]

    past = next(
        a.promise for a in collect(world.store, night=earlier.id).agents if a.name == "priority"
    )

    assert past.status != "stepped_back"
    assert past.requests > 0


def test_rare_audits_weigh_more() -> None:
    """An answer audited with half the chance stands for twice as many (Horvitz–Thompson)."""
    rows = [_local(f"a{i}", rate=0.2 if i < 10 else 0.1) for i in range(20)]
    audits = {row.id: _audit(row.id, agrees=i != 15) for i, row in enumerate(rows)}
    counted = tally(rows, audits)
    found = disagreement_local(counted, level=0.95)

    assert found.value == pytest.approx(10 / (10 * 5 + 10 * 10))
    assert found.low < found.value < found.high  # type: ignore[operator]
    assert disagreement(counted, level=0.95).value == found.value


def _local(id: str, *, rate: float) -> AnswerRow:
    return AnswerRow(
        id=id, agent="a", version=ContentHash("b2:0"), at=1.0, input={}, output={}, tier="specialist",
        accepted="", source="specialist", label_propensity=rate, local=True,
    )  # fmt: skip


def _audit(answer: str, *, agrees: bool) -> Audit:
    return Audit(answer, "a", 2.0, {}, agrees)


def test_an_empty_night_says_so() -> None:
    """Nothing happened, and the report says that in every part."""
    report = collect(build_empty_night().store)

    assert report.sentence == "Nothing was asked, nothing ran and nothing needs you."
    assert (report.agents, report.needs_you, report.delivered, report.not_delivered) == ((),) * 4
    assert report.numbers.cloud_share.value is None


def test_a_night_of_failures_hides_none() -> None:
    """Each failure has its typed reason, its words and a next step."""
    report = collect(build_failed_night().store)

    assert report.sentence.startswith("None of 7 tasks was delivered")
    assert [u.reason for u in report.not_delivered] == [
        "unreachable",
        "no_key",
        "raised",
        "exhausted",
        "cut_off",
        "refused_item",
        "killed",
    ]
    for item in report.not_delivered:
        assert item.words == MEANINGS[item.reason].words
        assert item.next_step.line.startswith("pantheon ")
    assert report.not_delivered[5].message == "There is no flow 'support2'."
    assert (report.troubles[0].reason, report.troubles[0].count) == ("upstream", 4)


def test_lists_are_capped_and_counts_are_not() -> None:
    """Of 250 tasks at most 200 are listed; every count is of all of them."""
    report = collect(build_crowded_night(250).store)

    assert (len(report.delivered), report.delivered_total) == (200, 238)
    assert report.numbers.tasks == 250


def test_every_failure_reason_has_words() -> None:
    """The closed set of reasons that agents give is covered."""
    from pantheon.agents import Reason

    assert {str(reason) for reason in Reason} <= set(MEANINGS)


def night(seconds: float, *, failed: int = 0, usd: float = 0.5) -> NightRow:
    """One night like others, but for what is given."""
    return NightRow("n", "1 Mar", 0, 1, 0, seconds, 10, failed, usd, 0.4)


def test_an_unusual_night_is_noticed() -> None:
    """Far longer than the nights before is news; a little longer is not."""
    before = [night(600 + 20 * i) for i in range(6)]

    assert [a.name for a in find_anomalies([*before, night(5000)])] == ["duration"]
    assert find_anomalies([*before, night(760)]) == ()
    assert [a.name for a in find_anomalies([*before, night(650, failed=6)])] == ["failed tasks"]
    assert [a.name for a in find_anomalies([*before, night(650, usd=4.0)])] == ["cloud cost"]


def test_few_nights_are_nothing_to_compare_with() -> None:
    """Before four nights have passed, nothing is called unusual."""
    assert find_anomalies([night(600), night(610), night(5000)]) == ()


def test_without_nights_the_day_is_reported() -> None:
    """Before the first night the report is about today (UTC), and charts are by day."""
    world = World()
    for day in range(3):
        spend_day(world, day, Habit("triage", 10, local=0.5))
    world.go_to(2, 21)
    report = collect(world.store)

    assert report.period.since == MIDNIGHT + 2 * DAY
    assert report.period.until == MIDNIGHT + 2 * DAY + 21 * HOUR
    assert report.numbers.requests == 10
    assert [day.label for day in report.agents[0].days] == ["27 Feb", "28 Feb", "1 Mar"]


def test_provenance_names_what_ran_by_hash() -> None:
    """Flows, agents, weights and specialists stand there with the hash of their content."""
    models = {
        "small": ModelDef("small", "llama.cpp", weights="smollm2-135m-instruct"),
        "mine": ModelDef("mine", "llama.cpp", weights="my/own.gguf"),
    }
    project = Project(root=Path(), models=models)
    found = collect(build_fortnight().store, project=project).provenance
    kinds = [definition.kind for definition in found.definitions]

    assert kinds == ["flow", *["agent"] * 3, *["model"] * 2, "weights", *["specialist"] * 2]
    assert all(d.hash.startswith(("b2:", "sha256:")) for d in found.definitions)
    assert found.reproduce.line.startswith("pantheon report --night n")


def test_a_declared_promise_is_the_one_that_is_judged() -> None:
    """The agent's definition says what is promised; a stricter promise is harder to keep."""
    text: JsonObject = {"type": "object"}
    strict = AgentDef("triage", text, text, (), description="Which team?", promise=Promise(0.01))
    project = Project(root=Path(), agents={"triage": strict})
    agent = collect(build_fortnight().store, project=project).agents[0]

    assert (agent.promise.epsilon, agent.promise.declared) == (0.01, True)
    assert agent.promise.status == "unproven"
    assert agent.description == "Which team?"


def test_intervals_are_those_of_learning() -> None:
    """The report's exact interval is the one that lessons certify with."""
    for hits, of in ((0, 12), (3, 40), (40, 40), (1, 1)):
        ours, theirs = share(hits, of), clopper_pearson(hits, of)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_an_agent_without_a_cloud_is_not_judged() -> None:
    """Where no cloud can be asked there is nothing to compare with, and the report says that."""
    world = World()
    for i in range(5):
        row = replace(_local(f"a{i}", rate=1.0), local=False, at=MIDNIGHT + HOUR, output={"b": 1})
        world.store.answers.add(row)
    world.go_to(0, 23)
    report = collect(world.store)

    assert [agent.promise.status for agent in report.agents] == ["apart"]
    assert "a answers without a cloud" in render_html(report)
    assert "a answers without a cloud" in render_markdown(report)
    assert "Agents" not in render_text(report)


def test_only_traffic_is_counted_and_everything_is_paid() -> None:
    """Judging, cross-checks and asking again change no share and no promise, only the costs."""
    world = build_judged_day()
    report = collect(world.store)
    (triage,) = report.agents
    asked = [row for row in world.store.answers.list() if not row.role]

    assert (report.numbers.requests, triage.requests) == (40, 40)
    assert report.numbers.cloud == triage.cloud == sum(row.tier == "cloud" for row in asked)
    assert triage.promise.requests == sum(day.requests for day in triage.days) == 40
    assert triage.promise.audited < len(world.store.audits.list("triage"))
    assert report.costs.cloud_usd == pytest.approx(world.store.answers.spent())
    assert {row.agent for row in report.costs.rows} == {"triage", "referee"}
