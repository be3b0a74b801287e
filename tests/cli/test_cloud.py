"""The command line with a cloud behind it, over real HTTP on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pantheon.models import FaultServer
from tests.cli.conftest import Pantheon

PROJECT = """\
version: 1
models:
  cloud: {{engine: openai, base_url: "{url}", model: big, api_key_env: CLOUD_KEY,
           price: {{input: 2.0, output: 10.0}}}}
agents:
  triage:
    input: {{text: string}}
    output: {{team: {{enum: [cards, payments]}}}}
    tiers: [specialist, cloud]
    promise: {{disagreement: 0.05, confidence: 0.95}}
flows:
  support:
    description: Find the team for a customer message about cards or payments.
    examples: [My card was stolen, Where is my transfer?]
    input: {{text: string}}
    nodes:
      triage: {{agent: triage, in: {{text: input.text}}}}
    output: {{team: triage.team}}
router: {{flows: [support], otherwise: cloud}}
"""
KEY = "sk-secret-0123456789"


def answer(body: object) -> str:
    """What this cloud says: a team, or free text where it is asked for an answer."""
    return json.dumps({"team": "cards"} if "payments" in json.dumps(body) else {"answer": "Paris"})


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """A project whose cloud is a server on loopback."""
    with FaultServer(answer=answer) as server:
        (tmp_path / "pantheon.yaml").write_text(PROJECT.format(url=server.base_url))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("CLOUD_KEY", KEY)
        yield server


def test_the_cloud_answers_and_its_cost_is_kept(cloud: FaultServer, pantheon: Pantheon) -> None:
    """Tier, tokens and cost are in the record; the key is in none of the files."""
    run = pantheon("run", "support", "text=My card was stolen", "--json").json

    (row,) = run["answers"]
    assert (run["output"], row["tier"]) == ({"team": "cards"}, "cloud")
    assert row["cost_usd"] > 0
    assert row["tried"][0]["reason"] == "empty_slot"
    files = [path for path in Path(".pantheon").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert len(cloud.requests) == 1


@pytest.mark.usefixtures("cloud")
def test_a_spent_budget_stops_asking(pantheon: Pantheon) -> None:
    """With nothing to spend the cloud abstains, and the run says why."""
    run = pantheon("run", "support", "text=My card", "--max-usd", "0", "--json")

    assert (run.code, run.json["state"]) == (10, "failed")
    assert "budget" in run.json["failure"]["message"].lower()


def test_without_the_key_the_variable_is_named(
    cloud: FaultServer, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key: nothing is sent, and the fix names the variable."""
    monkeypatch.delenv("CLOUD_KEY")
    run = pantheon("run", "support", "text=My card", "--json")

    assert run.code == 10
    assert "CLOUD_KEY" in run.json["failure"]["message"]
    assert cloud.requests == []


@pytest.mark.model
@pytest.mark.usefixtures("cloud")
def test_a_prompt_that_fits_no_flow_goes_to_the_cloud(pantheon: Pantheon) -> None:
    """`otherwise: cloud` answers what no flow is for."""
    said = pantheon("ask", "What is the capital of France?", "--json")

    assert said.code == 0
    assert said.json["route"]["flow"] is None
    assert said.json["answer"]["output"] == {"answer": "Paris"}
