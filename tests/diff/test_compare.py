"""What is found between two versions: paths, powers, contracts, graphs."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.diff import Capability, DefinitionDiff, Diff, Source, compare
from pantheon.diff._changes import find_changes, same
from pantheon.diff._views import view_agent, view_node
from pantheon.ids import Json
from pantheon.spec import (
    NOWHERE,
    AgentDef,
    CommandTier,
    ContextFile,
    CrossCheck,
    FlowDef,
    Loop,
    Merge,
    NodeDef,
    Planned,
    Promise,
    Resources,
    Retry,
    Skill,
    Wait,
    parse_expression,
    parse_same,
)
from tests.diff.conftest import Compare
from tests.diff.world import Folder

LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "two words"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES)


def one(diff: Diff, name: str) -> DefinitionDiff:
    """The definition of that name."""
    return next(d for d in diff.definitions if d.name == name)


def paths(definition: DefinitionDiff) -> dict[str, tuple[Json, Json]]:
    """Before and after by path."""
    return {change.path: (change.before, change.after) for change in definition.changes}


def powers(definition: DefinitionDiff, direction: str) -> list[str]:
    """What it may do more, or less."""
    return [c.words for c in definition.capabilities if c.direction == direction]


def test_equal_projects_differ_in_nothing(changed: Compare) -> None:
    """Comments and layout are no difference."""
    assert changed().empty
    assert changed(("agents:\n", "# here they are\nagents:\n")).empty


@given(OBJECTS, OBJECTS)
def test_no_change_is_missed_and_none_invented(
    before: dict[str, Json], after: dict[str, Json]
) -> None:
    """There is one exactly where values differ, and no path is told twice."""
    changes = find_changes(before, after)
    assert bool(changes) == (not same(before, after))
    assert len({change.path for change in changes}) == len(changes)


def test_files_and_skills_that_prompts_hold_are_powers(folder: Folder) -> None:
    """What came and went, and which words of them are others."""
    project = folder.load()
    old = replace(
        project.agents["reply"],
        context=(ContextFile("AGENTS.md", "Be kind and brief to all customers."),),
        skills=(Skill("skills/pdf", "pdf", "Reads PDF.", "Do."),),
    )
    new = replace(
        old,
        context=(
            ContextFile("AGENTS.md", "Be kind and honest to all customers."),
            ContextFile("desk/AGENTS.md", "Be quick."),
        ),
        skills=(Skill("skills/web", "web", "Reads pages.", "Do."),),
    )
    sides = [replace(project, agents={**project.agents, "reply": a}) for a in (old, new)]
    found = one(compare(Source("old", sides[0]), Source("new", sides[1])), "reply")
    assert powers(found, "more") == [
        "reads `desk/AGENTS.md` with every question",
        "has the skill `web`",
    ]
    assert powers(found, "less") == ["no longer has the skill `pdf`"]
    changed_text = next(c for c in found.changes if c.path == "context[AGENTS.md]")
    assert [w.text for w in changed_text.words if w.state != "same"] == ["brief", "honest"]


def test_paths_are_those_that_people_write(changed: Compare) -> None:
    """Names of nodes and fields rather than numbers in lists."""
    diff = changed(
        ("disagreement: 0.05", "disagreement: 0.1"),
        ("[cards, other]", "[cards, other, fraud]"),
        ("[grep, -n, order]", "[rg, -n, order]"),
        ("lookup: {agent: lookup, in", "lookup: {agent: lookup, timeout: 9s, in"),
        ("cloud_usd: 2.0", "cloud_usd: 5.0"),
    )
    assert paths(one(diff, "triage")) == {
        "output.team.enum": (["cards", "other"], ["cards", "other", "fraud"]),
        "promise.disagreement": (0.05, 0.1),
    }
    assert set(paths(one(diff, "lookup"))) == {"tiers.command.argv"}
    assert paths(one(diff, "support"))["nodes.lookup.timeout"] == (None, 9.0)
    assert paths(one(diff, "night")) == {"budget.cloud_usd": (2.0, 5.0)}


def test_a_prompt_is_compared_by_words(changed: Compare) -> None:
    """Although it stands in a file of its own."""
    diff = changed(prompt="Write a warm reply to {{ text }} for the team {{ team }}. Be brief.")
    (change,) = one(diff, "reply").changes
    assert change.path == "tiers.prompt.template"
    assert change.topic == "prompt"
    assert [word.text for word in change.words if word.state == "added"] == ["warm "]


def test_the_order_of_fields_is_a_difference(changed: Compare) -> None:
    """Learners and prompts see it, so the hash counts it."""
    diff = changed(("input: {text: string, team: string}", "input: {team: string, text: string}"))
    assert set(paths(one(diff, "reply"))) == {"order of fields"}


def test_more_power_is_told_apart_from_less(changed: Compare) -> None:
    """Programs, paths, tools; what it is given to see; where it sends that."""
    diff = changed(
        ("[grep, -n, order]", "[rg, order, /var/orders]"),
        ("tools: [search]", "tools: [browse]"),
        ("    privacy: local\n", ""),
        ("template: prompts/reply.j2}]", "template: prompts/reply.j2}, cloud]"),
        ("tiers: [specialist, cloud]", "tiers: [human]"),
        ("    promise: {disagreement: 0.05}\n", ""),
    )
    lookup = one(diff, "lookup")
    assert powers(lookup, "more") == [
        "runs `rg order /var/orders`",
        "names the path `/var/orders`",
        "may use the tool `browse`",
    ]
    assert powers(lookup, "less") == [
        "no longer runs `grep -n order`",
        "no longer may use the tool `search`",
    ]
    assert set(powers(one(diff, "reply"), "more")) == {
        "no longer keeps everything on this machine",
        "may send its input to the cloud",
        "sends its input to `api.example.com`",
        "asks `big` (model `cloud`)",
    }
    assert powers(one(diff, "triage"), "more") == ["asks a person"]
    assert "no longer sends its input to `api.example.com`" in powers(one(diff, "triage"), "less")
    assert lookup.grows


def test_what_an_agent_is_given_to_see(changed: Compare) -> None:
    """A new field of its input is data that it did not have before."""
    diff = changed(
        (
            "input: {text: string, team: string}",
            "input: {text: string, team: string, email?: string}",
        )
    )
    assert powers(one(diff, "reply"), "more") == ["is given `email`"]


def test_budgets_and_endpoints(changed: Compare) -> None:
    """Money, and where requests go; a changed model is told once, not for each agent."""
    diff = changed(("cloud_usd: 2.0", "cloud_usd: 5.0"), ("api.example.com", "api.new.net"))
    assert powers(one(diff, "night"), "more") == [
        "may spend 5 USD of cloud calls a night instead of 2 USD"
    ]
    assert powers(one(diff, "cloud"), "more") == ["sends what it is asked to `api.new.net`"]
    assert not [d for d in diff.definitions if d.kind == "agent"]


def test_a_limit_that_is_gone_is_more(changed: Compare) -> None:
    """No budget is any amount."""
    diff = changed(("night: {budget: {cloud_usd: 2.0}}\n", ""))
    assert powers(one(diff, "night"), "more") == [
        "may spend any amount of cloud calls a night instead of 2 USD"
    ]


def test_a_review_that_is_gone_is_more(changed: Compare) -> None:
    """A flow may do more where nobody looks any longer."""
    diff = changed(
        ("      check: {agent: reviewer, reviews: reply, in: {reply: reply.reply}}\n", "")
    )
    assert "no longer has `reply` reviewed by `check`" in powers(one(diff, "support"), "more")


def test_added_and_removed_definitions(changed: Compare) -> None:
    """With all that comes, or goes, with them; agents name the flows that ask them."""
    new = "  extra: {input: {text: string}, output: {ok: boolean}, tiers: [human]}\n"
    diff = changed(
        ("flows:\n", f"{new}flows:\n"), ("  facts: {scope: flow", "  notes: {scope: flow")
    )
    assert [(d.kind, d.name, d.state) for d in diff.definitions] == [
        ("agent", "extra", "added"),
        ("memory", "facts", "removed"),
        ("memory", "notes", "added"),
    ]
    assert powers(one(diff, "extra"), "more") == ["asks a person", "is given `text`"]
    assert one(changed(("0.05", "0.1")), "triage").used_by == ("support",)


def test_a_changed_flow_is_drawn(changed: Compare) -> None:
    """With the status of each node."""
    diff = changed(
        ("      check: {agent: reviewer, reviews: reply, in: {reply: reply.reply}}\n", "")
    )
    picture = one(diff, "support").picture
    assert picture is not None
    assert {f.id: f.status for f in picture.figures}["check"] == "removed"


def test_versions_are_stamped(changed: Compare) -> None:
    """The user's own label and the content hash of each side."""
    triage = one(changed(('version: "0.3"', 'version: "0.4"')), "triage")
    assert triage.before is not None
    assert triage.after is not None
    assert (triage.before.version, triage.after.version) == ("0.3", "0.4")
    assert triage.before.hash != triage.after.hash


