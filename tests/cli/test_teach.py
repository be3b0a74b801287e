"""`pantheon teach`: what a person types is kept if it can be, and asked for again if not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from pantheon.cli._teach import _Desk  # pyright: ignore[reportPrivateUsage]
from pantheon.learn import curate, select
from pantheon.learn.quality import review
from pantheon.spec import Project, Promise
from pantheon.store import ShadowPrediction, Store
from tests.learn.specimens import TRIAGE, add_version, answer_all, open_store, traffic

AGENT = replace(TRIAGE, promise=Promise(0.1, 0.9, 0.2, quality=0.05))


@pytest.fixture
def store() -> Iterator[Store]:
    """Two requests of which a version says something else than the cloud."""
    with open_store() as store:
        version = add_version(store, AGENT.name, 1)
        answer_all(store, traffic(2))
        curate(store, AGENT)
        store.predictions.add(
            ShadowPrediction(AGENT.name, version.hash, row.id, row.at, {"team": "x"}, 0.9, True)
            for row in select(store, AGENT).rows
        )
        yield store


@pytest.mark.parametrize("typed", ["{", '{"tem": 1}', "[1]", "no-such-file"])
def test_a_slip_of_the_fingers_does_not_end_the_loop(
    store: Store, typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, nothing is kept, and the next question can be answered."""
    desk = _Desk(store, Project(Path(), agents={AGENT.name: AGENT}), None)
    question, *_ = review(store, [AGENT])[0].questions
    said = [typed, '{"team": "cards"}']

    def prompt(_: str) -> str:
        return said.pop(0)

    monkeypatch.setattr(click, "prompt", prompt)
    assert desk._judge(question, "e") is False  # pyright: ignore[reportPrivateUsage]
    assert "Not kept" in capsys.readouterr().out
    assert store.judgements.list(AGENT.name) == []

    assert desk._judge(question, "e") is True  # pyright: ignore[reportPrivateUsage]
    assert store.judgements.list(AGENT.name)[0].output == {"team": "cards"}
