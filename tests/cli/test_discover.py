"""`pantheon discover`: from a log on the command line to a branch one can merge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Pantheon
from tests.learn.discover.world import git, make_log, repository

pytestmark = pytest.mark.model


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in git, with a log beside it."""
    root = repository(tmp_path / "p")
    monkeypatch.chdir(root)
    lines = "".join(f"{json.dumps(line)}\n" for line in make_log())
    (tmp_path / "log.jsonl").write_text(f"{lines}{{\n")
    return root


@pytest.mark.usefixtures("project")
def test_proposals_are_listed_and_shown(pantheon: Pantheon) -> None:
    """Two wordings of one task are one proposal; a bad line has exit code 9."""
    said = pantheon("discover", "--log", "../log.jsonl", "--json")
    body = said.json

    assert (said.code, body["bad_lines"], body["reasons"]) == (9, 1, {"not JSON": 1})
    assert sorted(p["kind"] for p in body["proposals"]) == ["label", "record"]
    label = next(p for p in body["proposals"] if p["kind"] == "label")
    assert (label["calls"], len(label["wordings"])) == (80, 2)
    shown = pantheon("discover", "show", label["id"])
    assert shown.code == 0
    assert "Learning curve" in shown.out
    assert pantheon("discover", "show", label["id"], "--json").json["name"] == label["name"]


def test_a_written_proposal_can_be_merged_and_taught(pantheon: Pantheon, project: Path) -> None:
    """The commands that are printed do what they say."""
    said = pantheon("discover", "--log", "../log.jsonl", "--write", "--json").json
    label = next(p for p in said["proposals"] if p["kind"] == "label")
    written = said["written"][label["id"]]

    git(project, "merge", "--ff-only", written["branch"])
    assert pantheon("validate").code == 0
    assert pantheon(*written["import"].split()[1:]).code == 0
    (item,) = [
        i for i in pantheon("agents", "list", "--json").json["items"] if i["agent"] == label["name"]
    ]
    assert item["examples"] == 80
    again = pantheon("discover", "--log", "../log.jsonl", "--json").json
    assert label["id"] not in {p["id"] for p in again["proposals"]}


@pytest.mark.usefixtures("project")
def test_nothing_found_is_said(pantheon: Pantheon) -> None:
    """A project of which nothing passed to the cloud has no proposals, and a missing log is named."""
    assert "No recurring task" in pantheon("discover").out
    assert pantheon("discover", "--log", "nowhere.jsonl").code == 6
    assert pantheon("discover", "show", "d0").code == 6
