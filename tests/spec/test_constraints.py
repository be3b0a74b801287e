"""`reply@>=0.1,<1`: the files' own version, else a recorded one; one version in a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pantheon.flows import make_pin, read_pin
from pantheon.spec import (
    InvalidProject,
    Project,
    Recorded,
    RecordedAgent,
    admits,
    agent_hash,
    definitions_for,
    expand_contract,
    find_breaks,
    flow_hash,
    load_definitions,
    load_project,
)
from pantheon.spec._source import Entry, Findings, Scalar, from_json
from pantheon.spec._versions_of import VersionChooser

TEXT = """\
version: 1
agents:
  triage:
    version: "1.2"
    input: {text: string}
    output: {team: string}
    tiers: [{python: desk:triage}]
  reply:
    input: {team: string}
    output: {reply: string}
    tiers: [{python: desk:reply}]
flows:
  support:
    input: {text: string}
    nodes:
      triage: {agent: "triage@<1"}
      reply: {agent: reply, in: {team: triage.team}}
    output: {reply: reply.reply}
"""


def load(folder: Path, *changes: tuple[str, str], recorded: Recorded | None = None) -> Project:
    """The project with pieces of its text replaced."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "pantheon.yaml").write_text(text)
    return load_project(folder, environment={}, recorded=recorded)


def mistakes(
    folder: Path, *changes: tuple[str, str], recorded: Recorded | None = None
) -> list[str]:
    """Line, column, code and message of each."""
    with pytest.raises(InvalidProject) as caught:
        load(folder, *changes, recorded=recorded)
    found = caught.value.diagnostics
    return [f"{d.where.line}:{d.where.column} {d.code}: {d.message}" for d in found]


@pytest.fixture
def kept(tmp_path: Path) -> Recorded:
    """`triage` as it was: 0.8, 0.9, 0.9 again with another contract, and something unnumbered."""
    now = load(tmp_path, ("triage@<1", "triage"))
    triage = replace(now.agents["triage"], description="as it was")
    old = expand_contract({"team": "string", "score": "number"})
    versions = [
        RecordedAgent(replace(triage, version="0.8"), 1),
        RecordedAgent(replace(triage, version="0.9"), 2),
        RecordedAgent(replace(triage, version="0.9", output=old), 3),
        RecordedAgent(replace(triage, version="spring"), 4),
        RecordedAgent(replace(triage, version=None), 5),
    ]

    def find(name: str) -> Sequence[RecordedAgent]:
        return versions if name == "triage" else ()

    return find


# ------------------------------------------------------------------------------------- the choice


def test_the_files_answer_where_they_do(tmp_path: Path) -> None:
    """Nobody is asked for other versions then."""

    def never(name: str) -> Sequence[RecordedAgent]:
        raise AssertionError(name)

    project = load(tmp_path, ("triage@<1", "triage@>=1,<2"), recorded=never)
    assert project.resolved == {}


def test_the_highest_recorded_version_that_satisfies(tmp_path: Path, kept: Recorded) -> None:
    """Of two that bear the same label, the later one."""
    project = load(tmp_path, recorded=kept)
    chosen = project.resolved["support"]["triage"]
    assert (chosen.version, list(chosen.output["properties"])) == ("0.9", ["team", "score"])  # type: ignore[arg-type]
    assert project.agents["triage"].version == "1.2"
    narrow = load(tmp_path, ("triage@<1", "triage@<0.9"), recorded=kept)
    assert narrow.resolved["support"]["triage"].version == "0.8"


def test_the_flow_is_typed_against_the_choice(tmp_path: Path, kept: Recorded) -> None:
    """It may read a field that only the chosen version gives."""
    reads = ("reply: reply.reply", "reply: reply.reply, score: triage.score")
    project = load(tmp_path, reads, recorded=kept)
    assert project.flows["support"].output_schema["required"] == ["reply", "score"]
    assert "no field `score`" in mistakes(tmp_path, reads, ("triage@<1", "triage"))[0]


def test_its_runs_are_pinned_to_the_choice(tmp_path: Path, kept: Recorded) -> None:
    """By pin and by hash; and a pin read back is the same."""
    project = load(tmp_path, recorded=kept)
    pin = make_pin(project, project.flows["support"])
    assert pin.agents["triage"] == project.resolved["support"]["triage"]
    assert pin.agents["reply"] is project.agents["reply"]
    assert pin.hash == flow_hash(project.flows["support"], project)
    plain = replace(project, resolved={})
    assert pin.hash != flow_hash(project.flows["support"], plain)
    assert read_pin(pin.hash, pin.body).agents == pin.agents
    assert agent_hash(pin.agents["triage"]) != agent_hash(project.agents["triage"])