def test_specialists_that_the_locks_pin(folder: Folder) -> None:
    """Another one, or none any more, is a change of the agent."""
    project = folder.load()
    before = Source("old", project, {"triage": "b2:1", "reply": "b2:2"})  # type: ignore[dict-item]
    after = Source("new", project, {"triage": "b2:3", "reply": "b2:2"})  # type: ignore[dict-item]
    (found,) = compare(before, after).definitions
    assert found.name == "triage"
    assert found.learned is not None
    assert (found.learned.before, found.learned.after) == ("b2:1", "b2:3")


# ------------------------------------------------------------------- nothing is overlooked

E = parse_expression("input.x", NOWHERE)
BODY = FlowDef("inner", {"type": "object"}, {}, {})
AGENT_CHANGES: dict[str, Any] = {
    "input": {"type": "object", "properties": {"a": {"type": "string"}}},
    "output": {"type": "object", "properties": {"a": {"type": "string"}}},
    "tiers": (CommandTier(("ls",)),),
    "description": "Another.",
    "promise": Promise(),
    "privacy": "local",
    "version": "2",
    "tools": ("t",),
    "cost": 2.0,
    "validators": ("m:f",),
    "examples": ({"input": {}, "output": {}},),
    "resources": Resources(cpu=1),
    "deterministic": True,
    "cache": 5.0,
    "same": parse_same("normalised"),
    "critical": ({"a": "b"},),
    "context": (ContextFile("AGENTS.md", "Be kind."),),
    "skills": (Skill("skills/pdf", "pdf", "Reads PDF.", "Do."),),
}
NODE_CHANGES: dict[str, Any] = {
    "agent": "other",
    "inputs": {"a": E},
    "when": E,
    "map": E,
    "merge": Merge(("a",)),
    "retry": Retry(),
    "timeout": 2.0,
    "fallback": "b",
    "cross_check": CrossCheck("j"),
    "reviews": "r",
    "constraint": ">=1",
    "after": ("a",),
    "flow": "f",
    "body": replace(BODY, nodes={"n": NodeDef("n", "a")}),
    "plan": Planned(E, ("a",)),
    "wait": Wait(event="e"),
    "loop": Loop(E, 3),
    "on_error": "stop",
    "give": {"a": 1},
    "writes": {"a": E},
}


