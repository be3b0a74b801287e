"""What nodes can run and do: how it loads, and the types of what they give."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from pantheon.ids import JsonObject
from pantheon.spec import (
    ANY_OBJECT,
    Breaker,
    ContextKey,
    FlowDef,
    InvalidProject,
    MemoryDef,
    ModelLimits,
    NodeDef,
    Project,
    PythonTier,
    Resources,
    Retention,
    load_project,
)

ENGINE = Path(__file__).parent / "valid" / "engine"
STRING: JsonObject = {"type": "string"}
NULL: JsonObject = {"type": "null"}
AGENTS = """
agents:
  say: {input: {text: string}, output: {text: string, ok: boolean}, tiers: [prompt]}
"""


@pytest.fixture(scope="module")
def project() -> Project:
    """The example with everything in it."""
    return load_project(ENGINE, environment={})


@pytest.fixture(scope="module")
def nodes(project: Project) -> dict[str, NodeDef]:
    """Its nodes."""
    return dict(project.flows["everything"].nodes)


def load(folder: Path, flows: str) -> Project:
    """The project of one file with the agent `say`."""
    (folder / "pantheon.yaml").write_text(f"{AGENTS}\nflows:\n{flows}", "utf-8")
    return load_project(folder, environment={})


def warnings(folder: Path, flows: str) -> list[str]:
    """Codes of the doubts about a file that loads."""
    return [warning.code for warning in load(folder, flows).warnings]


def output_types(flow: FlowDef) -> dict[str, JsonObject]:
    """The type of each field of a flow's output."""
    return cast("dict[str, JsonObject]", flow.output_schema["properties"])


# ------------------------------------------------------------------------------------ definitions


def test_what_the_project_has_and_keeps(project: Project) -> None:
    """Limits, long-term stores, retention, and what one endpoint may be asked."""
    assert project.warnings == ()
    assert project.limits == Resources(2.0, 8_000_000_000, 1.0)
    assert project.retention == Retention(30 * 86_400.0)
    assert project.memory == {
        "tone": MemoryDef("user", STRING, "plain"),
        "last_seen": MemoryDef("agent", {"type": "array", "items": STRING}),
    }
    assert project.models["cloud"].limits == ModelLimits(4, 60.0, 90_000.0)
    assert project.models["cloud"].breaker == Breaker(3, 10.0)


def test_what_an_agent_needs_and_whether_its_results_are_kept(project: Project) -> None:
    """Resources, worker processes, and `cache` as a time, `on` and `off`."""
    crunch = project.agents["crunch"]
    assert crunch.tiers == (PythonTier("work:crunch", None, process=True),)
    assert crunch.resources == Resources(1.0, 2_000_000_000)
    assert (crunch.deterministic, crunch.cache) == (True, 3600.0)
    assert (project.agents["label"].cache or 0) > 10 * 365 * 86_400
    assert project.agents["plan"].cache == 0.0
    assert project.agents["judge"].cache is None


def test_a_flow_is_run_as_a_node_and_wired_by_name(nodes: dict[str, NodeDef]) -> None:
    """By name or written inside; what it is given is checked and filled in like an agent's."""
    assert nodes["below"].flow == "short"
    assert str(nodes["below"].inputs["text"]) == "context.draft"
    assert str(nodes["each"].inputs["text"]) == "item"
    typed, inside = nodes["typed"].body, nodes["inside"].body
    assert typed is not None
    assert inside is not None
    assert str(nodes["typed"].inputs["text"]) == "input.text"
    assert inside.input["properties"] == {"text": STRING}
    assert str(inside.nodes["two"].inputs["text"]) == "one.label"


def test_keys_of_the_context_that_a_flow_inside_uses_are_its_own_too(
    nodes: dict[str, NodeDef],
) -> None:
    """A flow inside a node shares what the flow around it has declared."""
    inside, typed = nodes["inside"].body, nodes["typed"].body
    assert inside is not None
    assert typed is not None
    assert dict(inside.context) == {"draft": ContextKey(STRING)}
    assert not typed.context


