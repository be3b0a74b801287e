"""The router: similarity at first, abstention where nothing fits, every decision kept and explained."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import Answer, Failure, Reason, give_feedback
from pantheon.errors import InputError, WeightsFault
from pantheon.flows import Runtime
from pantheon.ids import ContentHash
from pantheon.models import HashEmbedder, ScriptedModel, embedder
from pantheon.routing import OTHERWISE, Route, Router, router_agent
from pantheon.spec import FlowDef, Project, RouterDef
from pantheon.store import ChannelMove, Version
from tests.routing.worlds import FLOWS, ROUTER, Certain, open_runtime, otherwise

STOLEN = "my card was stolen yesterday"
NONSENSE = "zzz qqq xxx"


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """A project of three flows, told apart by spelling."""
    opened = open_runtime(HashEmbedder(512))
    yield opened
    opened.store.close()


def route(runtime: Runtime, prompt: str) -> Route:
    """Where a prompt goes."""
    return asyncio.run(Router(runtime).route(prompt))


def test_a_prompt_goes_to_the_flow_it_is_most_like(runtime: Runtime) -> None:
    """The decision names the flow, its input, the text that was nearest, and every candidate."""
    found = route(runtime, STOLEN)

    assert (found.flow, found.tier) == ("cards", "similarity")
    assert found.input == {"text": STOLEN}
    assert "my card was stolen" in found.why
    assert found.candidates[0].flow == "cards"
    assert {c.flow for c in found.candidates} == set(FLOWS)
    assert found.candidates[0].score == found.confidence
    assert sorted(found.candidates, key=lambda c: -c.score) == list(found.candidates)


def test_a_prompt_that_fits_nothing_is_left_alone(runtime: Runtime) -> None:
    """Without `otherwise` there is no flow, and the reason says how near the nearest was."""
    found = route(runtime, NONSENSE)

    assert (found.flow, found.tier, found.input, found.to_cloud) == (None, "otherwise", {}, False)
    assert "similarity" in found.why
    assert "< 0.3" in found.why


def test_two_flows_that_are_equally_near_are_not_guessed_between() -> None:
    """A tie is doubt, however near both are."""
    opened = open_runtime(HashEmbedder(512))
    twins: dict[str, FlowDef] = dict.fromkeys(("cards", "travel"), FLOWS["cards"])
    project = Project(opened.project.root, flows=twins, router=RouterDef(flows=tuple(twins)))
    opened.project = project

    found = route(opened, STOLEN)

    assert found.flow is None
    assert "too close to tell apart" in found.why
    opened.store.close()


@pytest.mark.parametrize(
    ("to", "flow", "to_cloud"), [("travel", "travel", False), ("cloud", None, True)]
)
def test_otherwise_is_where_the_rest_goes(to: str, flow: str | None, to_cloud: bool) -> None:
    """A flow takes it with the prompt as input; `cloud` is left to whoever asked."""
    opened = open_runtime(HashEmbedder(512), router=otherwise(to))

    found = route(opened, NONSENSE)

    assert (found.flow, found.to_cloud, found.tier) == (flow, to_cloud, "otherwise")
    assert found.why.endswith(f"Otherwise: {to}.")
    assert found.input == ({"text": NONSENSE} if flow else {})
    opened.store.close()


def test_every_decision_is_an_answer_in_the_store(runtime: Runtime) -> None:
    """Routing is logged like every agent's work, the abstentions included."""
    taken, left = route(runtime, STOLEN), route(runtime, NONSENSE)

    rows = {row.id: row for row in runtime.store.answers.list("router")}
    assert rows[taken.answer].output == {"flow": "cards"}
    assert rows[taken.answer].confidence == taken.confidence
    assert rows[left.answer].output == {"flow": OTHERWISE}
    assert [t["tier"] for t in rows[left.answer].tried] == ["specialist", "similarity"]
    assert taken.propensity == 1.0


def test_a_wrong_route_can_be_corrected(runtime: Runtime) -> None:
    """Feedback on a decision is checked against the flows there are, and teaches the router."""
    wrong = route(runtime, NONSENSE)

    (row,) = give_feedback(
        runtime.store,
        runtime.project,
        wrong.answer,
        verdict="correct",
        correction={"flow": "spec2code"},
        at=1.0,
    )
    with pytest.raises(InputError, match="flow"):
        give_feedback(
            runtime.store, None, wrong.answer, verdict="correct", correction={"flow": "no"}, at=1.0
        )

    assert (row.agent, row.correction) == ("router", {"flow": "spec2code"})


