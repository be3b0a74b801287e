"""What the report tells of learning itself: the ladder, both promises, alarms, budgets, ideas."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from pantheon.ids import JsonObject
from pantheon.report import (
    Morning,
    RungTried,
    collect,
    render_html,
    render_markdown,
    render_text,
)
from pantheon.report._glossary import GLOSSARY
from pantheon.report._school import say_choice
from tests.report.pages import read_page
from tests.report.school import build_school_night, project


@cache
def morning() -> Morning:
    """The report after the second night."""
    return collect(build_school_night().store, project=project())


def test_the_ladder_says_why_the_winner_won() -> None:
    """The cheapest of those that were certified, beside what did not fit."""
    update = morning().agents[0].update

    assert update is not None
    assert [rung.name for rung in update.ladder] == ["machine", "demos", "cache", "lora"]
    assert [rung.chosen for rung in update.ladder] == [True, False, False, False]
    assert "of 2 kinds that could be certified it is the cheapest" in update.choice


@pytest.mark.parametrize(
    ("certified", "said"),
    [
        ((False, False), "could be certified; a (a) agreed most"),
        ((True, False), "only kind of 2 tried"),
        ((True, True), "won: of 2 kinds"),
    ],
)
def test_the_choice_in_words(certified: tuple[bool, ...], said: str) -> None:
    """None, one, or several could be certified."""
    rungs = tuple(
        RungTried(n, n, "trained", c, n == "a", 0.5, 0.9, "", 1.0)
        for n, c in zip("ab", certified, strict=True)
    )

    assert said in say_choice(rungs)


def test_judgements_are_asked_for_with_what_they_unlock() -> None:
    """Twelve requests compared, six differ, one is judged."""
    quality = morning().agents[0].quality
    need = next(need for need in morning().needs_you if need.kind == "judgements")

    assert quality is not None
    assert (quality.judged, quality.wins, quality.losses) == (1, 1, 0)
    assert quality.pending > 0
    assert need.commands[-1].line == "pantheon teach triage"
    assert need.detail == quality.words


def test_ideas_wait_for_a_decision_with_their_commands() -> None:
    """A discovered agent with its forecast; an agent to retire."""
    ideas = [need for need in morning().needs_you if need.kind == "idea"]

    assert [need.title for need in ideas] == [
        "new agent language: recurring work in the log",
        "reply is no longer used",
    ]
    assert "could answer 70% (60% to 80%) here" in ideas[0].detail
    assert "$12.30 a month" in ideas[0].detail
    assert ideas[0].commands[1].line.endswith("--write --only d1")
    assert ideas[1].commands[1].line == "pantheon suggestions accept s1"


def test_probation_alarms_and_budgets_are_told() -> None:
    """By what the store keeps of them."""
    agent = morning().agents[0]

    assert agent.probation is not None
    assert agent.probation.version == "triage@2"
    assert "1 of 40 fresh requests" in agent.probation.words
    assert [(a.kind, a.state, bool(a.command)) for a in morning().alarms] == [
        ("latency", "closed", False),
        ("inputs", "open", True),
    ]
    assert morning().budget is not None
    assert "2 claims" in getattr(morning().budget, "words", "")
    assert agent.held_out is not None
    assert agent.held_out.looks == 2


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_the_pages_tell_all_of_it(render: Callable[[Morning], str]) -> None:
    """The same story in both, with every word that needs explaining explained."""
    page = render(morning())
    text = read_page(page).all_text() if render is render_html else page.replace("&#64;", "@")
    plain = text.replace("\\", "")

    for told in (
        "a small classifier on the text",
        "It would take about 900 s",
        "on probation since",
        "AUC 0.91",
        "of that budget is left",
        "pantheon suggestions accept s1",
        "pantheon alarms close w1",
        *(word for word, _ in GLOSSARY),
    ):
        assert told in plain, told


def test_the_terminal_says_the_most_of_it() -> None:
    """Alarms, probation and the standing of the quality promise, each in a line."""
    text = render_text(morning())

    assert "▲ triage: Requests are unlike those before" in text
    assert "on probation: triage@2, 20% of requests" in text
    assert "quality: " in text


def test_a_step_back_by_an_alarm_is_no_broken_promise() -> None:
    """The reader is told what the alarm said, not that audits have shown anything."""
    world = build_school_night()
    cause: JsonObject = {"kind": "inputs", "says": "Requests are unlike those before."}
    at = world.clock.now()
    state: JsonObject = {"stepped_back": True, "fresh_since": at, "cause": cause}
    world.store.monitors.set("triage", {**state, "stepped_back_at": at})
    found = collect(world.store, project=project())

    assert found.agents[0].promise.status == "precaution"
    assert found.needs_you[0].kind == "precaution"
    assert "to be safe" in found.needs_you[0].detail