def test_other_flows_use_the_present_version(tmp_path: Path, kept: Recorded) -> None:
    """The choice is that of one flow."""
    other = "  other: {input: {text: string}, nodes: {t: triage}, output: {team: t.team}}\n"
    project = load(tmp_path, ("flows:\n", f"flows:\n{other}"), recorded=kept)
    assert list(project.resolved) == ["support"]
    assert definitions_for(["other"], project)["triage"].version == "1.2"
    assert definitions_for(["support"], project)["triage"].version == "0.9"


def test_constraints_of_one_flow_count_together(tmp_path: Path, kept: Recorded) -> None:
    """A node that says nothing takes what the others need."""
    nodes = '      again: {agent: "triage@!=0.9"}\n      third: triage\n'
    project = load(
        tmp_path,
        ("      reply: {", f"{nodes}      reply: {{"),
        ("reply: reply.reply", "reply: reply.reply, a: again.team, b: third.team"),
        recorded=kept,
    )
    assert project.resolved["support"]["triage"].version == "0.8"


@pytest.mark.parametrize(
    "node",
    [
        't: "triage@<1"',
        't: {vote: {agents: ["triage@<1", triage]}}',
        't: {vote: {agent: "triage@<1", n: 2}}',
        't: {nodes: {i: {agent: "triage@<1"}}, output: i}',
        't: {nodes: {v: {vote: {agent: "triage@<1", n: 2}}}, output: v}',
    ],
)
def test_wherever_an_agent_is_named(tmp_path: Path, kept: Recorded, node: str) -> None:
    """In short nodes, patterns, and nodes inside nodes; what it gives is known to all of them."""
    flow = f"  other: {{input: {{text: string}}, nodes: {{{node}}}, output: {{s: t.score}}}}\n"
    project = load(
        tmp_path,
        ('triage: {agent: "triage@<1"}', "triage: triage"),
        ("flows:\n", f"flows:\n{flow}"),
        recorded=kept,
    )
    assert {n: a["triage"].version for n, a in project.resolved.items()} == {"other": "0.9"}


VERSIONS = st.sampled_from(["0.1", "0.2", "0.9", "1.0rc1", "1.0", "1.1", "2.0", "spring", None])
SPECIFIERS = st.sampled_from(["<1", ">=0.2", "==1.1", "!=0.9", "~=1.0", ">=1,<2", ">5"])


@given(st.lists(VERSIONS, max_size=4), VERSIONS, st.lists(SPECIFIERS, min_size=1, max_size=3))
def test_what_is_chosen_satisfies_and_nothing_better_does(
    kept: list[str | None], own: str | None, asked: list[str]
) -> None:
    """The files first; else the highest; where nothing does, that is told."""
    body = {"agents": {"a": {"input": "text", "output": "b", "tiers": [{"python": "m:f"}]}}}
    agent = replace(load_definitions(body, Path()).agents["a"], version=own)  # type: ignore[arg-type]
    recorded = [RecordedAgent(replace(agent, version=v), i + 1) for i, v in enumerate(kept)]
    nodes = {f"n{i}": {"agent": f"a@{text}"} for i, text in enumerate(asked)}
    findings = Findings()
    chooser = VersionChooser({"a": agent}, {}, lambda name: recorded, findings)
    key = Scalar("f", from_json("f").place, "f")
    chosen = chooser.choose(Entry(key, from_json({"nodes": nodes}))).get("a")  # type: ignore[dict-item]
    wanted = SpecifierSet(",".join(asked))

    def fits(label: str | None) -> bool:
        return label not in {None, "spring"} and wanted.contains(str(label), prereleases=True)

    fitting = [Version(str(v)) for v in kept if fits(v)]
    if fits(own):
        assert (chosen, findings.diagnostics) == (None, [])
    elif fitting:
        assert chosen is not None
        assert Version(str(chosen.version)) == max(fitting)
        assert not findings.diagnostics
    else:
        assert chosen is None
        assert findings.diagnostics


# ---------------------------------------------------------------------------------- what is told


def test_versions_that_exist_are_listed(tmp_path: Path, kept: Recorded) -> None:
    """Numbered ones, the highest first, each with where it is."""
    assert mistakes(tmp_path, ("triage@<1", "triage@>2"), recorded=kept) == [
        (
            "16:31 version-conflict: No version of the agent `triage` is >2. There is 1.2 (the files),"
            " 0.9 (triage@3), 0.9 (triage@2), 0.8 (triage@1)."
        )
    ]


def test_without_recorded_versions_only_the_files_are_named(tmp_path: Path) -> None:
    """As there is nothing to choose from."""
    assert mistakes(tmp_path) == [
        "16:31 version-conflict: The agent `triage` has version 1.2, not <1."
    ]


def test_two_nodes_that_contradict_each_other(tmp_path: Path, kept: Recorded) -> None:
    """Each could be had; both are named."""
    found = mistakes(
        tmp_path,
        ("      reply: {", '      again: {agent: "triage@>=1"}\n      reply: {'),
        ("reply: reply.reply", "reply: reply.reply, a: again.team"),
        recorded=kept,
    )
    assert found == [
        (
            "17:30 version-conflict: `again` asks for `triage` >=1, but `triage` asks for <1: no"
            " version is both, and a flow uses one. There is 1.2 (the files), 0.9 (triage@3),"
            " 0.9 (triage@2), 0.8 (triage@1)."
        )
    ]


