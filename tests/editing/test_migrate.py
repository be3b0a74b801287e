"""Files of past formats: a frozen corpus that loads for ever, and is rewritten to mean the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from pantheon.editing import (
    CURRENT,
    STEPS,
    Comment,
    comments_of,
    format_text,
    plan_migration,
    read_comments,
)
from pantheon.editing._tree import lines_of, parse
from pantheon.errors import EnvironmentFault
from pantheon.spec import agent_hash, flow_hash, load_project
from tests.editing.loose import original, written

CORPUS = Path(__file__).with_name("corpus")
FILES = sorted(CORPUS.glob("*/*.yaml"))


def test_the_corpus_is_frozen() -> None:
    """A file that somebody may have written in the past never changes."""
    found = {
        f"{file.parent.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        for file in FILES
    }
    assert found == snapshot(
        {
            "original/brackets.yaml": "1be2ad57be6f2350",
            "original/commented.yaml": "57cc435a6c6bed1f",
            "original/indentless.yaml": "16e5303ffdc180f3",
            "original/joined.yaml": "39ec8a5dd6f52c02",
            "original/mixed.yaml": "122e857f1995e5c5",
            "original/sketch.yaml": "5165cceb9f757f60",
        }
    )


def test_the_steps_are_a_chain() -> None:
    """Each begins where the one before ends, the last ends today; the corpus knows every format."""
    assert [step.after for step in STEPS] == [*(step.before for step in STEPS[1:]), CURRENT]
    assert {step.before for step in STEPS} == {file.parent.name for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_past_format_is_brought_up_to_date(file: Path, tmp_path: Path) -> None:
    """Every definition keeps its hash, every comment stays, and a second time nothing is done."""
    path = tmp_path / "pantheon.yaml"
    shutil.copy(file, path)
    before = load_project(path)
    plan = plan_migration(path)
    assert plan.steps
    for rewrite in plan.files:
        rewrite.write()
    after = load_project(path)
    assert {n: agent_hash(a) for n, a in after.agents.items()} == {
        n: agent_hash(a) for n, a in before.agents.items()
    }
    assert {n: flow_hash(f, after) for n, f in after.flows.items()} == {
        n: flow_hash(f, before) for n, f in before.flows.items()
    }
    assert after.dialect == "full"
    assert plan_migration(path).steps == ()
    told = [sorted(c.text for c in _comments(p)) for p in (file, path)]
    assert told[0] == told[1]
    assert list(after.flows) == list(before.flows)
    assert format_text(path.read_text()) == format_text(format_text(path.read_text()))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_becomes_of_the_corpus(file: Path, tmp_path: Path) -> None:
    """Letter by letter: who reads the change of a file sees only what had to change."""
    shutil.copy(file, tmp_path / "pantheon.yaml")
    (rewrite,) = plan_migration(tmp_path / "pantheon.yaml").files
    assert rewrite.after == (file.parent / "expected" / file.name).read_text()


@given(st.integers(0, 2**32), st.booleans())
def test_any_old_file_is_brought_along(seed: int, in_brackets: bool) -> None:
    """However it is laid out: it means the same, has all its comments, and is of today's form."""
    random = Random(seed)
    sketch = original(random)
    text = json.dumps(sketch) if in_brackets else written(sketch, random)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pantheon.yaml"
        path.write_text(text)
        (rewrite,) = plan_migration(path).files  # compares every hash
        told = sorted(comment.text for comment in read_comments(text))
        assert sorted(comment.text for comment in read_comments(rewrite.after)) == told
        rewrite.write()
        assert load_project(path).dialect == "full"
        assert plan_migration(path).steps == ()


def _comments(path: Path) -> list[Comment]:
    text = path.read_text()
    return comments_of(lines_of(text), parse(text))


def test_what_is_written() -> None:
    """Tags become contracts, a list of nodes becomes a mapping, sources become expressions."""
    plan = plan_migration(CORPUS / "original" / "commented.yaml")
    assert plan.files[0].after == snapshot("""\
# The first sketch.

version: 1
# Agents come first.
agents:
  summarizer: # short texts
    input: {text: string} # any text
    output: {summary: string}
    tools: []
    cost: 0.5
    version: "v0.1"
  codegen: {input: {spec: string}, output: {code: string}, tools: ["python-run", "lint"], cost: 2.0}
flows:
  # from a spec to code
  spec2code: # two steps
    input: {spec: string}  # what comes in
    # the nodes, in order
    nodes:  # n
      # first
      # b
      summarizer: {agent: summarizer, in: {text: input.spec}}  # a
      # inside
      codegen: {agent: codegen, in: {spec: summarizer.summary}}
    output: {code: codegen.code}  # o
    # end of flow
  short:
    # one line
    input: {text: string}
    nodes:
      summarizer: {agent: summarizer, in: {text: input.text}}
    output: {summary: summarizer.summary}
# the end
""")


def test_included_files_come_along(tmp_path: Path) -> None:
    """Each file is rewritten; only the first says the version."""
    (tmp_path / "pantheon.yaml").write_text(
        "include: flows.yaml\nagents:\n  a: {input: x, output: y}\n"
    )
    flow = "flows:\n  f:\n    rootInputType: x\n    nodes: [{agent: a, inputSources: [root]}]\n"
    (tmp_path / "flows.yaml").write_text(flow + "    outputNode: a # last\n")
    plan = plan_migration(tmp_path / "pantheon.yaml")
    texts = {each.name: each.after for each in plan.files}
    assert texts == snapshot(
        {
            "pantheon.yaml": """\
version: 1
include: flows.yaml
agents:
  a: {input: {x: string}, output: {"y": string}}
""",
            "flows.yaml": """\
flows:
  f:
    input: {x: string}
    nodes:
      a: {agent: a, in: {x: input.x}}
    output: {"y": a.y}  # last
""",
        }
    )


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """What somebody else wrote is never lost."""
    path = tmp_path / "pantheon.yaml"
    shutil.copy(CORPUS / "original" / "sketch.yaml", path)
    plan = plan_migration(path)
    path.write_text("version: 1\n")
    with pytest.raises(EnvironmentFault):
        plan.files[0].write()
    assert path.read_text() == "version: 1\n"


def test_a_linked_project_file_is_migrated_where_it_lies(tmp_path: Path) -> None:
    """Nothing is copied for the check: neither links nor what cannot be copied are in its way."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "project" / "data").mkdir(parents=True)
    os.mkfifo(tmp_path / "project" / "data" / "pipe")
    real = tmp_path / "shared" / "pantheon.yaml"
    shutil.copy(CORPUS / "original" / "sketch.yaml", real)
    link = tmp_path / "project" / "pantheon.yaml"
    link.symlink_to("../shared/pantheon.yaml")

    (rewrite,) = plan_migration(link).files
    assert real.read_text() == rewrite.before
    rewrite.write()

    assert link.is_symlink()
    assert load_project(link).dialect == "full"
