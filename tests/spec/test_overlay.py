"""Environments, the machine's own file and `--set`: what they change, and where mistakes point."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pantheon.errors import NotFound
from pantheon.ids import Json
from pantheon.spec import InvalidProject, Project, json_schema, load_project
from pantheon.spec._overlay import merge
from pantheon.spec._source import from_json, to_json

PROJECT = """\
version: 1
include: [parts/*.yaml]
models:
  cloud: {engine: openai, base_url: "https://eu.example.com/v1", model: big, timeout: 30s}
agents:
  triage:
    input: {text: string}
    output: {team: {enum: [cards, other]}}
    tiers:
      - specialist
      - prompt: {template: "Which team? {{ text }}", max_tokens: 20}
      - cloud
    promise: {disagreement: 0.05, audit: 0.02}
night: {promote: review}
"""
PART = """\
agents:
  reply: {input: {text: string}, output: {reply: string}, cost: 1}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two files."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "environments").mkdir()
    (tmp_path / "pantheon.yaml").write_text(PROJECT, "utf-8")
    (tmp_path / "parts" / "reply.yaml").write_text(PART, "utf-8")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    """An overlay file."""
    (root / name).write_text(text, "utf-8")


def load(root: Path, *arguments: str, env: str | None = None, variable: str = "") -> Project:
    """The project with what lies over it."""
    variables = {"PANTHEON_ENV": variable} if variable else {}
    return load_project(root, environment=variables, env=env, settings=arguments)


def mistakes(root: Path, *arguments: str, env: str | None = None) -> list[str]:
    """`PLACE CODE FIX` of each mistake."""
    with pytest.raises(InvalidProject) as caught:
        load(root, *arguments, env=env)
    found = [d for d in caught.value.diagnostics if d.severity == "error"]
    return [f"{d.where} {d.code} {d.fix}" for d in found]


def disagreement(project: Project) -> float | None:
    """Of the agent that most tests change."""
    promise = project.agents["triage"].promise
    return promise.disagreement if promise else None


# ----------------------------------------------------------------------------- what changes


def test_mappings_merge_and_values_replace(root: Path) -> None:
    """What an environment does not mention stays; definitions of included files change too."""
    write(
        root,
        "environments/prod.yaml",
        "agents: {triage: {promise: {disagreement: 0.01}, tiers: [cloud]}, reply: {cost: 7}}\n"
        "models: {cloud: {base_url: https://us.example.com/v1}}\nnight: {promote: auto}\n",
    )
    project = load(root, env="prod")
    promise = project.agents["triage"].promise
    assert promise is not None
    assert (promise.disagreement, promise.audit) == (0.01, 0.02)
    assert len(project.agents["triage"].tiers) == 1
    assert project.agents["reply"].cost == 7
    assert project.models["cloud"].base_url == "https://us.example.com/v1"
    assert project.models["cloud"].timeout == 30
    assert project.night.promote == "auto"
    assert project.overlays == ("environments/prod.yaml",)
    assert [path.name for path in project.files] == ["pantheon.yaml", "reply.yaml", "prod.yaml"]


def test_the_nearest_has_the_last_word(root: Path) -> None:
    """Files < environment < this machine's file < `--set`, and later settings over earlier."""
    path = "agents.triage.promise.disagreement"
    assert disagreement(load(root)) == 0.05
    write(root, "environments/prod.yaml", "agents: {triage: {promise: {disagreement: 0.1}}}")
    assert disagreement(load(root, env="prod")) == 0.1
    write(root, "pantheon.local.yaml", "agents: {triage: {promise: {disagreement: 0.2}}}")
    assert disagreement(load(root, env="prod")) == 0.2
    assert disagreement(load(root, f"{path}=0.3", f"{path}=0.4", env="prod")) == 0.4
    assert load(root, "router=", env="prod").overlays == (
        "environments/prod.yaml",
        "pantheon.local.yaml",
        "--set",
    )


def test_null_removes(root: Path) -> None:
    """A key, a definition, a whole section."""
    write(root, "environments/lean.yaml", "agents: {reply: null, triage: {promise: ~}}\nnight:\n")
    project = load(root, env="lean")
    assert list(project.agents) == ["triage"]
    assert project.agents["triage"].promise is None
    assert project.night.where.file != "pantheon.yaml"
    assert load(root, "agents.triage.promise=").agents["triage"].promise is None


def test_an_environment_adds_whole_definitions(root: Path) -> None:
    """A new agent of an overlay is an agent like others."""
    write(
        root, "environments/dev.yaml", "agents: {echo: {input: {a: string}, output: {a: string}}}"
    )
    where = load(root, env="dev").agents["echo"].where
    assert str(where) == "environments/dev.yaml:1:10"


def test_the_variable_names_the_environment_and_the_option_overrules_it(root: Path) -> None:
    """`--env ""` is none at all."""
    write(root, "environments/prod.yaml", "night: {promote: auto}")
    write(root, "environments/dev.yaml", "night: {canary: 0.5}")
    assert load(root, variable="prod").overlays == ("environments/prod.yaml",)
    assert load(root, variable="prod", env="dev").overlays == ("environments/dev.yaml",)
    assert load(root, variable="prod", env="").overlays == ()


def test_the_file_of_this_machine_can_be_left_out(root: Path) -> None:
    """For what must not depend on the machine."""
    write(root, "pantheon.local.yaml", "night: {promote: auto}")
    assert load_project(root, environment={}, local=False).night.promote == "review"


def test_a_file_of_comments_changes_nothing(root: Path) -> None:
    """As one is while it is being written."""
    write(root, "pantheon.local.yaml", "# yaml-language-server: $schema=x\n---\n\n# agents:\n")
    assert load(root) == load_project(root, environment={}, local=False)


def test_patterns_of_includes_leave_overlays_alone(root: Path) -> None:
    """`*` takes in everything, but not what lies over the project."""
    write(root, "environments/prod.yaml", "night: {promote: auto}")
    write(root, "pantheon.local.yaml", "night: {canary: 0.5}")
    text = PROJECT.replace("parts/*.yaml", "'**/*.yaml'")
    write(root, "pantheon.yaml", text)
    assert load(root).night.promote == "review"
    write(root, "pantheon.yaml", PROJECT.replace("parts/*.yaml", "environments/prod.yaml"))
    assert mistakes(root)[0].startswith("pantheon.yaml:2:11 bad-include remove the include")


# ----------------------------------------------------------------------------- settings


def test_settings_reach_into_lists_and_odd_names(root: Path) -> None:
    """Items by number, names with dots in quotes; a mapping merges."""
    project = load(
        root,
        "agents.triage.tiers[1].prompt.max_tokens=7",
        "agents.triage.tiers[0]=",
        'agents.triage.input."note?"=string',
        "agents.triage.promise={audit: 0.5}",
    )
    kinds = [type(tier).__name__ for tier in project.agents["triage"].tiers]
    assert kinds == ["PromptTier", "CloudTier"]
    assert getattr(project.agents["triage"].tiers[0], "max_tokens", None) == 7
    assert disagreement(project) == 0.05
    properties = project.agents["triage"].input["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == ["text", "note"]


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("foo", "--set:1:3 bad-setting write for example"),
        ("=1", "--set:1:1 bad-setting write for example"),
        ("agents..x=1", "--set:1:7 bad-setting write for example"),
        ("agent.triage.cost=1", "--set:1:1 unknown-key did you mean `agents`?"),
        ("agents.triag.cost=1", "--set:1:8 nothing-to-change did you mean `triage`?"),
        ("agents.triag=", "--set:1:8 nothing-to-change did you mean `triage`?"),
        ("agents.triage.tiers[3]=cloud", "--set:1:21 bad-setting count items from 0"),
        ("agents.triage.tiers.x=1", "--set:1:21 bad-setting write `tiers[0]` for the first"),
        ("agents.triage.cots=1", "--set:1:15 unknown-key did you mean `cost`?"),
        ("agents.triage.cost=high", "--set:1:20 wrong-type write a number"),
        ("agents.triage.promise={audit: 2", "--set:1:32 yaml-syntax close the `{`"),
        ("include=x.yaml", "--set:1:1 bad-overlay put the `include` into pantheon.yaml"),
        ("agents=3", "--set:1:8 wrong-type write below it"),
        ("version=2", "--set:1:9 bad-version update the program"),
        (".".join(["agents"] * 200) + "=1", "--set:1:1400 bad-setting write for example"),
    ],
)
def test_a_wrong_setting_is_told_at_its_place(root: Path, argument: str, told: str) -> None:
    """Line N is the Nth argument."""
    assert [told == found[: len(told)] or found for found in mistakes(root, argument)] == [True]
    second = told.replace("--set:1:", "--set:2:")
    assert mistakes(root, "night.promote=auto", argument)[0].startswith(second)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet='agents.triage[0]"= {}:,\n*&é\ud800', max_size=25), max_size=3))
