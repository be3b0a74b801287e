"""Patterns: the flows that they are short for, and what is told of mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.ids import Json, JsonObject
from pantheon.spec import AgentDef, InvalidProject, Project, expand_contract, load_project
from pantheon.spec._patterns import PatternKind, expand_pattern
from pantheon.spec._source import Findings, SourceFile, Table, Written, from_json, to_json
from pantheon.spec._yaml import parse_yaml


def agent(name: str, given: JsonObject, gives: JsonObject) -> AgentDef:
    """An agent of which only the contract matters."""
    return AgentDef(name, expand_contract(given), expand_contract(gives), ())


LABEL: JsonObject = {"label": {"enum": ["a", "b"]}, "why?": "string"}
AGENTS: dict[str, AgentDef | None] = {
    a.name: a
    for a in (
        agent("x", {"text": "string", "n?": "integer"}, LABEL),
        agent("y", {"text": {"enum": ["hi"]}, "others": ["object"]}, LABEL),
        agent("write", {"topic": "string"}, {"text": "string", "odd name": "string"}),
        agent(
            "critic", {"topic": "any", "text": "string", "answer?": "object"}, {"score": "number"}
        ),
        agent("judge", {"text": "string", "answers": ["object"]}, {"label": "string"}),
        agent("mute", {"text": "string"}, {"type": "object"}),
    )
}
AGENTS["wrong"] = None


def written(text: str) -> Written:
    """The value of a pattern as the loader sees it, with `p: ` before it."""
    parsed = parse_yaml(SourceFile("flow.yaml", (f"p: {text}",)), Findings())
    assert isinstance(parsed, Table)
    return parsed.entries["p"].value


def expand(kind: PatternKind, text: str) -> tuple[Table | None, Findings]:
    """The flow of a pattern, and what was found wrong."""
    findings = Findings()
    return expand_pattern(kind, written(text), "node `v`", AGENTS, findings), findings


def flow(kind: PatternKind, text: str) -> dict[str, Any]:
    """The flow of a pattern without mistakes, as JSON."""
    table, findings = expand(kind, text)
    assert findings.diagnostics == []
    assert table is not None
    return cast("dict[str, Any]", to_json(table))


def object_of(properties: JsonObject, *required: str) -> JsonObject:
    """A closed object schema."""
    return {"type": "object", "properties": properties, "required": list[Json](required),
            "additionalProperties": False}  # fmt: skip


def test_vote() -> None:
    """Every member answers by itself, a merge decides, the answer that won is the output."""
    found = flow("vote", "{agents: [x, x@>=1, wrong], by: item.label, k: 2}")
    given = {"text": "input.text", "n": "input.n"}
    assert found == {
        "input": {"type": "object"},
        "nodes": {
            "x_1": {"agent": "x", "in": given},
            "x_2": {"agent": "x@>=1", "in": given},
            "wrong_3": {"agent": "wrong"},
            "decision": {
                "merge": {
                    "from": ["x_1", "x_2", "wrong_3"],
                    "policy": "majority",
                    "by": "item.label",
                    "k": 2,
                }
            },
        },
        "output": {"label": "decision.label", "why": "decision.why"},
    }
    assert list(found["output"]) == ["label", "why"]


def test_one_agent_several_times() -> None:
    """`agent` and `n` are short for a list of the same."""
    found = flow("vote", "{agent: x, n: 3}")
    assert list(found["nodes"]) == ["x_1", "x_2", "x_3", "decision"]
    assert found["nodes"]["decision"]["merge"] == {
        "from": ["x_1", "x_2", "x_3"],
        "policy": "majority",
    }


def test_the_input_is_what_the_agents_ask_for() -> None:
    """By name; only when an agent is wrong is it not known."""
    found = flow("vote", "{agents: [x, x]}")
    wanted: JsonObject = {"text": {"type": "string"}, "n": {"type": "integer"}}
    assert found["input"] == object_of(wanted, "text")


def test_the_input_is_as_strict_as_the_strictest() -> None:
    """Two members that ask for the same field must both be satisfied."""
    found = flow("debate", "{agents: [x, y], rounds: 1}")
    assert found["input"]["properties"]["text"] == {"type": "string", "enum": ["hi"]}
    assert found["input"]["required"] == ["text"]


def test_debate_with_a_judge() -> None:
    """From the second round on, who asks for it hears what the others said last."""
    found = flow("debate", "{agents: [x, y, y], rounds: 3, judge: judge}")
    nodes = found["nodes"]
    assert list(nodes) == [
        *(f"{member}_round_{r}" for r in (1, 2, 3) for member in ("x_1", "y_2", "y_3")),
        "judge",
    ]
    assert nodes["x_1_round_2"]["in"] == {"text": "input.text", "n": "input.n"}
    assert nodes["y_2_round_1"]["in"] == {"text": "input.text", "others": "[]"}
    assert nodes["y_2_round_3"]["in"]["others"] == "[x_1_round_2, y_3_round_2]"
    assert nodes["judge"] == {
        "agent": "judge",
        "in": {"text": "input.text", "answers": "[x_1_round_3, y_2_round_3, y_3_round_3]"},
    }
    assert found["output"] == {"label": "judge.label"}
    assert "others" not in found["input"]["properties"]


def test_what_nobody_hears_is_not_asked() -> None:
    """An answer that is in nobody's input is asked for in the last round alone."""
    found = flow("debate", "{agents: [x, y], rounds: 3}")
    assert list(found["nodes"]) == ["x_1_round_2", "x_1_round_3", "y_2_round_3", "decision"]


