"""Loading a project: both dialects, files and includes, what is filled in, what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.errors import NotFound
from pantheon.ids import Json
from pantheon.spec import (
    CloudTier,
    CommandTier,
    HumanTier,
    InvalidProject,
    Merge,
    NightBudget,
    Price,
    Project,
    Promise,
    PromptTier,
    PythonTier,
    Retry,
    SpecialistTier,
    load_project,
)

EXAMPLES = Path(__file__).parent / "valid"
AGENTS = """
agents:
  triage:
    input: {text: string}
    output: {team: {enum: [cards, other]}}
    tiers: [specialist, prompt]
  reply:
    input: {text: string, team: string}
    output: {reply: string}
    tiers: [prompt]
"""


def load(folder: Path, text: str, **environment: str) -> Project:
    """The project of one file."""
    (folder / "pantheon.yaml").write_text(text, "utf-8")
    return load_project(folder, environment=environment)


def codes(folder: Path, text: str | bytes) -> list[str]:
    """The codes of the mistakes in one file."""
    path = folder / "pantheon.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidProject) as caught:
        load_project(path, environment={})
    return [d.code for d in caught.value.diagnostics]


# ------------------------------------------------------------------------- the original dialect


def test_original_dialect_loads_unchanged() -> None:
    """Tags become contracts, nodes are named after agents, sources become inputs."""
    project = load_project(EXAMPLES / "original.yaml")
    assert project.dialect == "original"
    assert project.warnings == ()
    flow = project.flows["spec2code"]
    assert list(flow.nodes) == ["summarizer", "codegen"]
    assert str(flow.nodes["summarizer"].inputs["text"]) == "input.spec"
    assert str(flow.nodes["codegen"].inputs["spec"]) == "summarizer.summary"
    assert {name: str(e) for name, e in flow.output.items()} == {"code": "codegen.code"}
    codegen = project.agents["codegen"]
    assert codegen.tools == ("python-run", "lint")
    assert codegen.cost == 2.0
    assert project.agents["summarizer"].version == "v0.1"
    assert codegen.tiers == (SpecialistTier(), PromptTier())


def test_original_sources_are_joined_in_order_and_agents_used_twice(tmp_path: Path) -> None:
    """Several sources feeding one tag are one text; a second use of an agent is `name_2`."""
    project = load(
        tmp_path,
        """
agents:
  draft: {input: text, output: draft}
  count: {input: text, output: {n: integer}}
  join: {input: all, output: result}
flows:
  twice:
    rootInputType: topic
    nodes:
      - {agent: draft, inputSources: [root]}
      - {agent: draft, inputSources: [draft]}
      - {agent: count, inputSources: [root]}
      - {agent: join, inputSources: [draft_2, root, count]}
    outputNode: join
""",
    )
    nodes = project.flows["twice"].nodes
    assert list(nodes) == ["draft", "draft_2", "count", "join"]
    joined = nodes["join"].inputs["all"]
    assert str(joined) == r'draft_2.draft + "\n\n" + input.topic + "\n\n" + text(count.n)'
    scope: dict[str, Json] = {"draft_2": {"draft": "b"}, "input": {"topic": "a"}, "count": {"n": 3}}
    assert joined.evaluate(scope) == "b\n\na\n\n3"


def test_original_flow_may_use_an_agent_of_the_full_form(tmp_path: Path) -> None:
    """An agent of several inputs takes each from the first source that has it."""
    project = load(
        tmp_path,
        AGENTS
        + """
flows:
  mixed:
    rootInputType: text
    nodes:
      - {agent: triage, inputSources: [root]}
      - {agent: reply, inputSources: [root, triage]}
    outputNode: {agent: reply}