def test_any_setting_loads_or_is_told(root: Path, arguments: list[str]) -> None:
    """Never another error."""
    with contextlib.suppress(InvalidProject):
        load(root, *arguments)


# ----------------------------------------------------------------------------- mistakes


def test_a_mistake_points_into_the_overlay(root: Path) -> None:
    """As if the file stood alone."""
    write(
        root,
        "environments/prod.yaml",
        "agents:\n  triage:\n    promise: {disagreement: 3}\n  tirage: {cost: 2}\ninclude: x\n",
    )
    assert [text.split(" ", 2)[:2] for text in mistakes(root, env="prod")] == [
        ["environments/prod.yaml:3:29", "bad-value"],
        ["environments/prod.yaml:4:3", "nothing-to-change"],
        ["environments/prod.yaml:5:1", "bad-overlay"],
    ]


def test_an_unknown_environment_names_those_there_are(root: Path) -> None:
    """And where the name came from; a path is no name."""
    write(root, "environments/prod.yaml", "night: {promote: auto}")
    with pytest.raises(NotFound, match=r"no environment `prd` \(from PANTHEON_ENV\)") as caught:
        load(root, variable="prd")
    assert caught.value.hint == "did you mean `prod`?"
    with pytest.raises(NotFound, match="--env"):
        load(root, env="../environments/prod")


