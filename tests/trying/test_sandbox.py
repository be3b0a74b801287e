"""A sandbox: nothing acts outside, nothing is kept, and every answer says who gave it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import NotFound, UsageError
from pantheon.ids import Json, JsonObject, hash_bytes
from pantheon.models import ChatReply, ScriptedModel
from pantheon.spec import Project, Scripted
from pantheon.store import AnswerRow, ChannelMove, Store, Version
from pantheon.trying import AnswersFrom, Limits, Setup, find_subject, open_sandbox
from pantheon.trying._borrow import borrow_specialists
from tests.trying.world import PROJECT, attempt, make, run

JSON: st.SearchStrategy[Json] = st.none() | st.integers() | st.text()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project of the tests."""
    return make(tmp_path)


def test_a_flow_is_tried_with_a_label_at_every_step(project: Project) -> None:
    """Who answered, what was asked before, and a wait of hours that nobody waits for."""
    tried = attempt(project, "support", {"text": "my card is lost"})
    assert tried.output == {"team": "cards", "words": 4, "seen": 0}
    labels = {step.node: step.answered_by for step in tried.steps}
    assert labels == {"triage": "rules", "pause": None, "count": "function", "note": None}
    assert tried.skipped_seconds == 7200
    assert [one["reason"] for one in tried.steps[0].tried] == ["empty_slot"]
    assert tried.to_json()["sandbox"] is True


def test_memory_begins_anew_with_every_attempt(project: Project) -> None:
    """What one attempt writes is not there for the next."""

    async def twice() -> list[object]:
        async with open_sandbox(project, clock=FakeClock()) as sandbox:
            subject = find_subject(project, "support")
            tries = [await sandbox.attempt(subject, {"text": "a card"}) for _ in range(3)]
            return [one.output and one.output["seen"] for one in tries]

    assert run(twice()) == [0, 0, 0]


@pytest.mark.parametrize("name", ["triage", "send", "file", "boss"])
def test_what_would_act_outside_is_withheld(project: Project, name: str) -> None:
    """The cloud, functions that may act, programs and people are not asked, and it says so."""
    tried = attempt(project, name, {"text": "hello"})
    assert (tried.state, tried.answered_by) == ("failed", ("withheld",))
    assert "withheld" in tried.reasons
    assert sorted(p.name for p in project.root.iterdir() if p.is_file()) == [
        "desk.py",
        "pantheon.yaml",
    ]


def test_tools_are_let_through_step_by_step(project: Project) -> None:
    """`functions` calls all functions, `real` runs programs too; people never."""
    functions = Setup(Limits(tools="functions"))
    assert attempt(project, "send", {"text": "x"}, functions).answered_by == ("function",)
    assert (project.root / "sent").exists()
    assert attempt(project, "file", {"text": "x"}, functions).answered_by == ("withheld",)
    real = Setup(Limits(tools="real"))
    assert attempt(project, "file", {"text": "x"}, real).answered_by == ("program",)
    assert (project.root / "made").exists()
    assert attempt(project, "boss", {"text": "x"}, real).answered_by == ("withheld",)


def test_the_cloud_answers_when_it_is_let(project: Project) -> None:
    """Its cost is counted, and a spent cap ends it."""
    cloud = ScriptedModel(lambda _: {"team": "payments"}, remote=True, cost_usd=0.02)
    setup = Setup(Limits(cloud=True), models={"cloud": cloud})
    tried = attempt(project, "triage", {"text": "hello"}, setup)
    assert (tried.answered_by, tried.cost_usd) == (("scripted",), 0.02)
    assert (
        attempt(project, "triage", {"text": "hello"}, Setup(models={"cloud": cloud})).output is None
    )
    assert len(cloud.requests) == 1


def test_nothing_is_audited(tmp_path: Path) -> None:
    """An audit would pay for what nobody learns from."""
    audited = "    description: Which team?\n    promise: {audit: 1}\n"
    project = make(tmp_path, PROJECT.replace("    description: Which team?\n", audited, 1))
    cloud = ScriptedModel(lambda _: {"team": "payments"}, remote=True)
    setup = Setup(Limits(cloud=True), models={"cloud": cloud})
    assert attempt(project, "triage", {"text": "a card"}, setup).answered_by == ("rules",)
    assert cloud.requests == []


def test_a_promise_that_the_cloud_would_keep_is_told(tmp_path: Path) -> None:
    """With the cloud a prompt would not be asked: the sandbox does not hide it."""
    promise = (
        "    promise: {disagreement: 0.05}\n    tiers: [{prompt: {min_confidence: 0.5}}, cloud]"
    )
    plain = "    tiers: [{prompt: {min_confidence: 0.5}}, cloud]"
    project = make(tmp_path, PROJECT.replace(plain, promise, 1))
    said = ChatReply("", {"reply": "Hi."}, 1, 1, 0.0, 0.0, "small", "model", logprob=-0.1)
    setup = Setup(models={"embedded": ScriptedModel(lambda _: said)})
    tried = attempt(project, "draft", {"text": "x"}, setup)
    assert tried.answered_by == ("local model",)
    assert "because the cloud is off" in tried.notes[0]


def test_a_script_answers_in_place_of_models(project: Project) -> None:
    """In order, to those whom an entry names, held to the schema, and labelled."""
    script = [
        Scripted("draft", output={"reply": "First."}),
        Scripted(output={"reply": "Any."}),
    ]
    setup = Setup(answers="script")
    tried = attempt(project, "draft", {"text": "x"}, setup, script=script)
    assert (tried.output, tried.answered_by) == ({"reply": "First."}, ("scripted",))
    broken = [Scripted("draft", output={"reply": 1}, repeat=True)]
    tried = attempt(project, "draft", {"text": "x"}, setup, script=broken)
    assert "bad_reply" in tried.reasons


