"""Versions in the shadow: tried after the answer, without effects, and never in anybody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.flows import Runtime
from pantheon.ids import Json, JsonObject
from pantheon.models import ScriptedModel
from pantheon.releases import Order, ReleasedVersions, Terms, deploy, retire
from pantheon.spec import Project, load_project
from pantheon.store import Run, ShadowRun, Store
from pantheon.trying import Shadows
from pantheon.trying import _shadow as module
from tests.trying.world import run

PROJECT = """\
version: 1
models:
  small: {engine: llama.cpp, weights: smollm2-135m-instruct}
  cloud: {engine: openai, base_url: "http://127.0.0.1:9/v1", model: big, price: {input: 1, output: 1}}
agents:
  draft:
    input: {text: string}
    output: {reply: string}
    tiers: [{prompt: {model: small, template: reply.j2}}]
  check:
    input: {reply: string}
    output: {ok: boolean}
    tiers: [cloud]
  send:
    input: {reply: string}
    output: {sent: string}
    tiers: [{python: "sending:send"}]
flows:
  answer:
    input: {text: string}
    nodes:
      draft: {agent: draft, in: {text: input.text}}
      check: {agent: check, in: {reply: draft.reply}}
      send: {agent: send, in: {reply: draft.reply}}
    output: {reply: draft.reply, ok: check.ok, sent: send.sent}
"""
CODE = """\
from pathlib import Path


def send(reply):
    with (Path(__file__).parent / "sent.txt").open("a") as out:
        out.write(reply + "\\n")
    return {"sent": reply}
"""


def saying(*replies: Json) -> ScriptedModel:
    """A local model that gives these replies, one after the other."""
    return ScriptedModel([{"reply": reply} for reply in replies], name="small")


class Place:
    """A project in a folder with its store, and runs of its flow under shadows."""

    def __init__(self, root: Path, store: Store) -> None:
        self.root = root
        self.store = store
        self.clock = store.clock
        self.small = saying(*["Hello"] * 50)
        self.cloud = ScriptedModel(lambda _: {"ok": True}, name="cloud")
        (root / "pantheon.yaml").write_text(PROJECT)
        (root / "sending.py").write_text(CODE)
        (root / "reply.j2").write_text("Reply to {{ text }}.")
        self.deploy()

    @property
    def project(self) -> Project:
        return load_project(self.root, environment={})

    def deploy(self, channel: str = "stable", **terms: JsonObject) -> None:
        """The flow as it is written now."""
        on = Terms("shadow" if channel == "shadow" else "stable", guards=terms.get("guards", {}))
        order = Order("someone", "", self.root / "pantheon.lock")
        deploy(self.store, self.project, ["answer"], on, order=order)

    def edit(self, old: str, new: str, file: str = "pantheon.yaml") -> None:
        """Change what is written."""
        text = (self.root / file).read_text()
        assert old in text
        (self.root / file).write_text(text.replace(old, new))

    def sent(self) -> list[str]:
        """What has really been sent."""
        file = self.root / "sent.txt"
        return file.read_text().splitlines() if file.exists() else []

    def runs(self, count: int = 1) -> list[Run]:
        """Runs of the flow, one after the other; the project is closed at the end."""

        async def go() -> list[Run]:
            models = {"small": self.small, "cloud": self.cloud}
            project = self.project
            shadows = Shadows(project, self.store, clock=self.clock, models=models)
            runtime = Runtime(
                project,
                self.store,
                clock=self.clock,
                load_specialist=lambda artifact: (_ for _ in ()).throw(AssertionError(artifact)),
                models=models,
                deployed=ReleasedVersions(project, self.store),
                onlookers=[shadows],
            )
            try:
                return [await runtime.run("answer", {"text": "Hi"}) for _ in range(count)]
            finally:
                await runtime.close()

        return run(go())

    def shadow(self) -> ShadowRun:
        """What the only one came to."""
        (found,) = self.store.shadows.list()
        return found


@pytest.fixture
def place(tmp_path: Path) -> Generator[Place]:
    """One version deployed, nothing in the shadow."""
    (tmp_path / ".pantheon").mkdir()
    with Store.open(tmp_path / ".pantheon" / "pantheon.db", clock=FakeClock()) as store:
        yield Place(tmp_path, store)


def test_agents_that_are_the_same_say_what_they_said(place: Place) -> None:
    """No model, cloud or function is asked again; what differs is what the flow makes of it."""
    place.edit("ok: check.ok", "ok: not check.ok")
    place.deploy("shadow")
    (served,) = place.runs()
    shadow = place.shadow()

    assert (shadow.run, shadow.agreement, shadow.cause) == (served.id, "differs", "shadow")
    assert shadow.output == {"reply": "Hello", "ok": False, "sent": "Hello"}
    assert shadow.steps == {"draft": "recorded", "check": "recorded", "send": "recorded"}
    assert (len(place.small.requests), len(place.cloud.requests)) == (1, 1)
    assert place.sent() == ["Hello"]


def test_a_changed_agent_is_asked_anew_here_on_the_machine(place: Place) -> None:
    """Its local model answers; what follows from that is another input, which nobody has seen."""
    place.small = saying("Hello", "Hello")
    place.edit("Reply", "Reply politely", "reply.j2")
    place.deploy("shadow")
    place.runs()
    shadow = place.shadow()

    assert shadow.agreement == "same"
    assert shadow.steps == {"draft": "scripted", "check": "recorded", "send": "recorded"}
    assert place.sent() == ["Hello"]


def test_what_nobody_may_be_asked_for_a_shadow_is_not_known(place: Place) -> None:
    """The changed agent says something else: the cloud is off, and nothing is sent."""
    place.small = saying("Hello", "Good day")
    place.edit("Reply", "Reply politely", "reply.j2")
    place.deploy("shadow")
    (served,) = place.runs()
    shadow = place.shadow()

    assert served.output == {"reply": "Hello", "ok": True, "sent": "Hello"}
    assert shadow.agreement == "unknown"
    assert place.sent() == ["Hello"]
    assert len(place.cloud.requests) == 1


def test_the_cloud_is_asked_for_a_shadow_within_its_amount(place: Place) -> None:
    """Where the deployment says so; functions that may act are still withheld."""
    place.small = saying("Hello", "Good day")
    place.edit("Reply", "Reply politely", "reply.j2")
    place.edit("sent: send.sent", "sent: draft.reply")
    place.edit("      send: {agent: send, in: {reply: draft.reply}}\n", "")
    place.deploy("shadow", guards={"max_usd": 0.5})
    place.runs()
    shadow = place.shadow()

    assert len(place.cloud.requests) == 2
    assert shadow.agreement == "differs"
    assert (shadow.steps or {})["check"] == "scripted"


def test_nothing_in_the_shadow_asks_nothing(place: Place) -> None:
    """Nor does a version that was taken off since."""
    place.runs()
    place.edit("Reply", "Reply politely", "reply.j2")
    place.deploy("shadow")
    order = Order("someone", "", place.root / "pantheon.lock")
    retire(place.store, place.project, ["answer"], order=order, channels=("shadow",))
    place.runs()

    assert place.store.shadows.list() == []


def test_a_shadow_that_breaks_is_a_fact_about_it(place: Place) -> None:
    """The run has its answer, whatever becomes of the shadow."""
    place.small = saying("Hello", *[5] * 9)
    place.edit("Reply", "Reply politely", "reply.j2")
    place.deploy("shadow")
    (served,) = place.runs()

    assert served.state == "done"
    assert place.shadow().agreement == "failed"


def test_a_sandbox_that_cannot_be_made_is_not_known(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody foresaw is told, and touches nobody."""

    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("no room")

    place.edit("ok: check.ok", "ok: not check.ok")
    place.deploy("shadow")
    monkeypatch.setattr(module, "open_sandbox", broken)
    (served,) = place.runs()
    shadow = place.shadow()

    assert served.state == "done"
    assert shadow.agreement == "unknown"
    assert "no room" in str((shadow.failure or {})["message"])