# ----------------------------------------------------------------------------- laws

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3)
    ),
    max_leaves=8,
)
_TABLES = st.dictionaries(st.sampled_from("abc"), _JSON, max_size=3)


def merged(base: Json, over: Json) -> Json:
    """What the overlay makes of plain values."""
    return to_json(merge(from_json(base), from_json(over)))


def expected(base: Json, over: Json) -> Json:
    """The rule in one line each."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    found = {k: expected(base[k], v) if k in base else v for k, v in over.items()}
    whole = {**base, **found}
    return {k: v for k, v in whole.items() if not (k in base and k in over and over[k] is None)}


@given(_TABLES, _TABLES)
def test_merging_follows_the_rule_and_twice_is_once(base: Json, over: Json) -> None:
    """Mappings merge, the rest replaces, null removes what is there."""
    assert merged(base, over) == expected(base, over)
    assert merged(base, {}) == base


def test_the_schema_of_overlays_takes_parts_of_definitions() -> None:
    """Nothing is required, and null is allowed where something may be removed."""
    from jsonschema import Draft202012Validator

    schema = json_schema(overlay=True)
    Draft202012Validator.check_schema(schema)
    overlays: Any = Draft202012Validator(schema)
    projects: Any = Draft202012Validator(json_schema())
    overlay = {"agents": {"triage": {"promise": None, "cost": 3}, "reply": None}, "night": None}
    assert overlays.is_valid(overlay)
    assert not overlays.is_valid({"agents": {"triage": {"cots": 3}}})
    assert not projects.is_valid(overlay)
    assert projects.is_valid(
        {"night": {"canary": "${parameters.share}"}, "parameters": {"share": 1}}
    )
    assert not projects.is_valid({"night": {"canary": "${parameter.share}"}})
