"""What is drawn of a flow, and what changed between two."""

from __future__ import annotations

from dataclasses import replace

from pantheon.draw import Figure, Picture, compare_flows, count_statuses, draw_flow, say_picture
from pantheon.spec import FlowDef, NodeDef, Project, PythonTier


def figure(picture: Picture, id: str) -> Figure:
    """The figure of that id."""
    return next(found for found in picture.figures if found.id == id)


def links(picture: Picture) -> set[tuple[str, str, str]]:
    """(from, to, kind) of every link."""
    return {(link.source.strip(), link.target.strip(), link.kind) for link in picture.links}


def without(flow: FlowDef, *names: str) -> FlowDef:
    """The flow without some nodes, and without what reads from them in its output."""
    nodes = {name: node for name, node in flow.nodes.items() if name not in names}
    output = {k: e for k, e in flow.output.items() if not e.roots & {*names}}
    return replace(flow, nodes=nodes, output=output)


def test_nodes_show_agents_tiers_and_policies(project: Project) -> None:
    """Everything that decides what a node does is on it, or on an arrow."""
    picture = draw_flow(project.flows["support"], agents=project.agents)
    assert [line.text for line in figure(picture, "reply").lines] == [
        "prompt → cloud",
        "3 attempts, 30 s at most",
    ]
    assert [line.text for line in figure(picture, "each").lines] == [
        "agent home",
        "prompt",
        "stays on this machine",
        "for each of input.parts",
    ]
    assert figure(picture, "each").repeated
    assert figure(picture, "joined").lines[0].text == "merge: any"
    assert figure(picture, "pause").lines[1].text == "2 d at most"
    assert figure(picture, "again").lines[0].text == "again until last.done, 3 times at most"


def test_arrows_say_why(project: Project) -> None:
    """Data, conditions, reviews, waiting and stand-ins are different arrows."""
    found = links(draw_flow(project.flows["support"]))
    assert ("triage", "reply", "condition") in found
    assert ("reply", "ask", "fallback") in found
    assert ("reply", "check", "review") in found
    assert ("each", "pause", "after") in found
    assert ("triage", "joined", "data") in found
    assert ("input", "triage", "data") in found
    assert ("input", "reply", "data") not in found
    assert ("reply", "output", "data") in found


def test_a_flow_inside_a_node_is_drawn_inside(project: Project) -> None:
    """One that is written there always, one that is named only if it is asked for."""
    inside = figure(draw_flow(project.flows["support"]), "again").inside
    assert inside is not None
    assert [f.title for f in inside.figures] == ["look", "redo"]
    outer = project.flows["outer"]
    assert figure(draw_flow(outer), "inner").inside is None
    assert figure(draw_flow(outer, flows=project.flows), "inner").inside is not None


def test_flows_that_run_each_other_end(project: Project) -> None:
    """Only so many are drawn inside each other."""
    node = NodeDef("again", flow="loop")
    loop = FlowDef("loop", {"type": "object"}, {"again": node}, {})
    inner: Picture | None = draw_flow(loop, flows={"loop": loop})
    depth = 0
    while inner is not None:
        inner = next((f.inside for f in inner.figures if f.id == "again"), None)
        depth += 1
    assert depth == 4


def test_a_tree_is_drawn_from_its_root(project: Project) -> None:
    """Its parts are numbered, a node once for each time that it is named."""
    picture = draw_flow(project.flows["tree"])
    assert [f.title for f in picture.figures] == [
        "selector: the first that succeeds",
        "1. known",
        "2. 3 attempts",
        "sequence: all, in order",
        "1. known",
        "2. draft",
    ]
    assert len({f.id for f in picture.figures}) == 6


def test_changes_are_marked(project: Project) -> None:
    """Added, removed, changed; what stayed is not."""
    flow = project.flows["support"]
    changed = replace(flow.nodes["triage"], timeout=3.0)
    later = without(replace(flow, nodes={**flow.nodes, "triage": changed}), "check")
    picture = compare_flows(flow, later)
    assert figure(picture, "check").status == "removed"
    assert figure(picture, "triage").status == "changed"
    assert figure(picture, "reply").status == "same"
    back = compare_flows(later, flow)
    assert figure(back, "check").status == "added"
    assert {x.status for x in back.links if x.target == "check"} == {"added"}
    assert count_statuses(back)["added"] == 1


def test_a_change_inside_a_frame_shows_on_both(project: Project) -> None:
    """The frame is changed, and within it only what differs."""
    flow = project.flows["support"]
    body = flow.nodes["again"].body
    assert body is not None
    smaller = replace(flow.nodes["again"], body=without(body, "redo"))
    later = replace(flow, nodes={**flow.nodes, "again": smaller})
    frame = figure(compare_flows(flow, later), "again")
    assert frame.status == "changed"
    assert frame.inside is not None
    assert figure(frame.inside, "redo").status == "removed"
    assert figure(frame.inside, "look").status == "same"


def test_a_node_is_changed_with_its_agent(project: Project) -> None:
    """Although nothing about the flow itself is otherwise."""
    flow = project.flows["support"]
    other = replace(project.agents["triage"], tiers=(PythonTier("m:f"),))
    agents = {**project.agents, "triage": other}
    picture = compare_flows(flow, flow, agents_before=project.agents, agents_after=agents)
    assert figure(picture, "triage").status == "changed"
    assert figure(picture, "check").status == "same"


def test_equal_flows_have_no_changes(project: Project) -> None:
    """And a flow is drawn the same every time."""
    for flow in project.flows.values():
        assert not compare_flows(flow, flow).changed
        assert draw_flow(flow) == draw_flow(flow)


def test_arrows_that_turn_round_are_both_shown(project: Project) -> None:
    """Together they are a cycle, which no flow has and every comparison may."""
    home = project.agents["home"]
    one, two = NodeDef("one", home.name), NodeDef("two", home.name, after=("one",))
    before = FlowDef("f", {"type": "object"}, {"one": one, "two": two}, {})
    after = replace(
        before, nodes={"one": replace(one, after=("two",)), "two": replace(two, after=())}
    )
    statuses = {(x.source, x.target): x.status for x in compare_flows(before, after).links}
    assert statuses["one", "two"] == "removed"
    assert statuses["two", "one"] == "added"


def test_a_picture_in_words(project: Project) -> None:
    """For those who do not see it: every node, its parts, what it follows."""
    words = say_picture(draw_flow(project.flows["support"], agents=project.agents))
    assert (
        'reply: prompt → cloud; 3 attempts, 30 s at most; after triage, if triage.team != "other".'
        in words
    )
    assert "Inside again: look: " in words
