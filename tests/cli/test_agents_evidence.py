"""What a person sees of evidence, canaries, the holdout's wear and the budget of all agents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pantheon.clock import SystemClock
from pantheon.ids import ContentHash
from pantheon.learn import promote
from pantheon.learn.gates import Challenge, record_look, weigh
from pantheon.store import Store, Version
from tests.cli.conftest import Pantheon


@pytest.fixture
def store(pantheon: Pantheon, desk: Path) -> Store:
    """The project's store, with two versions of triage."""
    pantheon("runs", "list")
    store = Store.open(desk / ".pantheon" / "pantheon.db", clock=SystemClock())
    for number in (1, 2):
        store.versions.add(
            Version(
                ContentHash(f"b2:{number:032x}"),
                "triage",
                number,
                None,
                "night",
                store.clock.now(),
                "candidate",
                {"summary": f"evidence {number}"},
                store.blobs.put(b"%d" % number),
            )
        )
    first = store.versions.list("triage")[0]
    lock = desk / "pantheon.lock"
    promote(store, "triage", first.hash, who="night", why="ok", clock=store.clock, lock=lock)
    return store


def test_evidence_budget_and_wear_are_shown(pantheon: Pantheon, store: Store) -> None:
    """Every test with what it has and needs, by the names people use."""
    challenge = Challenge("triage", "lora", store.versions.list("triage")[0].hash)
    weigh(store, challenge, "n1", np.ones(30, dtype=bool), np.zeros(30, dtype=bool))
    record_look(store, "triage", night="n1", rows=12, passed=False)
    store.close()

    shown, body = (
        pantheon("agents", "evidence", "triage"),
        pantheon("agents", "evidence", "triage", "--json").json,
    )

    assert "lora against triage@1" in shown.out
    assert "better than (shown)" in shown.out
    assert "1 looks, 1 of them rejected" in shown.out
    assert body["tests"][0]["wins"] == 30
    assert body["tests"][0]["e_value"] > body["tests"][0]["e_needed"]
    assert body["budget"]["rejected"] == body["budget"]["tests"] == 1
    assert body["holdout"]["looks"][0]["purpose"] == "gate rejected"


def test_without_any_test_it_says_so(pantheon: Pantheon, store: Store) -> None:
    """And an agent that is not there is a mistake with its fix."""
    store.close()
    assert "No test has begun" in pantheon("agents", "evidence", "triage").out
    assert "The agents are" in pantheon("agents", "evidence", "nobody").err


def test_a_canary_by_hand_is_listed_and_taken_back(pantheon: Pantheon, store: Store) -> None:
    """`promote --share` begins a probation, the list tells, `rollback` ends it."""
    store.close()
    said = pantheon("agents", "promote", "triage@2", "--share", "0.25").out
    listed = pantheon("agents", "list").out
    items = pantheon("agents", "list", "--json").json["items"]
    back = pantheon("agents", "rollback", "triage").out
    moves = pantheon("agents", "history", "triage", "--json").json["moves"]

    assert "triage@2 is on probation with 25% of the requests" in said
    assert "triage@1 (triage@2 on probation with 25%)" in listed
    assert items[0]["canary"]["share"] == 0.25
    assert "triage@1 is deployed" in back
    assert [(m["channel"], m["share"]) for m in moves[1:]] == [("canary", 0.25), ("canary", 0.0)]


def test_a_night_may_state_its_canary(pantheon: Pantheon, desk: Path, store: Store) -> None:
    """`night: {canary: 20%}` is read; none of the requests is no canary."""
    store.close()
    text = (desk / "pantheon.yaml").read_text()
    (desk / "pantheon.yaml").write_text(text + "night: {canary: 20%}\n")
    assert pantheon("validate").code == 0
    (desk / "pantheon.yaml").write_text(text + "night: {canary: 0}\n")
    refused = pantheon("validate")
    assert refused.code != 0
    assert "would never end its probation" in refused.out + refused.err
