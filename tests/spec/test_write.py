"""Definitions that are written out and read again are equal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.ids import Json
from pantheon.spec import (
    AgentDef,
    Project,
    agent_hash,
    expand_contract,
    load_definitions,
    load_project,
    to_json,
    to_source,
)
from pantheon.spec._write_contract import write_contract

VALID = sorted(Path(__file__).with_name("valid").glob("**/*.yaml"))
DEMO = Path(__file__).parents[2] / "src/pantheon/demo/project/pantheon.yaml"


def again(project: Project) -> Project:
    """The project of what it is written as."""
    return load_definitions(to_source(project), project.root, environment={})


@pytest.mark.parametrize("file", [*VALID, DEMO], ids=lambda file: file.stem)
def test_a_project_is_the_same_again(file: Path) -> None:
    """Whatever a valid file says: agents, flows, models and all else."""
    project = load_project(file, environment={"HOST": "h", "MODEL": "m"})
    found = again(project)
    for name, agent in project.agents.items():
        assert agent_hash(found.agents[name]) == agent_hash(agent), name
    for name, flow in project.flows.items():
        assert to_json(found.flows[name]) == to_json(flow), name
    ours = ("models", "router", "night", "limits", "memory", "retention")
    assert {key: getattr(found, key) for key in ours} == {
        key: getattr(project, key) for key in ours
    }


_TYPES: list[Json] = [
"string", "integer", "any", {"enum": ["a"]}, {"enum": [1, 2]}, {"const": "a"},
         {"type": "string", "maxLength": 3}, {"type": ["string", "null"]}, {"anyOf": [{}]},
         {"type": "object", "properties": {"a": {"type": "string"}}}]  # fmt: skip
FIELDS: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from(_TYPES),
    lambda inner: st.lists(inner, min_size=1, max_size=1)
    | st.dictionaries(st.sampled_from(["a", "b?", "type", "enum", "items", "properties"]), inner),
    max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["text", "team?", "type", "properties"]), FIELDS))
def test_a_contract_in_short_is_the_contract(fields: dict[str, Json]) -> None:
    """Whatever the fields are called, also like words of JSON Schema."""
    from pantheon.spec import InvalidProject

    try:
        schema = expand_contract(dict(fields))
    except InvalidProject:
        return
    assert expand_contract(write_contract(schema)) == schema


def test_a_prompt_whose_file_has_changed_is_written_out(tmp_path: Path) -> None:
    """The version stays what it was; while the file holds the text it is named."""
    (tmp_path / "say.j2").write_text("Say {{ text }}\n")
    body = "version: 1\nagents:\n  a:\n    input: {text: string}\n    output: {b: string}\n"
    (tmp_path / "pantheon.yaml").write_text(body + "    tiers: [{prompt: {template: say.j2}}]\n")
    project = load_project(tmp_path)
    assert _tier(project) == {"prompt": {"template": "say.j2"}}
    (tmp_path / "say.j2").write_text("Shout {{ text }}\n")
    assert _tier(project) == {"prompt": {"template": "Say {{ text }}\n"}}
    assert agent_hash(again(project).agents["a"]) == agent_hash(project.agents["a"])


def _tier(project: Project) -> Json:
    agents = to_source(project)["agents"]
    assert isinstance(agents, dict)
    agent = agents["a"]
    assert isinstance(agent, dict)
    tiers = agent["tiers"]
    assert isinstance(tiers, list)
    return tiers[0]


def test_tests_are_no_part_of_it() -> None:
    """They stand beside a definition."""
    agent = AgentDef("a", {"type": "object"}, {"type": "object"}, ())
    project = Project(Path(), agents={"a": replace(agent)})
    agents = to_source(project)["agents"]
    assert isinstance(agents, dict)
    assert "tests" not in str(agents["a"])


_TEXT = st.text(max_size=8) | st.sampled_from(
    ["yes", "1", "{{ text }}", "a: b", "line\nline\n", "$${parameters.x}", "$$${parameters.x} b"]
)
_TIME = st.sampled_from(["30s", "2h", "90m"])


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Json]]:
    """A mapping with some of the keys."""
    return st.fixed_dictionaries({}, optional=fields)


_TIERS: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(["cloud", "prompt", "human"]),
    st.fixed_dictionaries({"prompt": _some(
        model=st.just("small"), template=st.sampled_from(["Say {{ text }}", "a\n{{ text }}\n\n"]),
        min_confidence=st.floats(0, 1), max_tokens=st.integers(1, 4000))}),
    st.fixed_dictionaries({"cloud": _some(model=st.just("cloud"), max_tokens=st.integers(1, 4000))}),
    st.just({"python": "m:f"}) | _TIME.map(lambda t: {"python": {"function": "m:f", "timeout": t}}),
    st.just({"python": {"function": "m:f", "process": True}}),
    st.just({"command": ["ls", "{text}"]})
    | _TIME.map(lambda t: {"command": {"argv": ["ls"], "timeout": t}}),
    _TEXT.map(lambda text: {"human": text}),
)  # fmt: skip
_AGENTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"input": st.just({"text": "string", "n?": "integer"}), "output": st.just({"out": "string"})},
    optional={
        "description": _TEXT,
        "tiers": st.lists(_TIERS, min_size=1, max_size=4),
        "promise": st.fixed_dictionaries({"disagreement": st.sampled_from([0.01, 0.2])}, optional={
            "confidence": st.sampled_from([0.9, 0.95]), "audit": st.sampled_from([0.05, 1]),
            "quality": st.just(0.8)}),
        "version": _TEXT,
        "tools": st.lists(_TEXT, max_size=2),
        "cost": st.sampled_from([0, 1, 0.5]),
        "validators": st.just(["m:check"]),
        "examples": st.just([{"input": {"text": "a"}, "output": {"out": "b"}}]),
        "resources": _some(cpu=st.sampled_from([1, 0.5]), memory=st.just("1GB"), gpu=st.just(1)),
        "deterministic": st.booleans(),
        "cache": _TIME | st.just("off"),
        "same": st.sampled_from(["exact", "fields"]),
        "critical": st.just([{"out": "z"}]),
    },
)  # fmt: skip
_MODELS: Json = {
    "cloud": {"engine": "openai", "base_url": "http://x/v1", "model": "b"},
    "small": {"engine": "llama.cpp", "weights": "smollm2-135m-instruct"},
}


@given(_AGENTS)
def test_any_agent_is_the_same_again(agent: dict[str, Json]) -> None:
    """Whatever keys and tiers it has, and whatever its texts look like."""
    body: dict[str, Json] = {"version": 1, "models": _MODELS, "agents": {"a": agent}}
    project = load_definitions(body, Path("/nowhere"), environment={})
    assert again(project).agents == project.agents
