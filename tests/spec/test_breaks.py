"""Which flows an agent's change breaks, where, and that nothing else is blamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.spec import Project, find_breaks, load_project, to_json, users_of
from pantheon.spec._breaks import _entry
from pantheon.spec._read_flows import FlowsReader
from pantheon.spec._source import Findings

TEXT = """\
version: 1
agents:
  triage:
    version: "0.1"
    input: {text: string}
    output: {team: {enum: [cards, other]}, score: number}
    tiers: [cloud]
  reply:
    input: {text: string, team: string}
    output: {reply: string}
    tiers: [cloud]
models:
  cloud: {engine: openai, base_url: "https://api.example.com/v1", model: m}
flows:
  sort:
    input: {text: string}
    nodes:
      triage: {agent: "triage@<1", in: {text: input.text}}
    output: {team: triage.team}
  support:
    input: {text: string}
    nodes:
      sorted: {flow: sort, in: {text: input.text}}
      first: {agent: triage, in: {text: input.text}}
      reply:
        agent: reply
        in: {text: input.text, team: first.team}
        when: first.score > 0.5
    output: {reply: reply.reply, team: sorted.team}
"""


def load(folder: Path, *changes: tuple[str, str]) -> Project:
    """The project with pieces of its text replaced, at least as far as it still loads alone."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "pantheon.yaml").write_text(text)
    return load_project(folder)


def test_nothing_breaks_where_nothing_changed(tmp_path: Path) -> None:
    """Nor where only values are narrower."""
    before = load(tmp_path)
    assert find_breaks(before, before) == ()
    after = load(tmp_path, ("enum: [cards, other]", "enum: [cards]"))
    assert find_breaks(before, after) == ()


def test_a_field_that_is_gone_names_every_reader(tmp_path: Path) -> None:
    """Flow, node and place as written."""
    before = load(tmp_path)
    after = load(tmp_path, (", score: number", ""), (" when: first.score > 0.5", " retry: 2"))
    found = [(b.flow, b.node, b.where.line) for b in find_breaks(before, after)]
    assert found == [("support", "reply", 25)]
    assert "score" in find_breaks(before, after)[0].reason


def test_a_type_that_no_longer_fits(tmp_path: Path) -> None:
    """The output is read as a text; a number does not fit where it is wired to."""
    before = load(tmp_path)
    after = load(
        tmp_path,
        ("{team: {enum: [cards, other]}, score", "{team: integer, score"),
        ("team: first.team}", 'team: "\\"x\\""}'),
    )
    found = {(b.flow, b.node) for b in find_breaks(before, after)}
    assert ("support", "reply") in found


def test_a_new_required_input_breaks_callers(tmp_path: Path) -> None:
    """Both flows that call it, one of them through a constraint."""
    before = load(tmp_path)
    after = load(
        tmp_path,
        ("input: {text: string}\n    output: {team", "input: {text: string, tone: string}\n    output: {team"),
        ('{agent: "triage@<1", in: {text: input.text}}', '{agent: triage, in: {text: input.text, tone: input.text}}'),
        ("{agent: triage, in: {text: input.text}}", "{agent: triage, in: {text: input.text, tone: input.text}}"),
    )  # fmt: skip
    assert {b.flow for b in find_breaks(before, after)} == {"sort", "support"}


def test_a_version_outside_the_constraint(tmp_path: Path) -> None:
    """The flow that asks for another one breaks, the other does not."""
    before = load(tmp_path)
    after = load(tmp_path, ('version: "0.1"', 'version: "1.0"'), ("triage@<1", "triage@>=1"))
    assert {b.flow for b in find_breaks(before, after)} == {"sort"}


def test_who_asks_an_agent(tmp_path: Path) -> None:
    """In the order written, also through nodes of their own."""
    project = load(tmp_path)
    assert users_of(project, "triage") == ("sort", "support")
    assert users_of(project, "reply") == ("support",)