def test_a_script_answers_for_people_and_for_code_it_names(project: Project) -> None:
    """A test of a flow can say what the person said, and what the program did."""
    setup = Setup(answers="script")
    script = [Scripted("boss", output={"ok": True}), Scripted("file", output={"path": "p"})]
    assert attempt(project, "boss", {"text": "x"}, setup, script=script).output == {"ok": True}
    assert attempt(project, "file", {"text": "x"}, setup, script=script).output == {"path": "p"}
    assert attempt(project, "file", {"text": "x"}, setup).answered_by == ("withheld",)


def test_a_script_fails_as_models_do(project: Project) -> None:
    """The reason that it names goes through the agent like a model's own."""
    script = [Scripted("draft", fails="timeout"), Scripted("draft", output={"reply": "Cloud."})]
    tried = attempt(project, "draft", {"text": "x"}, Setup(answers="script"), script=script)
    assert tried.output == {"reply": "Cloud."}
    assert tried.steps[0].tier == "cloud"
    assert [one["reason"] for one in tried.steps[0].tried] == ["timeout"]


def test_an_entry_may_be_for_some_inputs_only(project: Project) -> None:
    """Parts of the input choose the answer, whatever the order."""
    script = [
        Scripted("draft", {"text": "b"}, {"reply": "B"}),
        Scripted("draft", {"text": "a"}, {"reply": "A"}),
    ]
    tried = attempt(project, "draft", {"text": "a"}, Setup(answers="script"), script=script)
    assert tried.output == {"reply": "A"}


def answer(agent: str, input: dict[str, object], output: dict[str, object], tier: str) -> AnswerRow:
    """A row as a run of another day has left it."""
    row: dict[str, object] = {"id": f"a{agent}{tier}", "agent": agent, "version": "b2:0", "at": 1.0}
    return AnswerRow(**row, input=input, output=output, tier=tier, accepted="", source="model")  # pyright: ignore[reportArgumentType]


def test_recorded_answers_stand_in_and_say_so(project: Project) -> None:
    """What the store holds for an equal input is given again, with the answer that it was."""
    with Store.open(":memory:", clock=FakeClock()) as source:
        source.answers.add(answer("triage", {"text": "hello"}, {"team": "other"}, "cloud"))
        source.answers.add(answer("boss", {"text": "hello"}, {"ok": False}, "human"))
        setup = Setup(answers="records", source=source)
        tried = attempt(project, "triage", {"text": "hello"}, setup)
        assert (tried.output, tried.answered_by) == ({"team": "other"}, ("recorded",))
        assert "answer atriagecloud" in tried.steps[0].accepted
        assert attempt(project, "boss", {"text": "hello"}, setup).output == {"ok": False}
        unknown = attempt(project, "triage", {"text": "never"}, setup)
        assert unknown.answered_by == ("nobody",)
        assert source.answers.count() == 2


def test_specialists_of_the_project_are_there_to_answer(project: Project) -> None:
    """Channel, version and monitor are copied, the model itself is read where it is."""
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as source, Store.open(":memory:", clock=clock) as own:
        artifact = source.blobs.put(b"model")
        name = hash_bytes(b"version")
        version = Version(name, "triage", 3, None, "night", 1.0, "promoted", {}, artifact)
        source.versions.add(version)
        source.channels.move(ChannelMove("triage", "stable", name, None, 1.0, "x", "", "night"))
        source.channels.move(ChannelMove("draft", "stable", artifact, None, 1.0, "x", "", "lock"))
        source.monitors.set("triage", {"stepped_back": True})
        borrow_specialists(own, source, project.agents)
        assert (own.channels.current("triage"), own.versions.get(name).number) == (name, 3)
        assert own.monitors.get("triage") == {"stepped_back": True}
        assert own.blobs.get(artifact) == b"model"
        assert not own.blobs.has(artifact)
        assert own.channels.current("draft") is None
        setup = Setup(source=source)
        assert "stepped_back" in attempt(project, "triage", {"text": "hello"}, setup).reasons


def test_an_invalid_input_is_a_failure_and_no_exception(project: Project) -> None:
    """Of an agent and of a flow alike."""
    for name in ("triage", "support"):
        tried = attempt(project, name, {"words": 1})
        assert tried.failure is not None
        assert tried.failure["reason"] == "invalid_input"


def test_a_subject_is_named_without_doubt(tmp_path: Path) -> None:
    """Unknown names are told with the nearest; one that two have needs a prefix."""
    project = make(tmp_path)
    with pytest.raises(NotFound) as unknown:
        find_subject(project, "triag")
    assert "triage" in unknown.value.hint
    agents = {**project.agents, "support": project.agents["triage"]}
    both = Project(project.root, agents=agents, flows=project.flows)
    with pytest.raises(UsageError):
        find_subject(both, "support")
    assert find_subject(both, "flow:support").kind == "flow"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, for tests that only read it."""
    return make(tmp_path_factory.mktemp("shared"))


@given(
    input=st.dictionaries(st.sampled_from(["text", "words", "\x00"]), JSON, max_size=3),
    name=st.sampled_from(["support", "triage", "draft", "boss"]),
    answers=st.sampled_from(["models", "script", "records"]),
)
def test_no_input_raises(
    shared: Project, input: JsonObject, name: str, answers: AnswersFrom
) -> None:
    """Whatever comes in, an attempt comes out, with a label from the closed set."""
    setup = Setup(answers=answers, models={"embedded": ScriptedModel([])})
    tried = attempt(shared, name, input, setup)
    assert (tried.output is None) == (tried.failure is not None or tried.state == "waiting")
    assert set(tried.answered_by) <= {"rules", "function", "withheld", "nobody"}
