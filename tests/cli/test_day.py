"""A day at the command line: run, wait, answer, resume, feedback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from pantheon.clock import SystemClock
from pantheon.night import standard_library_stream
from pantheon.store import Store
from tests.cli.conftest import Pantheon


@pytest.mark.usefixtures("desk")
def test_a_run_prints_its_nodes_and_its_output(pantheon: Pantheon) -> None:
    """Each node says who answered; the output is JSON below."""
    said = pantheon("run", "support", "text=My card was stolen")

    assert said.code == 0
    assert said.steady == snapshot("""\
run ID  support  done
node     state  by      seconds  why
triage   ok     python    0.000  desk:triage returned it
measure  ok     python    0.000
file     ok     python    0.000

{
  "team": "cards",
  "folder": "cards/fast"
}
""")


@pytest.mark.usefixtures("desk")
def test_a_bare_word_fills_the_only_field(pantheon: Pantheon) -> None:
    """One field needs no name."""
    assert pantheon("run", "support", "my card", "--json").json["output"]["team"] == "cards"


@pytest.mark.usefixtures("desk")
def test_a_question_waits_and_its_answer_lets_the_run_go_on(pantheon: Pantheon) -> None:
    """Exit code 5 says that a person must answer; afterwards the run is done."""
    waiting = pantheon("run", "support", "text=Good morning", "--json")
    (item,) = pantheon("inbox", "list", "--json").json["items"]
    done = pantheon("inbox", "answer", item["question"], "team=payments", "--json")

    assert (waiting.code, waiting.json["state"]) == (5, "waiting")
    assert item["run"] == waiting.json["run"]
    assert (done.code, done.json["output"]) == (0, {"team": "payments", "folder": "payments/fast"})
    assert pantheon("inbox", "list").out == "Nothing waits for a person.\n"


@pytest.mark.usefixtures("desk")
def test_an_answer_outside_the_contract_is_refused_and_the_question_stays(
    pantheon: Pantheon,
) -> None:
    """What a person types is checked like what a model says."""
    pantheon("run", "support", "text=Good morning")
    (item,) = pantheon("inbox", "list", "--json").json["items"]
    said = pantheon("inbox", "answer", item["question"], "team=banana")

    assert said.code == 9
    assert "must be one of" in said.err
    assert len(pantheon("inbox", "list", "--json").json["items"]) == 1


@pytest.mark.usefixtures("desk")
def test_an_answer_recorded_without_resuming_is_used_by_resume(pantheon: Pantheon) -> None:
    """`--no-resume` leaves the run waiting until `pantheon resume`."""
    run = pantheon("run", "support", "text=Good morning", "--json").json["run"]
    (item,) = pantheon("inbox", "list", "--json").json["items"]
    pantheon("inbox", "answer", item["question"], "team=other", "--no-resume")
    done = pantheon("resume", run, "--json").json

    file = next(node for node in done["nodes"] if node["node"] == "file")
    assert done["output"]["team"] == "other"
    assert (file["state"], file["reason"]["reason"]) == ("skipped", "condition")


@pytest.mark.usefixtures("desk")
def test_a_function_that_raises_leaves_the_next_tier_and_is_told(pantheon: Pantheon) -> None:
    """The person is asked, and what was tried before is in the record."""
    run = pantheon("run", "support", "text=boom", "--json").json

    events = pantheon("runs", "events", run["run"], "--json").out.splitlines()
    assert run["state"] == "waiting"
    assert any(json.loads(line)["kind"] == "node_waiting" for line in events)


def test_feedback_names_the_answers_of_a_run_when_it_must(pantheon: Pantheon, desk: Path) -> None:
    """`--bad` about a run of two answers asks which one; with a node it is kept."""
    text = (desk / "pantheon.yaml").read_text()
    asking = text.replace('[{python: "desk:measure"}]', '[{python: "desk:measure"}, human]')
    (desk / "pantheon.yaml").write_text(asking)
    run = pantheon("run", "support", "text=my card", "--json").json["run"]

    assert "Name one of them" in pantheon("feedback", run, "--bad").err
    assert pantheon("feedback", f"{run}:triage", "--bad").code == 0
    assert pantheon("feedback", run, "--good", "--bad").code == 2
    correction = json.dumps({"team": "other"})
    assert pantheon("feedback", f"{run}:triage", "--correct", correction).code == 0
    assert pantheon("feedback", f"{run}:triage", "--correct", '{"team": 3}').code == 9


def test_a_correction_may_be_a_file(pantheon: Pantheon, desk: Path) -> None:
    """A path works with and without @."""
    (desk / "right.json").write_text('{"team": "other"}')
    run = pantheon("run", "support", "text=my card", "--json").json["run"]

    assert pantheon("feedback", f"{run}:triage", "--correct", "right.json").code == 0
    assert pantheon("feedback", f"{run}:triage", "--correct", "@right.json").code == 0


@pytest.mark.usefixtures("desk")
def test_queued_work_is_done_at_night_and_told_in_the_morning(pantheon: Pantheon) -> None:
    """Submit → night → report, with the run's id in all of them."""
    pantheon("submit", "support", "text=my card", "--title", "The card")
    night = pantheon("night", "--json")
    report = pantheon("report", "--json")

    (delivered,) = report.json["delivered"]
    assert night.code == 0
    assert delivered["title"] == "The card"
    assert pantheon("runs", "show", delivered["run"], "--json").json["state"] == "done"


