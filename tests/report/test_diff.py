"""What changed between two versions: data, scores with intervals, and who moved what."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from pantheon.errors import NotFound
from pantheon.ids import ContentHash
from pantheon.report import (
    diff_to_json,
    render_diff_html,
    render_diff_text,
    version_diff,
)
from tests.report.fortnight import build_fortnight
from tests.report.pages import read_page
from tests.report.worlds import World


@pytest.fixture(scope="module")
def world() -> World:
    """Nine days and nights."""
    return build_fortnight()


def hashes(world: World, agent: str) -> list[ContentHash]:
    """Every version of an agent, oldest first."""
    return [version.hash for version in world.store.versions.list(agent)]


def test_the_comparison_in_text(world: World) -> None:
    """Two versions side by side, each number with its interval."""
    old, new = hashes(world, "triage")[1:3]

    assert render_diff_text(version_diff(world.store, "triage", old, new), width=100) == snapshot(
        """\
triage@2 → triage@3   promoted, Wed 4 Mar 05:33 UTC
40% answered here; at most 1.4% of all differ
  - On fresh work it is not worse than what answered before, and it answers more here.
  - The calibration bound stays under the promise.

Training examples  before  after  change
from the cloud         81    135     +54
from people            15     25     +10
in all                 96    160     +64
Answers gained: account

Calibration                                                before              after        change
Examples trained on                                           380                580          +200
Examples held out                                              95                145           +50
Random requests it was calibrated on                          190                290          +100
of which answered here, unlike the cloud                        0                  1            +1
Answers from this confidence margin on                       0.81               0.81          same
Estimated to differ, of all requests                0% (0% to 2%)  0.3% (0% to 2.3%)   +0.3 points
Certified to differ at most, of all requests                 1.6%               1.4%   -0.2 points
Estimated to be answered here                    30% (25% to 35%)   40% (35% to 45%)  +10.0 points
Times the held-out examples have been looked at                 4                  1            -3

Held-out work, beside what answered then
Held-out requests asked of both versions                   240
Held out, new version: differs               0.8% (0% to 1.8%)
Held out, new version: differs at most                    2.1%
Held out, new version: answered here          40% (33% to 47%)
Answered here by the new version only                       10
Answered here by the old version only                        3
p-value: the new version answers fewer here               0.99
Differs in the new version only                              1
Differs in the old version only                              2
p-value: the new version differs more often                0.7

History
  - Wed 4 Mar 05:33 UTC: deployed by night: the gate agreed
  - Fri 6 Mar 05:33 UTC: taken out by night: the gate agreed\
"""
    )


def test_the_first_version_is_compared_with_an_empty_slot(world: World) -> None:
    """Everything is gained, nothing is lost, and there is nothing to subtract from."""
    (new,) = hashes(world, "reply")
    difference = version_diff(world.store, "reply", None, new)

    assert difference.before is None
    assert difference.labels_gained == ("account", "cards", "other", "payments")
    assert (difference.labels_lost_total, difference.state) == (0, "proposed")
    assert all(change.before is None for change in difference.facts)
    assert "empty slot → reply@1" in render_diff_text(difference)


def test_labels_gained_are_those_the_older_version_never_saw(world: World) -> None:
    """The examples of each version are those known when it was made."""
    first, *_, last = hashes(world, "triage")
    difference = version_diff(world.store, "triage", first, last)
    total = sum(change.after for change in difference.data)

    assert difference.labels_gained == ("account", "other")
    assert total == world.store.examples.count("triage", split="train")
    assert {change.source for change in difference.data} == {"cloud", "human"}


def test_reasons_and_moves_are_told(world: World) -> None:
    """Why the night decided, when it was deployed, and what it gave way to."""
    first, second, *_ = hashes(world, "triage")
    difference = version_diff(world.store, "triage", first, second)

    assert difference.reasons[0].startswith("On fresh work it is not worse")
    assert [move.words for move in difference.moves] == [
        "deployed by night: the gate agreed",
        "taken out by night: the gate agreed",
    ]


def test_the_page_holds_the_same(world: World) -> None:
    """The page is well-formed, with captions, headings in order and both tables."""
    old, new = hashes(world, "triage")[-2:]
    page = read_page(render_diff_html(version_diff(world.store, "triage", old, new)))
    levels = [int(heading.tag[1]) for heading in page.find("h1", "h2", "h3")]

    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    assert len(page.find("table")) == 3
    assert all(table.find("caption")[0].all_text() for table in page.find("table"))
    assert "+10.0 points" in page.all_text()


def test_the_keys_for_programs(world: World) -> None:
    """The comparison as JSON has the documented keys."""
    old, new = hashes(world, "triage")[-2:]
    values = diff_to_json(version_diff(world.store, "triage", old, new))

    assert list(values) == snapshot(
        [
            "agent",
            "before",
            "after",
            "state",
            "summary",
            "night",
            "data",
            "labels_gained",
            "labels_gained_total",
            "labels_lost",
            "labels_lost_total",
            "facts",
            "gate",
            "reasons",
            "moves",
        ]
    )
    assert values["agent"] == "triage"


def test_an_unknown_version_is_a_clear_error(world: World) -> None:
    """The error names the version and says how to see those there are."""
    with pytest.raises(NotFound, match="b2:404") as error:
        version_diff(world.store, "triage", None, ContentHash("b2:404"))

    assert "pantheon agents history" in error.value.hint
