"""Definitions that are written out and read again are equal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

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
