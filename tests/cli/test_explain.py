"""`pantheon explain`: every code, key, exit code and reason; and what was meant where there is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from pantheon.agents import Reason
from pantheon.cli._app import run
from pantheon.errors import ExitCode
from pantheon.lint import catalogue, explain_key, known_paths

NO_SAMPLE = {"agents.NAME.tests.expect.nodes", "flows.NAME.tests.expect.tier"}
"""The schema has them beside each other; the loader refuses one for agents, the other for flows."""


def explained(capsys: pytest.CaptureFixture[str], topic: str) -> list[dict[str, Any]]:
    """All that a topic means."""
    assert run(["explain", topic, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["meanings"]


@pytest.mark.parametrize(
    ("topic", "kind", "name"),
    [
        ("P101", "rule", "P101 no-description"),
        ("unknown-key", "mistake", "P013 unknown-key"),
        ("agents.tiers", "key", "agents.NAME.tiers"),
        ("agents.triage.promise", "key", "agents.NAME.promise"),
        ("promise.audit", "key", "agents.NAME.promise.audit"),
        ("3", "exit code", "3 VALIDATION"),
        ("0", "exit code", "0 OK"),
        ("withheld", "reason", "withheld"),
    ],
)
def test_topics_of_every_kind(
    capsys: pytest.CaptureFixture[str], topic: str, kind: str, name: str
) -> None:
    """Each is found by the word it is shown by."""
    found = explained(capsys, topic)
    assert (kind, name) in {(m["kind"], m["name"]) for m in found}
    assert all(m["about"].endswith(".") for m in found)


def test_keys_tell_type_default_and_example(capsys: pytest.CaptureFixture[str]) -> None:
    """The example is what may be written."""
    (found,) = explained(capsys, "promise.audit")
    assert found["type"] == "number, or text"
    assert found["default"] == "0.05"
    shown = yaml.safe_load(found["example"])
    assert shown["agents"]["triage"]["promise"]["audit"] == 0.05


def test_everything_that_is_closed_is_explained() -> None:
    """No path, code or exit code is without words, and every example is YAML."""
    assert len(known_paths()) > 100
    for path in known_paths():
        for key in explain_key(path):
            assert key.description, key.path
            assert key.path in NO_SAMPLE or isinstance(yaml.safe_load(key.example), dict), key.path


def test_every_reason_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The closed sets, whole."""
    for reason in Reason:
        assert "reason" in {m["kind"] for m in explained(capsys, reason.value)}
    for code in ExitCode:
        assert "exit code" in {m["kind"] for m in explained(capsys, str(int(code)))}


def test_unknown_topics_name_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """Or say where all are listed."""
    assert run(["explain", "agents.tirs"]) == ExitCode.NOT_FOUND
    assert "Did you mean `agents.tiers`?" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "meant"), [("teirs", "tiers"), ("promt", "prompt")])
def test_a_slip_of_the_finger_names_what_was_meant(
    capsys: pytest.CaptureFixture[str], typed: str, meant: str
) -> None:
    """Also at the end of a path, and before words that are merely alike."""
    assert run(["explain", typed]) == ExitCode.NOT_FOUND
    assert f"Did you mean `{meant}`?" in capsys.readouterr().err


def test_keys_below_names_and_words_in_lists_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What a node may hold, and every tier, with or without settings."""
    (nodes,) = explained(capsys, "flows.nodes")
    assert {"agent", "merge", "in", "retry"} <= set(nodes["keys"])
    (tiers,) = explained(capsys, "agents.tiers")
    assert list(tiers["keys"]) == [
        "specialist", "prompt", "cloud", "human", "python", "command", "rules",
    ]  # fmt: skip


def test_without_a_topic_all_codes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each, under a line of titles."""
    assert run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(catalogue()) + 1
    assert run(["explain", "P101"]) == 0
    assert "found in:" in capsys.readouterr().out