def test_the_answer_does_not_wait_for_the_shadow(place: Place) -> None:
    """It is begun when the run has come to its end, and settled when the project is closed."""
    place.edit("ok: check.ok", "ok: not check.ok")
    place.deploy("shadow")

    async def go() -> tuple[int, int]:
        project = place.project
        models = {"small": place.small, "cloud": place.cloud}
        shadows = Shadows(project, place.store, clock=place.clock, models=models)
        runtime = Runtime(
            project,
            place.store,
            clock=place.clock,
            load_specialist=lambda artifact: (_ for _ in ()).throw(AssertionError(artifact)),
            models=models,
            deployed=ReleasedVersions(project, place.store),
            onlookers=[shadows],
        )
        await runtime.run("answer", {"text": "Hi"})
        at_once = len(place.store.shadows.list())
        await runtime.close()
        await runtime.close()
        return at_once, len(place.store.shadows.list())

    assert run(go()) == (0, 1)


def test_where_many_runs_end_at_once_some_have_no_shadow(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is tried at a time, and only so many wait."""
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    place.edit("ok: check.ok", "ok: not check.ok")
    place.deploy("shadow")

    async def go() -> None:
        project = place.project
        models = {"small": place.small, "cloud": place.cloud}
        shadows = Shadows(project, place.store, clock=place.clock, models=models)
        runtime = Runtime(
            project,
            place.store,
            clock=place.clock,
            load_specialist=lambda artifact: (_ for _ in ()).throw(AssertionError(artifact)),
            models=models,
            deployed=ReleasedVersions(project, place.store),
        )
        runs = await asyncio.gather(*(runtime.run("answer", {"text": "Hi"}) for _ in range(9)))
        for each in runs:
            shadows.ended(each)
        await shadows.close()
        await runtime.close()

    run(go())
    assert [shadow.agreement for shadow in place.store.shadows.list()] == ["differs"] * 3


def test_an_agent_alone_can_be_in_the_shadow(place: Place) -> None:
    """Beside flows of the working files that use it."""
    order = Order("someone", "", place.root / "pantheon.lock")
    retire(place.store, place.project, ["answer"], order=order)
    place.small = saying("Hello", "Hello")
    place.edit("Reply", "Reply politely", "reply.j2")
    deploy(place.store, place.project, ["draft"], Terms("shadow"), order=order)
    place.edit("Reply politely", "Reply", "reply.j2")
    place.runs()
    shadow = place.shadow()

    assert shadow.agreement == "same"
    assert shadow.steps == {"draft": "scripted", "check": "recorded", "send": "recorded"}