def test_a_flow_that_runs_with_another_version(tmp_path: Path, kept: Recorded) -> None:
    """A run has one version of an agent, also in the flows inside it."""
    outer = (
        "  outer:\n    input: {text: string}\n    nodes:\n      s: {flow: support}\n"
        "      t: triage\n    output: {reply: s.reply, team: t.team}\n"
    )
    found = mistakes(tmp_path, ("flows:\n", f"flows:\n{outer}"), recorded=kept)
    assert found == [
        (
            "16:17 version-conflict: `outer` uses `triage` 1.2, and `support`, which runs with it, uses"
            " 0.9: a run has one version of an agent."
        )
    ]
    same = outer.replace("t: triage", 't: {agent: "triage@==0.9"}')
    project = load(tmp_path, ("flows:\n", f"flows:\n{same}"), recorded=kept)
    pin = make_pin(project, project.flows["outer"])
    assert pin.agents["triage"].version == "0.9"


def test_a_flow_that_only_runs_one_takes_its_choice(tmp_path: Path, kept: Recorded) -> None:
    """It has no opinion of its own, so the pin of its runs holds that of the inner flow."""
    outer = "  outer: {input: {text: string}, nodes: {s: {flow: support}}, output: s}\n"
    project = load(tmp_path, ("flows:\n", f"flows:\n{outer}"), recorded=kept)
    assert make_pin(project, project.flows["outer"]).agents["triage"].version == "0.9"


def test_an_unnumbered_agent(tmp_path: Path, kept: Recorded) -> None:
    """A recorded version that surely fits is used; else it is doubted, or refused, as it stands."""
    bare = ('    version: "1.2"\n', "")
    assert load(tmp_path, bare, recorded=kept).resolved["support"]["triage"].version == "0.9"
    assert [d.code for d in load(tmp_path, bare).warnings] == ["no-version"]
    named = ('"1.2"', "spring")
    assert load(tmp_path, named, recorded=kept).resolved["support"]["triage"].version == "0.9"
    assert "is no number" in mistakes(tmp_path, named)[0]


def test_a_recorded_version_whose_model_is_gone(tmp_path: Path, kept: Recorded) -> None:
    """It could not answer."""

    def asks(name: str) -> Sequence[RecordedAgent]:
        from pantheon.spec import PromptTier

        tiers = (PromptTier(model="small"),)
        return [replace(r, definition=replace(r.definition, tiers=tiers)) for r in kept(name)]

    found = mistakes(tmp_path, recorded=asks)
    assert found == [
        (
            "16:31 unknown-model: This needs 0.9 (triage@3), which asks the model `small`: there is"
            " none."
        )
    ]


def test_which_version_a_flow_admits(tmp_path: Path, kept: Recorded) -> None:
    """All constraints of its nodes; without any, every version."""
    project = load(tmp_path, recorded=kept)
    flow, triage = project.flows["support"], project.agents["triage"]
    assert not admits(flow, triage)
    assert admits(flow, replace(triage, version="0.5"))
    assert not admits(flow, replace(triage, version="spring"))
    assert admits(flow, project.agents["reply"])


def test_privacy_is_that_of_the_chosen_version(tmp_path: Path) -> None:
    """An earlier version that was private may not be followed by an endpoint, though today's may."""
    model = (
        "flows:\n",
        "models:\n  far: {engine: openai, base_url: 'https://a.example/v1', model: m}\nflows:\n",
    )
    sends = ("tiers: [{python: desk:reply}]", "tiers: [{prompt: {model: far}}]")
    plain = load(tmp_path, model, sends, ("triage@<1", "triage"))
    private = replace(plain.agents["triage"], version="0.9", privacy="local")

    def find(name: str) -> Sequence[RecordedAgent]:
        return [RecordedAgent(private, 1)]

    found = mistakes(tmp_path, model, sends, recorded=find)
    assert [line.partition(": ")[0] for line in found] == ["19:40 privacy"]


def test_a_version_that_is_kept_breaks_nothing(tmp_path: Path, kept: Recorded) -> None:
    """The flow goes on with the recorded version, whatever becomes of the files."""
    before = load(tmp_path, recorded=kept)
    after = load(tmp_path, ('"1.2"', '"2.0"'), ("{team: string}\n    tiers: [{python: desk:tri", "{t: string}\n    tiers: [{python: desk:tri"), recorded=kept)  # fmt: skip
    assert find_breaks(before, after) == ()
    loose = load(tmp_path, ("triage@<1", "triage"))
    assert [b.node for b in find_breaks(loose, after)] == ["reply"]