def test_every_field_of_an_agent_is_looked_at() -> None:
    """One that is new must be told too."""
    plain = AgentDef("a", {}, {}, ())
    told = {field.name for field in fields(AgentDef)} - {"name", "where", "tests"}
    assert told == AGENT_CHANGES.keys()
    for name, value in AGENT_CHANGES.items():
        assert view_agent(replace(plain, **{name: value})) != view_agent(plain), name


def test_every_field_of_a_node_is_looked_at() -> None:
    """Likewise; how many items of a map run at once counts where there is a map."""
    plain = NodeDef("n", "a")
    told = {field.name for field in fields(NodeDef)}
    told -= {"name", "where", "concurrency", "by_name"}
    assert told == NODE_CHANGES.keys()
    for name, value in NODE_CHANGES.items():
        assert view_node(replace(plain, **{name: value})) != view_node(plain), name
    mapped = replace(plain, map=E)
    assert view_node(replace(mapped, concurrency=2)) != view_node(mapped)


@pytest.mark.parametrize("kind", ["more", "less"])
def test_directions_come_in_order(changed: Compare, kind: str) -> None:
    """What was gained stands first."""
    found = one(changed(("[grep, -n, order]", "[rg, order]")), "lookup").capabilities
    assert [c.direction for c in found] == ["more", "less"]
    assert all(isinstance(c, Capability) for c in found if c.direction == kind)


# ------------------------------------------------------------------ contracts and who breaks


def test_a_contract_is_told_by_whom_it_concerns(changed: Compare) -> None:
    """Readers of an output break on more values, callers of an input on new duties."""
    notes = one(
        changed(
            ("[cards, other]", "[cards, fraud]"),
            (
                "input: {text: string}\n    output: {found: boolean}",
                "input: {text: string, deep?: boolean}\n    output: {found: boolean}",
            ),
        ),
        "triage",
    ).contract
    (note,) = notes
    assert note.words == "output: `team` may now also be `fraud` and may no longer be `other`"
    assert note.breaking


def test_flows_that_an_agent_breaks_are_named(folder: Folder) -> None:
    """With the node, the place and the reason; mended is a flow that was changed with it."""
    old = folder.load()
    reply = replace(
        old.agents["reply"],
        input={"type": "object", "properties": {"body": {"type": "string"}}, "required": ["body"]},
    )
    new = replace(old, agents={**old.agents, "reply": reply})
    diff = compare(Source("a", old), Source("b", new))
    (first, *_) = diff.broken
    assert (first.flow, first.node) == ("support", "reply")
    assert first.where is not None
    assert first.where.file == "pantheon.yaml"
    assert first in one(diff, "reply").consequences
    flow = replace(new.flows["support"], description="Mended.")
    mended = compare(Source("a", old), Source("b", replace(new, flows={"support": flow})))
    assert not mended.broken
    assert all(consequence.adapted for consequence in mended.consequences)


def test_an_agent_that_is_gone_breaks_its_flows(folder: Folder) -> None:
    """Even without another contract to compare with."""
    old = folder.load()
    agents = {name: agent for name, agent in old.agents.items() if name != "lookup"}
    diff = compare(Source("a", old), Source("b", replace(old, agents=agents)))
    assert {c.node for c in one(diff, "lookup").consequences} >= {"lookup"}


def test_another_version_that_a_constraint_chose(folder: Folder) -> None:
    """Changes the flow, although nobody edited it."""
    old = folder.load()
    other = replace(old.agents["lookup"], version="0.2")
    new = replace(old, resolved={"support": {"lookup": other}})
    (found,) = compare(Source("a", old), Source("b", new)).definitions
    assert found.name == "support"
    assert [change.path for change in found.changes] == ["versions"]