def test_policies_of_nodes(nodes: dict[str, NodeDef]) -> None:
    """Loops, plans, pauses, what follows a failure, what is written."""
    loop, plan, event = nodes["again"].loop, nodes["planned"].plan, nodes["approved"].wait
    assert loop is not None
    assert plan is not None
    assert event is not None
    assert (loop.until.source, loop.max, loop.exhausted) == (
        "last.ok or context.score > 3",
        5,
        "keep",
    )
    assert (plan.source.source, plan.agents, plan.max_nodes) == (
        "planner.plan",
        ("label", "crunch"),
        9,
    )
    assert (event.event, event.seconds) == ("approved", None)
    assert event.schema["properties"] == {"ok": {"type": "boolean"}}
    pause = nodes["pause"].wait
    assert pause is not None
    assert pause.seconds is not None
    assert pause.seconds.evaluate({}) == 5400
    assert (nodes["approved"].on_error, nodes["stopping"].on_error) == ("continue", "stop")
    assert nodes["given"].give == {"label": "none", "score": 0}
    assert [*nodes["start"].writes] == ["draft", "score", "memory.tone"]


def test_a_plan_is_given_the_input_of_the_flow(nodes: dict[str, NodeDef]) -> None:
    """Its nodes may read what the flow around was given, unless `in` says otherwise."""
    given = {name: str(expression) for name, expression in nodes["planned"].inputs.items()}
    assert given == {"text": "input.text", "seconds": "input.seconds", "items": "input.items"}


def test_merges_by_every_policy(nodes: dict[str, NodeDef]) -> None:
    """Counts, comparisons and times are kept."""
    few, most = nodes["few"].merge, nodes["most"].merge
    assert few is not None
    assert most is not None
    assert (few.policy, few.k, str(few.valid), few.timeout) == ("quorum", 1, "item.ok", 10.0)
    assert (most.policy, most.k, str(most.by)) == ("majority", 2, "item.ok")
    assert [n.merge.policy for n in nodes.values() if n.merge] == [
        "quorum",
        "first",
        "best",
        "majority",
    ]


# ------------------------------------------------------------------------------------------ types


def test_types_of_what_nodes_give(project: Project) -> None:
    """A flow's own output; one of several; a list; any object of a plan; null where it may be."""
    types = output_types(project.flows["everything"])
    assert types["below"] == {"type": "number"}
    assert types["first"] == types["inside"] == types["given"] == STRING
    assert types["planned"] == ANY_OBJECT
    assert types["each"]["type"] == "array"
    assert types["most"] == {"anyOf": [{"type": "boolean"}, NULL]}
    assert types["voted"] == {"anyOf": [STRING, NULL]}
    few = cast("list[JsonObject]", types["few"]["anyOf"])
    assert (few[0]["type"], few[1]) == ("object", NULL)


def test_what_a_tree_may_not_reach_is_null_in_the_output(project: Project) -> None:
    """Only what every way through the tree does is sure."""
    types = output_types(project.flows["tree"])
    assert types["label"] == {"anyOf": [STRING, NULL]}
    assert types["tries"] == {"type": "integer"}


def test_nodes_in_a_sequence_are_sure(tmp_path: Path) -> None:
    """A tree that succeeds has done every part of a sequence, and of what is around it."""
    flow = load(
        tmp_path,
        """
  f:
    input: {text: string}
    nodes: {a: say, b: say, c: say}
    tree: {sequence: [a, {timeout: {after: 3s, do: {selector: [b]}}}, {invert: c}]}
    output: {a: a.text, b: b.text, c: c.text}
""",
    ).flows["f"]
    assert output_types(flow) == {"a": STRING, "b": STRING, "c": {"anyOf": [STRING, NULL]}}


def test_quorum_and_late_merges_leave_fields_out(tmp_path: Path) -> None:
    """What need not be there must be asked for with care."""
    text = """
  f:
    input: {text: string}
    nodes:
      a: say
      b: say
      m: {merge: {from: [a, b], POLICY}}
      n: {agent: say, in: {text: m.a.text}}
    output: {text: n.text}
"""
    load(tmp_path, text.replace("POLICY", "policy: all"))
    for policy in ("policy: quorum, k: 2", "policy: all, timeout: 3s"):
        with pytest.raises(InvalidProject) as caught:
            load(tmp_path, text.replace("POLICY", policy))
        (found,) = caught.value.diagnostics
        assert "may be null" in found.message


