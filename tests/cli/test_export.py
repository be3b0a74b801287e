"""`pantheon export` and `pantheon import agentspec`: formats of others, and what gets lost."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pantheon.spec import flow_hash, load_project
from tests.cli.conftest import Pantheon


def test_a_flow_as_a_project_of_its_own(desk: Path, pantheon: Pantheon) -> None:
    """It loads to the same flow, agents and all; code that lies elsewhere is named."""
    said = pantheon("export", "support", "--to", "yaml", "--out", "own/pantheon.yaml")

    assert (said.code, said.out) == (0, "wrote own/pantheon.yaml\n")
    assert "agents.triage: its function `desk:triage` has to come along" in said.err
    own, before = load_project(desk / "own"), load_project(desk)
    assert flow_hash(own.flows["support"], own) == flow_hash(before.flows["support"], before)
    assert own.router is None


def test_an_agent_as_a_project_of_its_own(desk: Path, pantheon: Pantheon) -> None:
    """Only what it uses comes with it; several may be named."""
    one = pantheon("export", "measure", "--to", "yaml").out
    two = pantheon("export", "measure", "agents.file", "--to", "yaml").out

    (desk / "own.yaml").write_text(two)
    assert "triage" not in one
    assert list(load_project(desk / "own.yaml").agents) == ["measure", "file"]


def test_writing_is_idempotent_and_careful(desk: Path, pantheon: Pantheon) -> None:
    """Said before it is done, done once, and nobody else's file is replaced unasked."""
    words = ("export", "support", "--to", "mermaid", "--out", "flow.mmd")

    assert pantheon(*words, "--dry-run", "--json").json["status"] == "would"
    assert not (desk / "flow.mmd").exists()
    assert pantheon(*words, "--json").json == {
        "losses": [],
        "status": "applied",
        "path": "flow.mmd",
    }
    assert pantheon(*words, "--json").json["status"] == "already"

    (desk / "flow.mmd").write_text("mine")
    assert pantheon(*words).code == 2
    assert (desk / "flow.mmd").read_text() == "mine"
    assert pantheon(*words, "--force").out == "wrote flow.mmd\n"


@pytest.mark.usefixtures("desk")
def test_all_flows_as_one_card(pantheon: Pantheon) -> None:
    """Without a name; the JSON of the command holds the card as text, and the losses."""
    told = pantheon("export", "--to", "a2a", "--url", "https://x.example/a2a", "--json").json

    assert [skill["id"] for skill in json.loads(told["text"])["skills"]] == ["support"]
    assert {loss["where"] for loss in told["losses"]} == {"flows.support", "card"}


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("suport", "--to", "mermaid"), 6, "did you mean `support`"),
        (("agents.triag", "--to", "yaml"), 6, "did you mean `triage`"),
        (("--to", "mermaid"), 2, "takes one flow or agent"),
        (("--to", "yaml"), 2, "takes one flow or agent"),
        (("support", "file", "--to", "mermaid"), 2, "takes one flow or agent"),
        (("triage", "--to", "mermaid"), 2, "is an agent"),
        (("support", "--to", "a2a"), 2, "--url"),
        (("support", "--to", "a2a", "--url", "nowhere"), 2, "is no address"),
        (("support", "--to", "a2a", "--url", "https://u:pw@x"), 2, "user name or password"),
        (("support", "--to", "mermaid", "--url", "https://x"), 2, "is for `--to a2a`"),
    ],
)
def test_mistakes(pantheon: Pantheon, words: tuple[str, ...], code: int, said: str) -> None:
    """Each is one sentence with what to do."""
    told = pantheon("export", *words)

    assert told.code == code
    assert said in told.err


@pytest.mark.usefixtures("desk")
def test_a_missing_package_is_named(pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line that installs it, for both directions."""
    monkeypatch.setitem(sys.modules, "pyagentspec", None)
    Path("flow.yaml").write_text("component_type: Flow\n")

    for words in (("export", "support", "--to", "agentspec"), ("import", "agentspec", "flow.yaml")):
        told = pantheon(*words, "--json")
        assert told.code == 8
        assert told.json["error"]["hint"] == "pip install 'pantheon[agentspec]'"


@pytest.mark.usefixtures("desk")
def test_a_file_that_cannot_be_read(pantheon: Pantheon) -> None:
    """Not there, or no text."""
    Path("data.bin").write_bytes(b"\xff\xfe\x00")

    assert pantheon("import", "agentspec", "none.yaml").code == 6
    assert pantheon("import", "agentspec", "data.bin").code == 9


@pytest.mark.interop
@pytest.mark.filterwarnings("ignore")
def test_out_and_in_again(desk: Path, pantheon: Pantheon) -> None:
    """An export read back is the same flow, through a file of either kind."""
    pytest.importorskip("pyagentspec")
    before = load_project(desk).flows["support"]

    for name in ("flow.yaml", "flow.json"):
        assert pantheon("export", "support", "--to", "agentspec", "--out", name).code == 0
        assert pantheon("import", "agentspec", name, "--out", f"{name}.d/pantheon.yaml").code == 0
        after = load_project(desk / f"{name}.d").flows["support"]
        assert after.nodes == before.nodes
        assert after.output == before.output