def test_debate_by_majority() -> None:
    """Without a judge the last round votes; two rounds are the default."""
    found = flow("debate", "{agents: [y, y], by: item.label, k: 2}")
    assert found["nodes"]["decision"]["merge"] == {
        "from": ["y_1_round_2", "y_2_round_2"],
        "policy": "majority",
        "by": "item.label",
        "k": 2,
    }


def test_best_of() -> None:
    """Each candidate answers and is scored; the output is the answer of the best."""
    found = flow("best_of", "{agent: write, n: 2, scorer: critic}")
    topic = object_of({"topic": {"type": "string"}}, "topic")
    candidate = {
        "input": topic,
        "nodes": {
            "answer": {"agent": "write", "in": {"topic": "input.topic"}},
            "score": {
                "agent": "critic",
                "in": {"topic": "input.topic", "text": "answer.text", "answer": "answer"},
            },
        },
        "output": {"answer": "answer", "score": "score.score"},
        "in": {"topic": "input.topic"},
    }
    merge = {"from": ["candidate_1", "candidate_2"], "policy": "best", "by": "item.score"}
    assert found == {
        "input": topic,
        "nodes": {
            "candidate_1": candidate,
            "candidate_2": candidate,
            "best": {"merge": merge},
        },
        "output": {"text": "best.answer.text", "odd name": 'best.answer["odd name"]'},
    }


def test_names_keep_their_places() -> None:
    """An agent that is not known, or settings that are wrong, are told where the user wrote them."""
    table, _ = expand("vote", "{agents: [x, nobody], by: item.label}")
    assert table is not None
    nodes = table.entries["nodes"].value
    assert isinstance(nodes, Table)
    member = nodes.entries["nobody_2"]
    assert isinstance(member.value, Table)
    assert member.key.place.column == member.value.entries["agent"].value.place.column == 16
    merge = cast("Table", cast("Table", nodes.entries["decision"].value).get("merge"))
    assert merge.entries["by"].value.place.column == 29