def test_a_key_has_a_value_behind_the_node_that_writes_it(tmp_path: Path) -> None:
    """Before, or where the writer may be skipped, it may still be null."""
    text = """
  f:
    input: {text: string}
    context: {draft: string}
    nodes:
      a: {agent: say, WHEN writes: {draft: output.text}}
      b: {agent: say, in: {text: context.draft}, AFTER}
    output: {text: b.text}
"""
    load(tmp_path, text.replace("WHEN", "").replace("AFTER", "after: [a]"))
    for when, after in (("", ""), ('when: input.text == "x",', "after: [a]")):
        with pytest.raises(InvalidProject) as caught:
            load(tmp_path, text.replace("WHEN", when).replace("AFTER", after))
        assert [d.code for d in caught.value.diagnostics] == ["type-mismatch"]


# ----------------------------------------------------------------------------------------- doubts


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ("{a: {agent: say, when: true}}", "constant-condition"),
        ("{a: {agent: say, when: 'false and input.text == \"x\"'}}", "constant-condition"),
        ("{a: say, w: {wait: {event: go}}, b: {agent: say, after: [w]}}", "endless-wait"),
    ],
)
def test_doubtful_nodes_load_with_a_warning(tmp_path: Path, nodes: str, code: str) -> None:
    """What may be meant is not refused."""
    last = "b" if "b:" in nodes else "a"
    flow = f"  f: {{input: {{text: string}}, nodes: {nodes}, output: {last}}}"
    if last == "b":
        flow = flow.replace("output: b", "output: {a: a.text, b: b.text}")
    assert warnings(tmp_path, flow) == [code]


def test_keys_that_nobody_reads_or_writes_are_doubted(tmp_path: Path) -> None:
    """A key that only flows inside use is used."""
    found = warnings(
        tmp_path,
        """
  f:
    input: {text: string}
    context: {unread: string, unwritten: string, inner: string, named: string}
    nodes:
      a: {agent: say, in: {text: 'default(context.unwritten, "")'}, writes: {unread: output.text}}
      b: {nodes: {c: {agent: say, writes: {inner: output.text}}}, output: {t: 'default(context.inner, c.text)'}}
      d: {flow: g}
    output: {a: a.text, b: b.t, d: d.t}
  g:
    input: {text: string}
    context: {named: string}
    nodes: {c: {agent: say, writes: {named: output.text}}}
    output: {t: context.named}
""",
    )
    assert found == ["unread-key", "unwritten-key"]


def test_a_doubt_does_not_hide_a_mistake(tmp_path: Path) -> None:
    """The checks of the whole run though there is a warning."""
    with pytest.raises(InvalidProject) as caught:
        load(
            tmp_path,
            "  f: {input: {text: string}, nodes: {a: 'say@>=1', b: say}, output: {text: a.text}}",
        )
    assert [d.code for d in caught.value.diagnostics] == ["no-version", "unused-node"]


# ------------------------------------------------------------------------------------- old and long


def test_names_that_mean_something_else_now_still_load_where_they_do_no_harm(
    tmp_path: Path,
) -> None:
    """A node may be called `output` where nothing else is."""
    flow = load(
        tmp_path,
        """
  f:
    input: {text: string}
    nodes: {context: say, memory: {agent: say, in: {text: context.text}}, output: {agent: say, in: {text: memory.text}}}
    output: {text: output.text}
""",
    ).flows["f"]
    assert flow.dependencies("output") == {"memory"}
    assert output_types(flow) == {"text": STRING}


def test_long_chain_of_flows_loads(tmp_path: Path) -> None:
    """Flows that run flows are walked without recursion."""
    flows = ["  f0: {input: {text: string}, nodes: {a: say}, output: {text: a.text}}"]
    flows += [
        f"  f{i}: {{input: {{text: string}}, nodes: {{a: {{flow: f{i - 1}}}}}, output: {{text: a.text}}}}"
        for i in range(1, 400)
    ]
    assert len(load(tmp_path, "\n".join(reversed(flows))).flows) == 400
