"""The key `tests`: what is read, where mistakes are told, and that it is no part of a version."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.errors import NotFound
from pantheon.ids import Json, JsonObject
from pantheon.spec import (
    InvalidProject,
    agent_hash,
    flow_hash,
    load_definitions,
    load_project,
    read_script,
    to_json,
)
from pantheon.spec import _keys as keys
from pantheon.spec._case import Scripted

PROJECT = """\
version: 1
agents:
  triage:
    input: {{text: string}}
    output: {{team: {{enum: [cards, other]}}}}
    tiers: [prompt]
    tests: {agent}
  grade:
    input: {{output: object, criterion: string}}
    output: {{score: number}}
    tiers: [prompt]
flows:
  support:
    input: {{text: string}}
    nodes: {{triage: {{agent: triage, in: {{text: input.text}}}}}}
    output: {{team: triage.team}}
    tests: {flow}
"""
NAMED = "{name: a, input: {text: x}, expect: {fails: true}}"


def write(folder: Path, agent: str = "[]", flow: str = "[]") -> Path:
    """A project with these tests."""
    path = folder / "pantheon.yaml"
    path.write_text(PROJECT.format(agent=agent, flow=flow), encoding="utf-8")
    return path


def mistakes(folder: Path, agent: str = "[]", flow: str = "[]") -> list[tuple[str, str]]:
    """Code and message of every mistake."""
    with pytest.raises(InvalidProject) as caught:
        load_project(write(folder, agent, flow))
    return [(found.code, found.message) for found in caught.value.diagnostics]


def test_tests_are_read_with_their_places(tmp_path: Path) -> None:
    """In place, with short forms for answers and for pairs."""
    agent = (
        "[{name: a, input: {text: x}, expect: {equals: {team: cards}, within: {time: 2s}}}, "
        "{input: {text: y}, output: {team: other}, answers: {triage: [{team: other}]}}]"
    )
    first, second = load_project(write(tmp_path, agent)).agents["triage"].tests
    assert (first.name, first.expect.equals, first.expect.seconds) == ("a", {"team": "cards"}, 2.0)
    assert (second.name, second.expect.same) == ("2", {"team": "other"})
    assert second.answers == (Scripted("triage", output={"team": "other"}),)
    assert first.where.line == 7


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cases.yaml", "- input: {text: x}\n  expect: {equals: {team: cards}}\n"),
        ("cases.jsonl", '\n{"input": {"text": "x"}, "expect": {"equals": {"team": "cards"}}}\n'),
    ],
)
def test_tests_may_stand_in_a_file_of_their_own(tmp_path: Path, name: str, text: str) -> None:
    """YAML or JSON lines, found from the project's folder."""
    (tmp_path / name).write_text(text)
    (case,) = load_project(write(tmp_path, name)).agents["triage"].tests
    assert (case.expect.equals, case.where.file) == ({"team": "cards"}, name)


def test_tests_are_no_part_of_what_they_test(tmp_path: Path) -> None:
    """Hash, canonical form and equality are those without them."""
    tested = "[{input: {text: x}, expect: {fails: true}}]"
    plain, with_tests = load_project(write(tmp_path)), load_project(write(tmp_path, tested, tested))
    assert with_tests.flows["support"].tests
    for name in ("triage",):
        one, other = plain.agents[name], with_tests.agents[name]
        assert (agent_hash(one), to_json(one)) == (agent_hash(other), to_json(other))
        assert one == other
    assert flow_hash(plain.flows["support"], plain) == flow_hash(
        with_tests.flows["support"], with_tests
    )


