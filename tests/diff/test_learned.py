"""Learned parts: which specialists, what they were taught, and how they score slice by slice."""

from __future__ import annotations

import jsonschema
import pytest

from pantheon.clock import FakeClock
from pantheon.diff import Source, compare, diff_schema, render_html, render_text, to_json
from pantheon.diff._scores import compare_scores, score_slices
from pantheon.ids import ContentHash, hash_json
from pantheon.store import AnswerRow, Audit, Store
from tests.diff.world import Folder

OLD, NEW = hash_json("old"), hash_json("new")


def audited(store: Store, version: ContentHash, team: str, *, agree: int, differ: int) -> None:
    """Answers of a specialist, all of them audited."""
    for number in range(agree + differ):
        id = f"{version}-{team}-{number}"
        store.answers.add(
            AnswerRow(
                id, "triage", version, 1.0, {"text": "a"}, {"team": "x"}, "specialist", "sure",
                "specialist", local=True, specialist=version,
            )
        )  # fmt: skip
        store.audits.settle(Audit(id, "triage", 1.0, {"team": team}, number < agree))


@pytest.fixture
def store() -> Store:
    """Two specialists: the later one is better, but for one team."""
    opened = Store.open(":memory:", clock=FakeClock())
    audited(opened, OLD, "cards", agree=60, differ=40)
    audited(opened, NEW, "cards", agree=95, differ=5)
    audited(opened, OLD, "other", agree=18, differ=2)
    audited(opened, NEW, "other", agree=10, differ=10)
    return opened


def test_scores_by_slice_with_intervals(store: Store) -> None:
    """All first, then by what the cloud answered; a difference has limits of its own."""
    every, cards, other = score_slices(store, "triage", OLD, NEW)
    assert (every.name, cards.name, other.name) == ("all", "cards", "other")
    assert cards.before is not None
    assert (cards.before.audited, cards.before.share) == (100, 0.6)
    assert cards.before.low < 0.6 < cards.before.high
    assert cards.by == pytest.approx(0.35)
    assert cards.low is not None
    assert cards.low > 0
    assert other.high is not None
    assert other.high < 0
    assert score_slices(store, "triage", None, NEW)[0].before is None
    assert score_slices(store, "triage", OLD, hash_json("third"))[0].by is None


def test_limits_of_a_difference() -> None:
    """Newcombe (1998), table II, method 10: 56/70 − 48/80 lies in 0.0524 … 0.3339."""
    found = compare_scores("all", (48, 80), (56, 70))
    assert found.by == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=1e-4)
    assert found.high == pytest.approx(0.3339, abs=1e-4)


def test_every_rendering_tells_the_scores(store: Store, folder: Folder) -> None:
    """Text, page and JSON, from one model."""
    project = folder.load()
    diff = compare(
        Source("a", project, {"triage": OLD}), Source("b", project, {"triage": NEW}), store=store
    )
    told = "cards: 60% of 100 (50% to 69%) → 95% of 100 (89% to 98%); +35.0 points (+24.0 to +45.3)"
    assert told[:60] in render_text(diff)
    assert told[:30] in render_html(diff)
    jsonschema.validate(to_json(diff), diff_schema())