def test_what_the_night_taught_goes_before_similarity() -> None:
    """A promoted specialist decides where it is certified, and similarity everywhere else."""
    opened = open_runtime(HashEmbedder(512), specialist=Certain(NONSENSE, "travel"))
    artifact = opened.store.blobs.put(b"learned")
    version = ContentHash("b2:" + "1" * 32)
    opened.store.versions.add(
        Version(version, "router", 1, None, "night", 0.0, "promoted", {}, artifact)
    )
    opened.store.channels.move(
        ChannelMove("router", "stable", version, None, 0.0, "test", "test", "night")
    )

    learned, other = route(opened, NONSENSE), route(opened, STOLEN)

    assert (learned.flow, learned.tier, learned.confidence) == ("travel", "specialist", 0.99)
    assert (other.flow, other.tier) == ("cards", "similarity")
    opened.store.close()


@pytest.mark.parametrize("prompt", ["", "  \n", "x" * (1 << 20) + "x"])
def test_a_prompt_that_is_none_is_refused(runtime: Runtime, prompt: str) -> None:
    """An empty or a huge prompt is an error of the user, told as such."""
    with pytest.raises(InputError) as caught:
        route(runtime, prompt)

    assert caught.value.hint


@given(st.text(min_size=1, max_size=80).filter(str.strip))
def test_any_text_is_routed_somewhere(prompt: str) -> None:
    """Whatever is said, there is a decision with finite scores."""
    opened = open_runtime(HashEmbedder())
    found = route(opened, prompt)
    opened.store.close()

    assert found.flow in {*FLOWS, None}
    assert all(-1.001 <= c.score <= 1.001 for c in found.candidates)


def test_without_a_router_every_flow_is_a_candidate() -> None:
    """The original dialect has no router; asking works all the same."""
    opened = open_runtime(HashEmbedder(512), router=None)

    assert route(opened, STOLEN).flow == "cards"
    assert router_agent(opened.project).output["properties"] == {
        "flow": {"enum": [*FLOWS, OTHERWISE]}
    }
    opened.store.close()


def test_a_project_without_flows_has_nowhere_to_go() -> None:
    """No flow is no crash."""
    opened = open_runtime(HashEmbedder())
    opened.project = Project(opened.project.root)

    found = route(opened, STOLEN)

    assert (found.flow, found.candidates) == (None, ())
    opened.store.close()


def test_flows_outside_the_router_are_no_candidates(runtime: Runtime) -> None:
    """The user says which flows prompts may go to."""
    runtime.project = Project(
        runtime.project.root, flows=FLOWS, router=RouterDef(flows=("travel", "spec2code"))
    )

    assert {c.flow for c in route(runtime, STOLEN).candidates} == {"travel", "spec2code"}


@pytest.mark.model
@pytest.mark.parametrize(
    ("prompt", "flow"),
    [
        ("somebody took my credit card, please block it", "cards"),
        ("I would like to fly to Japan in May", "travel"),
        ("implement a parser for this description", "spec2code"),
        ("what is the meaning of life", None),
        ("how many calories are in an apple", None),
    ],
)
def test_the_real_embedder_tells_meaning(prompt: str, flow: str | None) -> None:
    """MiniLM needs no common words; what is about something else is left alone."""
    try:
        embedder().embed(["warm up"])
    except WeightsFault as fault:
        pytest.skip(fault.message)
    opened = open_runtime(embedder(), router=ROUTER)

    assert route(opened, prompt).flow == flow
    opened.store.close()


def test_what_fits_no_flow_may_be_asked_of_the_cloud() -> None:
    """With `otherwise: cloud` the cloud answers the prompt itself; without one it is told."""
    opened = open_runtime(HashEmbedder(512), router=otherwise("cloud"))
    scripted = open_runtime(
        HashEmbedder(512),
        router=otherwise("cloud"),
        models={"cloud": ScriptedModel([{"answer": "42"}])},
    )

    silent = asyncio.run(Router(opened).ask_cloud(NONSENSE))
    said = asyncio.run(Router(scripted).ask_cloud(NONSENSE))

    assert isinstance(silent, Failure)
    assert silent.tried[0].reason is Reason.NOT_CONFIGURED
    assert isinstance(said, Answer)
    assert (said.output, said.source) == ({"answer": "42"}, "scripted")
    opened.store.close()
    scripted.store.close()
