"""Alarms and suggestions at the command line: list, close, accept, dismiss."""

from __future__ import annotations

from pathlib import Path

import pytest

from pantheon.clock import SystemClock
from pantheon.store import Alarm, Store, Suggestion
from tests.cli.conftest import Pantheon


@pytest.fixture
def past(desk: Path, pantheon: Pantheon) -> Path:
    """A project with an alarm and a suggestion."""
    pantheon("run", "support", "text=My card was stolen")
    with Store.open(desk / ".pantheon" / "pantheon.db", clock=SystemClock()) as store:
        detail = {"says": "The tier cloud takes longer than it did", "stepped_back": False}
        store.alarms.add(Alarm("w1", "triage", 1.7e9, "latency", "tier cloud", 9.0, {**detail}))
        body = {"says": "Nobody has asked triage for 40 days.", "change": "Delete the agent."}
        store.suggestions.put(Suggestion("s1", "retire", "triage", 1.7e9, {**body}))
    return desk


@pytest.mark.usefixtures("past")
def test_an_alarm_is_listed_and_closed(pantheon: Pantheon) -> None:
    """Closed ones are shown when asked for; closing twice changes nothing."""
    assert "takes longer" in pantheon("alarms", "list").out

    closed = pantheon("alarms", "close", "w1", "--why", "a new line", "--json")

    assert closed.json == {"alarm": "w1", "state": "closed", "status": "applied"}
    assert pantheon("alarms", "list", "--json").json == {"items": []}
    (item,) = pantheon("alarms", "list", "--all", "--json").json["items"]
    assert (item["state"], item["detail"]["closed"]) == ("closed", "a new line")
    again = pantheon("alarms", "close", "w1", "--json")
    assert (again.code, again.json["status"]) == (0, "already")
    assert pantheon("alarms", "close", "w9").code != 0


@pytest.mark.usefixtures("past")
def test_a_suggestion_is_accepted_and_says_what_to_change(pantheon: Pantheon) -> None:
    """Nothing is changed by itself; a decision stands."""
    assert "40 days" in pantheon("suggestions", "list").out

    accepted = pantheon("suggestions", "accept", "s1")

    assert accepted.out == "s1 accepted\nDelete the agent.\n"
    assert pantheon("suggestions", "list").out == "Nothing is suggested.\n"
    assert pantheon("suggestions", "dismiss", "s1").code != 0