@pytest.mark.parametrize(
    ("test", "code", "said"),
    [
        ("{expect: {fails: true}}", "missing-key", "needs `input`"),
        ("{input: {text: x}}", "missing-key", "needs `expect`"),
        ("{input: {text: x}, expect: {}}", "bad-test", "expects nothing"),
        ("{input: {text: 1}, expect: {equals: {team: cards}}}", "bad-test", "input of test 1"),
        ("{input: {text: x}, expect: {equals: {team: moon}}}", "bad-test", "`equals`"),
        ("{input: {text: x}, expect: {contains: {tem: a}}}", "bad-test", "`tem` is no field"),
        ("{input: {text: x}, expect: {matches: {team: '('}}}", "bad-test", "regular expression"),
        ("{input: {text: x}, expect: {tier: clod}}", "bad-test", "`clod`"),
        ("{input: {text: x}, expect: {fails: No!}}", "bad-test", "`fails`"),
        (
            "{input: {text: x}, expect: {fails: true, equals: {team: cards}}}",
            "bad-test",
            "no output",
        ),
        ("{input: {text: x}, expect: {fails: true}, expct: {}}", "unknown-key", "`expct`"),
        ("{input: {text: x}, expect: {nodes: {a: ok}}}", "bad-test", "`nodes`"),
        (
            "{input: {text: x}, expect: {satisfies: {judge: grad, criterion: c}}}",
            "unknown-agent",
            "`grad`",
        ),
        (
            "{input: {text: x}, expect: {satisfies: {judge: triage, criterion: c}}}",
            "bad-judge",
            "cannot judge by a criterion",
        ),
        (
            "{input: {text: x}, expect: {fails: true}, answers: {triag: {}}}",
            "unknown-agent",
            "triag",
        ),
        (
            "{input: {text: x}, expect: {fails: true}, answers: [{fails: tired}]}",
            "bad-value",
            "`tired`",
        ),
        ("{input: {text: x}, expect: {fails: true}, answers: [{}]}", "bad-test", "scripted answer"),
        ("{input: {text: x}, expect: {fails: true}, answers: a.jsonl}", "missing-file", "answers"),
    ],
)
def test_mistakes_in_tests_are_told_where_they_stand(
    tmp_path: Path, test: str, code: str, said: str
) -> None:
    """When the file is loaded, not when the test is run."""
    found = mistakes(tmp_path, f"[{test}]")
    assert [one for one, _ in found] == [code]
    assert said in found[0][1]


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("{input: {text: x}, expect: {tier: local}}", "`tier` is about an agent"),
        ("{input: {text: x}, expect: {nodes: {triag: ok}}}", "no node `triag`"),
        ("{input: {text: x}, expect: {nodes: {triage: fine}}}", "`fine`"),
    ],
)
def test_flows_are_tested_by_their_nodes(tmp_path: Path, test: str, said: str) -> None:
    """Names and states are checked; who answered is a question to agents."""
    assert said in mistakes(tmp_path, flow=f"[{test}]")[0][1]


@pytest.mark.parametrize(
    ("tests", "code"),
    [
        ("missing.yaml", "missing-file"),
        ("../out.yaml", "outside-project"),
        ("{a: 1}", "wrong-type"),
        (f"[{NAMED}, {NAMED}]", "bad-test"),
    ],
)
def test_the_list_itself_may_be_wrong(tmp_path: Path, tests: str, code: str) -> None:
    """No such file, outside, no list, two of one name."""
    assert [one for one, _ in mistakes(tmp_path, tests)] == [code]


def test_a_broken_line_of_json_is_told_by_its_column(tmp_path: Path) -> None:
    """Where the line stops being JSON."""
    (tmp_path / "cases.jsonl").write_text('{"input": {"text": "x"}, }\n')
    with pytest.raises(InvalidProject) as caught:
        load_project(write(tmp_path, "cases.jsonl"))
    where = caught.value.diagnostics[0].where
    assert (where.file, where.line) == ("cases.jsonl", 1)
    assert where.column > 20


def test_a_script_is_read_from_json_lines(tmp_path: Path) -> None:
    """Every line an answer; mistakes by line, a missing file as such."""
    file = tmp_path / "script.jsonl"
    file.write_text('{"agent": "a", "output": {"x": 1}}\n{"fails": "timeout", "repeat": true}\n')
    assert read_script(file) == (
        Scripted("a", output={"x": 1}),
        Scripted(fails="timeout", repeat=True),
    )
    with pytest.raises(InvalidProject):
        read_script(file, agents={})
    with pytest.raises(NotFound):
        read_script(tmp_path / "none.jsonl")


VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*keys.TEST, *keys.EXPECT, *keys.SATISFIES, *keys.SCRIPTED, "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=16,
)  # pyright: ignore[reportAssignmentType]


@given(VALUES)
def test_whatever_stands_under_tests_is_read_or_told(tests: Json) -> None:
    """No value breaks the reader."""
    agent: JsonObject = {
        "input": {"text": "string"},
        "output": {"team": "string"},
        "tiers": ["prompt"],
        "tests": tests,
    }
    flow: JsonObject = {
        "input": {"text": "string"},
        "nodes": {"a": {"agent": "a", "in": {"text": "input.text"}}},
        "output": {"team": "a.team"},
        "tests": tests,
    }
    with suppress(InvalidProject):
        load_definitions({"agents": {"a": agent}, "flows": {"f": flow}}, Path())