@pytest.mark.parametrize(
    ("kind", "text", "code", "column", "message"),
    [
        ("vote", "x", "wrong-type", 4, "must be a mapping"),
        ("vote", "{agents: [x]}", "bad-value", 13, "at least 2 answers"),
        ("vote", "{agent: x, n: 1}", "bad-value", 18, "at least 2 answers"),
        ("vote", "{agent: x, n: 101}", "bad-value", 18, "at most 100 answers"),
        ("vote", "{agent: x}", "missing-key", 5, "needs `n`"),
        ("vote", "{agent: [x, y], n: 2}", "wrong-type", 12, "must be text, not a list"),
        ("vote", "{agents: [x, y], agent: x, n: 2}", "bad-value", 4, "`agents`, or `agent`"),
        ("vote", "{by: item.label}", "bad-value", 4, "`agents`, or `agent` and `n`"),
        ("vote", "{agents: [x, y], n: 2}", "bad-value", 21, "`n` belongs to `agent`"),
        ("vote", "{agents: [x, [y]]}", "wrong-type", 17, "must be text"),
        ("vote", "{agents: [x, y], judge: z}", "unknown-key", 21, "`judge` is not a key of `vote`"),
        ("vote", "{agent: mute, n: 2}", "bad-output", 12, "`mute` are not known"),
        ("debate", "{agents: [y, y], rounds: 0}", "bad-value", 29, "at least 1"),
        ("debate", "{agents: [y, y], rounds: 99}", "bad-value", 29, "more than 100 answers"),
        (
            "debate",
            "{agents: [y, y], judge: x}",
            "missing-input",
            28,
            "cannot be given the answers",
        ),
        ("debate", "{agents: [y, y], judge: judge, k: 2}", "bad-value", 35, "`k` means nothing"),
        ("debate", "{agents: [y, y], judge: [judge]}", "wrong-type", 28, "must be text"),
        ("best_of", "{agent: write, n: 2}", "missing-key", 5, "needs `scorer`"),
        (
            "best_of",
            "{agent: write, n: 2, scorer: x}",
            "type-mismatch",
            33,
            "how good an answer is",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(
    kind: PatternKind, text: str, code: str, column: int, message: str
) -> None:
    """One mistake gives one diagnostic with rule and place."""
    _, findings = expand(kind, text)
    (found,) = findings.diagnostics
    assert (found.code, found.where.column) == (code, column)
    assert message in found.message
    assert found.fix


def test_a_debate_in_which_nobody_listens_is_doubtful() -> None:
    """It still loads, but more than one round changes nothing."""
    table, findings = expand("debate", "{agents: [x, x]}")
    assert table is not None
    assert [(d.severity, d.code) for d in findings.diagnostics] == [("warning", "deaf-debate")]
    assert expand("debate", "{agents: [x, wrong]}")[1].diagnostics == []


def test_agents_that_are_wrong_are_left_to_the_check_of_names() -> None:
    """Nothing is said here of what follows from an agent that is wrong elsewhere."""
    for kind, text in (
        ("vote", "{agents: [wrong, nobody]}"),
        ("debate", "{agents: [wrong, nobody], judge: nobody}"),
        ("best_of", "{agent: wrong, n: 2, scorer: nobody}"),
    ):
        table, findings = expand(cast("PatternKind", kind), text)
        assert table is not None
        assert findings.diagnostics == []


def load(folder: Path, **nodes: JsonObject) -> Project:
    """A project with one flow of these nodes."""
    agents: JsonObject = {
        name: {"input": agent.input, "output": agent.output, "tiers": ["specialist"]}
        for name, agent in AGENTS.items()
        if agent is not None
    }
    output: JsonObject = {name: name for name in nodes}
    flow: JsonObject = {
        "input": {"text": {"enum": ["hi"]}, "topic": "string"},
        "nodes": dict(nodes),
        "output": output,
    }
    project: JsonObject = {"agents": agents, "flows": {"f": flow}}
    (folder / "pantheon.yaml").write_text(json.dumps(project), "utf-8")
    return load_project(folder, environment={})


def test_patterns_load_as_flows_inside_their_nodes(tmp_path: Path) -> None:
    """What a pattern expands to passes every check, and its output has the type of an answer."""
    project = load(
        tmp_path,
        v={"vote": {"agents": ["x", "x", "x"], "by": "item.label"},
           "in": {"text": "input.text", "n": 3}},
        d={"debate": {"agents": ["x", "y", "y"], "judge": "judge"}, "in": {"text": "input.text"}},
        t={"best_of": {"agent": "write", "n": 2, "scorer": "critic"}},
    )  # fmt: skip
    flow = project.flows["f"]
    bodies = {name: node.body for name, node in flow.nodes.items()}
    vote, debate, best = bodies["v"], bodies["d"], bodies["t"]
    assert vote is not None
    assert debate is not None
    assert best is not None
    assert vote.nodes["decision"].merge is not None
    assert vote.nodes["decision"].merge.policy == "majority"
    assert debate.dependencies("y_2_round_2") == {"x_1_round_1", "y_3_round_1"}
    assert best.nodes["candidate_1"].body is not None
    assert {k: str(e) for k, e in flow.nodes["t"].inputs.items()} == {"topic": "input.topic"}
    properties = cast("dict[str, JsonObject]", flow.output_schema["properties"])
    fields = {name: list(cast("JsonObject", p["properties"])) for name, p in properties.items()}
    assert fields == {"v": ["label", "why"], "d": ["label"], "t": ["text", "odd name"]}


def test_a_pattern_is_checked_against_what_its_node_gives(tmp_path: Path) -> None:
    """A field that nobody asks for, one that is missing and one of the wrong type are told."""
    vote: JsonObject = {"agents": ["x", "x"]}
    for inputs, code in (
        ({"text": "input.text", "colour": "1"}, "unknown-input"),
        ({"n": "1"}, "missing-input"),
        ({"text": "1"}, "type-mismatch"),
    ):
        with pytest.raises(InvalidProject) as caught:
            load(tmp_path, v={"vote": vote, "in": dict[str, Json](inputs)})
        assert [d.code for d in caught.value.diagnostics] == [code]


def test_an_agent_that_is_not_known_is_told_once(tmp_path: Path) -> None:
    """It is told where the pattern names it, however often it would answer."""
    with pytest.raises(InvalidProject) as caught:
        load(tmp_path, v={"vote": {"agent": "nobody", "n": 5}, "in": {"text": "input.text"}})
    assert [d.code for d in caught.value.diagnostics] == ["unknown-agent"]


NAMES = st.sampled_from(["x", "y", "write", "critic", "judge", "mute", "wrong", "no body", "a@1"])
VALUES = st.recursive(
    NAMES | st.integers(-2, 120) | st.none() | st.booleans(),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.sampled_from(["agents", "agent", "n", "scorer", "judge", "rounds", "by", "k"]),
            below,
            max_size=5,
        )
    ),
    max_leaves=10,
)


@given(st.sampled_from(["vote", "debate", "best_of"]), VALUES)
def test_anything_gives_a_flow_or_a_mistake(kind: PatternKind, value: Json) -> None:
    """Whatever stands there, it is a flow or it is told what is wrong."""
    findings = Findings()
    table = expand_pattern(kind, from_json(value), "node `v`", AGENTS, findings)
    if table is None:
        assert findings.failed
    else:
        assert list(table.entries) == ["input", "nodes", "output"]