@pytest.mark.usefixtures("desk")
def test_work_that_breaks_the_contract_is_not_queued(pantheon: Pantheon) -> None:
    """A mistake is told at once, not at night."""
    said = pantheon("submit", "support", "--input", '{"words": 3}')

    assert said.code == 9
    assert pantheon("night", "--json").json["delivered"] == []


@pytest.mark.model
@pytest.mark.usefixtures("desk")
def test_ask_routes_by_meaning_and_runs(pantheon: Pantheon) -> None:
    """A prompt close to a flow's examples starts it; another says why not."""
    done = pantheon("ask", "someone stole my card", "--json")
    explained = pantheon("route", "What is the capital of France?", "--explain")

    assert done.json["route"]["flow"] == "support"
    assert done.json["output"]["team"] == "cards"
    assert explained.out.startswith("no flow")
    assert "support" in explained.out.splitlines()[-1]


def test_the_list_of_agents_says_who_has_stepped_back(pantheon: Pantheon, desk: Path) -> None:
    """A version that is deployed and does not answer is not shown as if it did."""
    pantheon("runs", "list")
    with Store.open(desk / ".pantheon" / "pantheon.db", clock=SystemClock()) as store:
        store.monitors.set("triage", {"stepped_back": True})

    listed = pantheon("agents", "list")
    shown = pantheon("agents", "show", "measure")

    assert next(line for line in listed.out.splitlines() if "stepped back" in line).startswith(
        "triage"
    )
    assert listed.out.count("stepped back") == 1
    assert "stepped back" not in shown.out


def test_the_router_is_an_agent_with_and_without_its_own_settings(
    pantheon: Pantheon, desk: Path
) -> None:
    """A night teaches it where flows are, so the list shows it there."""
    text = (desk / "pantheon.yaml").read_text()
    (desk / "pantheon.yaml").write_text(text.replace("router: {flows: [support]}\n", ""))

    items = pantheon("agents", "list", "--json").json["items"]

    assert [item["agent"] for item in items] == ["triage", "measure", "file", "router"]
    assert pantheon("agents", "history", "router").code == 0


LIBRARIAN = """\
agents:
  librarian:
    input: {text: string}
    output: {module: string}
    tiers: [specialist, human]
    promise: {disagreement: 0.2, confidence: 0.95}
"""


@pytest.mark.model
def test_a_proposal_that_was_deployed_by_hand_no_longer_waits(
    pantheon: Pantheon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Review night, `agents promote`, report: the page says that it answers now."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pantheon.yaml").write_text(LIBRARIAN)
    rows = standard_library_stream()[:500]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pantheon("import", "stream", "log.jsonl", "--agent", "librarian")
    night = pantheon("night", "--promote", "review", "--json").json
    pantheon("agents", "promote", "librarian@1")
    after = pantheon("report", "--json").json

    (update,) = [agent["update"] for agent in after["agents"] if agent["update"]]
    assert [need["kind"] for need in night["needs_you"]] == ["proposal"]
    assert after["needs_you"] == []
    assert update["outcome"] == "promoted"