""",
    )
    inputs = project.flows["mixed"].nodes["reply"].inputs
    scope: dict[str, Json] = {"input": {"text": "hi"}, "triage": {"team": "cards"}}
    values = {name: e.evaluate(scope) for name, e in inputs.items()}
    assert values == {"text": "hi", "team": "cards"}


# ------------------------------------------------------------------------------- the full form


def test_full_form_loads() -> None:
    """Every part of the full form becomes what its definition says."""
    project = load_project(EXAMPLES / "full" / "pantheon.yaml", environment={})
    assert project.dialect == "full"
    cloud = project.models["cloud"]
    assert (cloud.engine, cloud.api_key_env, cloud.price) == ("openai", "CLOUD_KEY", Price(2.5, 10))
    assert cloud.remote
    assert not project.models["small"].remote
    triage = project.agents["triage"]
    assert triage.promise == Promise(0.05, 0.95, 0.02)
    assert triage.tiers == (SpecialistTier(), CloudTier())
    assert project.agents["reviewer"].promise is None
    prompt = project.agents["reply"].tiers[1]
    assert isinstance(prompt, PromptTier)
    assert (prompt.model, prompt.template_path) == ("small", "prompts/reply.j2")
    assert "{{ text }}" in str(prompt.template)
    reply = project.flows["support"].nodes["reply"]
    assert (reply.agent, reply.constraint, reply.timeout) == ("reply", ">=0.1,<1", 30.0)
    assert reply.retry == Retry(attempts=3, backoff="exponential")
    assert str(reply.when) == 'triage.team != "other"'
    check = project.flows["support"].nodes["check"]
    assert {n: str(e) for n, e in check.inputs.items()} == {
        "text": "input.text",
        "reply": "reply.reply",
    }
    assert project.router is not None
    assert project.router.flows == ("support", "spec2code")
    assert project.night.budget == NightBudget(cloud_usd=2.0, cpu=2, memory=8_000_000_000)


def test_fallback_agent_becomes_a_node_that_only_stands_in() -> None:
    """An agent named as fallback is a node without inputs, after the nodes as written."""
    flow = load_project(EXAMPLES / "full", environment={}).flows["support"]
    assert list(flow.nodes) == ["triage", "reply", "check", "ask_person"]
    assert flow.nodes["reply"].fallback == "ask_person"
    assert flow.nodes["ask_person"].inputs == {}


def test_what_a_skipped_node_gives_may_be_null_in_the_output() -> None:
    """The output's type follows from the expressions, null included where a node may skip."""
    schema = load_project(EXAMPLES / "full", environment={}).flows["support"].output_schema
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert properties["reply"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert properties["team"] == {
        "type": "string",
        "enum": ["cards", "payments", "account", "other"],
    }


def test_constraint_on_an_agent_without_version_is_a_warning() -> None:
    """It loads, and says that the constraint could not be checked."""
    project = load_project(EXAMPLES / "full", environment={})
    assert [w.code for w in project.warnings] == ["no-version"]


def test_nodes_in_every_spelling(tmp_path: Path) -> None:
    """Short nodes, maps, merges, cross-checks, literal inputs, durations, retries."""
    project = load(
        tmp_path,
        """
models:
  cloud: {engine: openai, base_url: "http://localhost:1/v1", model: m, timeout: 250ms}
agents:
  triage: {input: {text: string}, output: {team: string}}
  count: {input: {items: [any], limit?: integer}, output: {n: integer}, tiers: [{python: m:f}]}
  judge: {input: {input: object, a: object, b: object}, output: {better: {enum: [a, b]}}}
flows:
  all:
    input: {text: string, messages: [string], rows: [{text: string}]}
    timeout: 1h
    nodes:
      one: triage
      each: {agent: triage, map: {over: input.messages, concurrency: 3}}
      rows: {agent: triage, map: input.rows, retry: 4}
      literal: {agent: count, in: {items: [input.text, 3, {a: true}], limit: 5}, timeout: 1.5}
      checked: {agent: triage, cross_check: {judge: judge}, after: [one, each]}
      first: {merge: {from: [one, checked], policy: any}}
      both: {merge: [one, checked]}
    output:
      team: first.team
      pair: "{one: both.one.team, other: both.checked.team}"
      each: each
      rows: rows
      n: literal.n
""",
    )
    flow = project.flows["all"]
    assert flow.timeout == 3600.0
    assert project.models["cloud"].timeout == 0.25
    nodes = flow.nodes
    assert (nodes["each"].concurrency, str(nodes["each"].inputs["text"])) == (3, "item")
    assert str(nodes["rows"].inputs["text"]) == "item.text"
    assert nodes["rows"].retry == Retry(attempts=4)
    scope: dict[str, Json] = {"input": {"text": "hi"}}
    values = {n: e.evaluate(scope) for n, e in nodes["literal"].inputs.items()}
    assert values == {"items": ["hi", 3, {"a": True}], "limit": 5}
    assert nodes["checked"].after == ("one", "each")
    assert nodes["first"].merge == Merge(("one", "checked"), "any")
    assert nodes["both"].merge == Merge(("one", "checked"), "all")
    assert flow.dependencies("checked") == {"one", "each"}


def test_tiers_in_every_spelling(tmp_path: Path) -> None:
    """A tier is a name, or a name with its settings, short or long."""
    project = load(
        tmp_path,
        """
models:
  big: {engine: openai, base_url: "http://localhost:1/v1", model: m}
agents:
  all:
    input: {text: string}
    output: {team: string}
    tiers:
      - specialist
      - prompt
      - prompt: {min_confidence: 0.8, max_tokens: 64}
      - prompt: "Team for {{ text }}"
      - cloud: big
      - python: teams:find
      - python: {function: "pkg.teams:find", timeout: 5s}
      - command: [teams, --text, "{text}", 3]
      - command: {argv: [teams], timeout: 2m}
      - human
      - human: "Which team?"
""",
    )
    assert project.agents["all"].tiers == (
        SpecialistTier(),
        PromptTier(),
        PromptTier(min_confidence=0.8, max_tokens=64),
        PromptTier(template="Team for {{ text }}"),
        CloudTier("big"),
        PythonTier("teams:find"),
        PythonTier("pkg.teams:find", 5.0),
        CommandTier(("teams", "--text", "{text}", "3")),
        CommandTier(("teams",), 120.0),
        HumanTier(),
        HumanTier("Which team?"),
    )


def test_default_tiers_follow_models_and_privacy(tmp_path: Path) -> None:
    """The cloud is asked last where there is one, and never for a private agent."""
    project = load(
        tmp_path,
        """
models: {cloud: {engine: openai, base_url: "http://localhost:1/v1", model: m}}
agents:
  open: {input: text, output: team}
  private: {input: text, output: team, privacy: local}
""",
    )
    local = (SpecialistTier(), PromptTier())
    assert project.agents["open"].tiers == (*local, CloudTier())
    assert project.agents["private"].tiers == local


def test_missing_cloud_model_is_a_warning_where_others_can_answer(tmp_path: Path) -> None:
    """The tier abstains at run time, and the user is told so now."""
    project = load(tmp_path, "agents: {a: {input: text, output: team, tiers: [specialist, cloud]}}")
    (warning,) = project.warnings
    assert (warning.code, warning.severity, warning.where.line) == ("no-cloud", "warning", 1)


def test_variables_fill_plain_values_and_never_reach_secrets(tmp_path: Path) -> None:
    """`${NAME}` and `${NAME:-default}` are filled in addresses and model names."""
    project = load(
        tmp_path,
        AGENTS
        + """
models:
  cloud:
    engine: openai
    base_url: "https://${HOST}/v1/"
    model: ${MODEL:-big}
    api_key_env: CLOUD_KEY
""",
        HOST="cloud.example.com",
        CLOUD_KEY="a secret",
    )
    cloud = project.models["cloud"]
    assert (cloud.base_url, cloud.model) == ("https://cloud.example.com/v1", "big")
    assert "a secret" not in repr(project)


def test_include_reads_other_files_by_name_and_pattern(tmp_path: Path) -> None:
    """Agents from other files are as good as the first file's; each file is read once."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "a.yaml").write_text(
        "include: agents/b.yaml\nagents: {a: {input: x, output: y}}"
    )
    (tmp_path / "agents" / "b.yaml").write_text("agents: {b: {input: x, output: y}}")
    project = load(tmp_path, "include: ['agents/*.yaml', agents/a.yaml]\n")
    assert sorted(project.agents) == ["a", "b"]
    assert project.agents["b"].where.file == str(Path("agents", "b.yaml"))
    assert [p.name for p in project.files] == ["pantheon.yaml", "a.yaml", "b.yaml"]


def test_include_follows_no_link_out_of_the_project(tmp_path: Path) -> None:
    """A symbolic link to a file elsewhere is outside."""
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "secret.yaml").write_text("agents: {}")
    (inside / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "outside-project" in codes(
        inside, "include: link.yaml\nagents: {a: {input: x, output: y}}"
    )


def test_anchors_merges_and_yaml_1_2_scalars(tmp_path: Path) -> None:
    """Anchors and merge keys work; yes, on and 012 are text, versions stay as written."""
    project = load(
        tmp_path,
        """
agents:
  a: &base
    description: yes
    input: {text: string}
    output: {team: {enum: [on, off, no]}}
    version: 0.10
  b: {<<: *base, description: other}
""",
    )
    assert project.agents["a"].description == "yes"
    assert project.agents["a"].version == "0.10"
    assert project.agents["b"].description == "other"
    assert project.agents["b"].output == project.agents["a"].output


def test_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    """Files from other editors load, with the right lines."""
    text = "\ufeffagents:\r\n  a:\r\n    input: text\r\n    output: team\r\n"
    assert load(tmp_path, text).agents["a"].where.line == 2


# ---------------------------------------------------------------------------- unreadable files


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    """No file is another matter than a wrong file."""
    with pytest.raises(NotFound) as caught:
        load_project(tmp_path / "nothing")
    assert "pantheon.yaml" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe", "not-utf8"),
        (b"agents: \xff\xfe", "not-utf8"),
        ("agents: {}".encode("utf-16"), "not-utf8"),
        (b"agents:\x00 {}", "not-utf8"),
        (b"agents: '\x1b[31m'", "control-character"),
        (b"#" * ((1 << 20) + 1), "too-large"),
        (b"[" * 5000, "too-deep"),
        (b"a: " + b"{a: " * 200 + b"1" + b"}" * 200, "too-deep"),
        (b"- " * 3000 + b"1", "too-deep"),
    ],
)
def test_unreadable_file(tmp_path: Path, content: bytes, code: str) -> None:
    """Whatever the bytes are, there is one clean diagnostic."""
    assert codes(tmp_path, content) == [code]


def test_alias_bomb_is_refused_quickly(tmp_path: Path) -> None:
    """Aliases of aliases are counted, never written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert codes(tmp_path, "\n".join(lines)) == ["alias-bomb"]


def test_folder_and_unreadable_path(tmp_path: Path) -> None:
    """A folder named like the file, and a file without permission, are told plainly."""
    (tmp_path / "pantheon.yaml").mkdir()
    with pytest.raises((InvalidProject, NotFound)):
        load_project(tmp_path)


def test_huge_template_is_refused(tmp_path: Path) -> None:
    """Templates have the same limit as every file."""
    (tmp_path / "big.j2").write_text("x" * ((1 << 20) + 1))
    text = "agents: {a: {input: x, output: y, tiers: [{prompt: {template: big.j2}}]}}"
    assert codes(tmp_path, text) == ["too-large"]


def test_secret_is_never_shown(tmp_path: Path) -> None:
    """A key written where only a name belongs appears in no message and no excerpt."""
    text = """
agents: {a: {input: x, output: y}}
models:
  cloud: {engine: openai, base_url: "http://h/v1", model: m,
    api_key_env: "sk-very-secret"}
"""
    (tmp_path / "pantheon.yaml").write_text(text)
    with pytest.raises(InvalidProject) as caught:
        load_project(tmp_path)
    assert "very-secret" not in caught.value.render()
    assert "very-secret" not in str(caught.value.to_json())


def test_long_chain_of_nodes_loads(tmp_path: Path) -> None:
    """Flows are walked without recursion."""
    agents = "agents: {a: {input: {t: string}, output: {t: string}}}\n"
    nodes = ["      n0: {agent: a, in: {t: input.t}}"]
    nodes += [f"      n{i}: {{agent: a, in: {{t: n{i - 1}.t}}}}" for i in range(1, 1200)]
    flow = "flows:\n  f:\n    input: {t: string}\n    nodes:\n" + "\n".join(nodes)
    project = load(tmp_path, f"{agents}{flow}\n    output: {{t: n1199.t}}\n")
    assert len(project.flows["f"].nodes) == 1200


def test_text_comes_as_it_was_meant(tmp_path: Path) -> None:
    """Folded text without the parser's marks, characters that JSON escapes in pairs joined."""
    folded = "agents:\n  a:\n    description: >-\n      one\n      two\n\n        three\n"
    contract = "    input: {text: string}\n    output: {text: string}\n"
    comment = "    version: !!str 1  # what libyaml is not asked about\n"
    for text in (folded + contract, folded + contract + comment):
        assert load(tmp_path, text).agents["a"].description == "one two\n\n  three"
    escaped = AGENTS + '    description: "\\ud83d\\ude00"\n'
    assert load(tmp_path, escaped).agents["reply"].description == "\U0001f600"
    assert codes(tmp_path, escaped.replace("\\ude00", "")) == ["bad-value"]


def test_other_encodings_are_named(tmp_path: Path) -> None:
    """What an editor saved as UTF-16 or Latin-1 is told to be saved again."""
    for encoding, told in (("utf-16", "is UTF-16"), ("latin-1", "is not UTF-8")):
        (tmp_path / "pantheon.yaml").write_bytes(("# é\n" + AGENTS).encode(encoding))
        with pytest.raises(InvalidProject, match=told):
            load_project(tmp_path)


def test_all_files_together_are_bounded(tmp_path: Path) -> None:
    """Many large files are no project; it is told once."""
    (tmp_path / "more").mkdir()
    for number in range(20):
        text = f"agents: {{a{number}: {{input: {{t: string}}, output: {{t: string}}}}}}\n"
        (tmp_path / "more" / f"{number:02}.yaml").write_text(text + "#" * 1_000_000)
    assert codes(tmp_path, "include: more/*.yaml\n" + AGENTS) == ["too-large"]