VALID = sorted(Path(__file__).with_name("valid").glob("**/*.yaml"))


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.stem)
def test_flows_that_are_written_out_and_read_again_are_equal(file: Path) -> None:
    """Every kind of node, policy and tree: the ground on which breaks are found."""
    project = load_project(file, environment={"HOST": "h", "MODEL": "m"})
    findings = Findings()
    entries = {name: _entry(name, flow) for name, flow in project.flows.items()}
    reader = FlowsReader(project.agents, project.models, project.memory, findings)
    linked = reader.read(entries)
    assert not findings.failed
    assert {n: to_json(f.flow) for n, f in linked.items()} == {
        n: to_json(f) for n, f in project.flows.items()
    }


def test_a_flow_whose_contract_changes_breaks_those_that_run_it(tmp_path: Path) -> None:
    """Told at the node that runs it; the flow itself is well."""
    before = load(tmp_path)
    after = load(
        tmp_path, ("output: {team: triage.team}", "output: {group: triage.team}"),
        ("team: sorted.team", "team: sorted.group"),
    )  # fmt: skip
    assert [(b.flow, b.node) for b in find_breaks(before, after)] == [("support", None)]
    assert find_breaks(before, after, only=["triage"]) == ()
    assert len(find_breaks(before, after, only=["sort"])) == 1


def test_a_flow_that_is_gone(tmp_path: Path) -> None:
    """And an agent that is gone: each is blamed by itself."""
    before = load(tmp_path)
    gone = TEXT[TEXT.index("  sort:") : TEXT.index("  support:")]
    after = load(tmp_path, (gone, ""), ("      sorted: {flow: sort, in: {text: input.text}}\n", ""), (", team: sorted.team", ""))  # fmt: skip
    (found,) = find_breaks(before, after)
    assert (found.flow, found.node, found.where.line) == ("support", "sorted", 23)
    assert found.reason == "There is no flow `sort`."


def test_what_a_flow_gives_with_other_agents_reaches_its_callers(tmp_path: Path) -> None:
    """Through a flow between them that still fits."""
    change = ("{team: {enum: [cards, other]}, score", "{team: integer, score")
    outer = (
        "  outer:\n    input: {text: string}\n    nodes:\n      s: {flow: sort}\n"
        "      r: {agent: reply, in: {text: input.text, team: s.team}}\n    output: {reply: r.reply}\n"
    )
    before = load(tmp_path, ("flows:\n", f"flows:\n{outer}"))
    after = load(tmp_path, change, ("team: first.team}", 'team: "\\"x\\""}'))
    found = {(b.flow, b.node) for b in find_breaks(before, after, only=["triage"])}
    assert found == {("outer", "r"), ("support", "reply")}


def test_inputs_that_nobody_wrote_are_found_again(tmp_path: Path) -> None:
    """A new input is no break where the flow has a field of that name, and the wiring is by name."""
    named = ('{agent: "triage@<1", in: {text: input.text}}', "triage")
    field = (
        "  sort:\n    input: {text: string}",
        "  sort:\n    input: {text: string, tone?: string}",
    )
    more = ("input: {text: string}\n    output: {team", "input: {text: string, tone?: string}\n    output: {team")  # fmt: skip
    before = load(tmp_path, named, field)
    after = load(tmp_path, named, field, more)
    assert find_breaks(before, after) == ()
    assert before.flows["sort"].nodes["triage"].by_name


def test_what_no_longer_may_leave_the_machine(tmp_path: Path) -> None:
    """Privacy is part of how definitions fit together."""
    before = load(tmp_path)
    local = ("output: {team: {enum: [cards, other]}, score: number}\n    tiers: [cloud]", "output: {team: {enum: [cards, other]}, score: number}\n    privacy: local\n    tiers: [prompt]")  # fmt: skip
    free = (
        "output: {reply: string}\n    tiers: [cloud]",
        "output: {reply: string}\n    tiers: [prompt]",
    )
    after = load(tmp_path, local, free)
    assert find_breaks(before, after) == ()
    found = find_breaks(before, after, only=["triage"])
    assert [(b.flow, b.node) for b in found] == [("support", "reply")]
    assert "privacy: local" in found[0].reason
