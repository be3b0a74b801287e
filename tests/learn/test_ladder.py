"""The ladder: the cheapest good rung wins, budgets are kept, and a killed night loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError
from pantheon.ids import hash_json
from pantheon.learn import (
    Around,
    Climb,
    Judged,
    Promise,
    Row,
    Rung,
    Task,
    Tools,
    Trained,
    all_rungs,
    climb,
    infer_shape,
    load_model,
)
from pantheon.learn._ladder import Memory
from pantheon.learn.rungs._cache import CacheRung
from pantheon.learn.rungs._cache import Memory as Repeats
from pantheon.store import Store
from tests.learn.specimens import open_store, shape
from tests.learn.worlds import draw_rows, embed

SCHEMA = shape(intent={"type": "string"})
PROMISE = Promise(0.05, 0.95)


def task(rows: Sequence[Row], promise: Promise = PROMISE) -> Task:
    """What `rows` teach."""
    return Task(
        "triage", shape(text={"type": "string"}), SCHEMA, infer_shape(SCHEMA, rows), promise
    )


def tools(*, seconds: float | None = None) -> Tools:
    """An embedder without weights, equality, and so many seconds."""
    clock = FakeClock()
    deadline = None if seconds is None else clock.elapsed() + seconds
    return Tools(embed, "words", lambda a, b: a == b, clock, deadline=deadline)


@dataclass
class FixedRung:
    """A rung whose local share and errors are given: `share` of its scores are 1, the rest 0."""

    name: str
    cost: int
    share: float
    wrong: float = 0.0
    weight: float = 1.0
    needs: float = 1.0
    trained: list[str] = field(default_factory=list[str])

    def unfit(self, task: Task, rows: Sequence[Row], tools: Tools) -> str | None:
        del task, rows, tools
        return None

    def seconds(self, task: Task, rows: Sequence[Row], tools: Tools) -> float:
        del task, rows, tools
        return self.needs

    async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
        del task, tools
        self.trained.append(self.name)
        order = np.arange(len(rows)) / len(rows)
        margin = np.where(order < self.share, 1.0, 0.0)
        wrong = (margin == 0.0) | (order < self.wrong)
        judged = Judged(tuple(row.id for row in rows), margin, wrong)
        return Trained(Repeats({"hi": (rows[0].label, 0.9, rows[0].id)}), judged, len(rows))


def go(
    rungs: Sequence[Rung], rows: Sequence[Row], tools: Tools, memory: Memory | None = None
) -> Climb:
    """Climb now."""
    return asyncio.run(climb(rungs, rows, task(rows), tools, memory))


def memory(store: Store, night: str = "n1") -> Memory:
    """A memory in `store`."""
    around = Around(embed, "words")
    return Memory(store, "triage", night, hash_json("rows"), lambda data: load_model(data, around))


ROWS = draw_rows(600)


def test_the_cheapest_of_the_good_ones_wins() -> None:
    """A dearer rung must answer at least a hundredth of the requests more."""
    cheap, same, more = FixedRung("a", 1, 0.6), FixedRung("b", 2, 0.605), FixedRung("c", 3, 0.8)

    assert _best(go([more, same, cheap], ROWS, tools())) == "c"
    assert _best(go([same, cheap], ROWS, tools())) == "a"


def _best(climbed: Climb) -> str | None:
    return climbed.best.rung if climbed.best else None


def test_every_rung_is_certified_with_its_own_share_of_delta() -> None:
    """One more rung costs the others evidence: what is just enough alone is not enough beside it."""
    errors = next(
        w
        for w in np.arange(0.05, 0.0, -0.002)
        if go([FixedRung("a", 1, 0.6, w)], ROWS, tools()).best is not None
        and _certified(go([FixedRung("a", 1, 0.6, w)], ROWS, tools()), "a")
    )
    beside = [FixedRung("a", 1, 0.6, errors), FixedRung("b", 2, 0.0, weight=9.0)]

    assert not _certified(go(beside, ROWS, tools()), "a")


def _certified(climbed: Climb, rung: str) -> bool:
    found = next(a.candidate for a in climbed.attempts if a.rung == rung)
    return found is not None and found.calibration.certified


def test_a_rung_that_is_wrong_as_often_as_right_may_answer_nothing() -> None:
    """However seldom it would answer, and however well that keeps the promise."""
    climbed = go([FixedRung("a", 1, 0.01, 0.01)], ROWS, tools())

    assert not _certified(climbed, "a")


def test_short_of_time_the_dear_rungs_are_left_out_and_it_is_said() -> None:
    """Pruned before they begin, with the seconds that were missing."""
    cheap, dear = FixedRung("a", 1, 0.5), FixedRung("b", 2, 0.9, needs=100.0)
    climbed = go([cheap, dear], ROWS, tools(seconds=10.0))

    assert [(a.rung, a.fate) for a in climbed.attempts] == [("a", "trained"), ("b", "pruned")]
    assert "about 100 s; 10 s are left" in climbed.attempts[1].reason
    assert dear.trained == []


def test_where_nothing_is_left_to_gain_no_dearer_rung_is_tried() -> None:
    """A memory that answers nearly everything needs no language model."""
    dear = FixedRung("b", 2, 1.0)
    climbed = go([FixedRung("a", 1, 0.99), dear], ROWS, tools())

    assert climbed.attempts[1].fate == "pruned"
    assert dear.trained == []


def test_a_rung_that_fails_leaves_the_others() -> None:
    """Its reason is kept; the best of the rest is put up."""

    class Broken(FixedRung):
        async def train(self, rows: Sequence[Row], task: Task, tools: Tools) -> Trained:
            raise InputError("The weights are gone.", hint="")

    climbed = go([Broken("a", 1, 0.9), FixedRung("b", 2, 0.5)], ROWS, tools())

    assert (climbed.attempts[0].fate, climbed.attempts[0].reason) == (
        "failed",
        "The weights are gone.",
    )
    assert _best(climbed) == "b"


def test_a_night_that_was_killed_finds_what_it_had_trained() -> None:
    """The second time nothing is trained, and the same candidate comes out."""
    with open_store() as store:
        rung = FixedRung("a", 1, 0.6)
        first = go([rung], ROWS, tools(), memory(store))
        again = go([rung], ROWS, tools(), memory(store))

        assert rung.trained == ["a"]
        assert again.attempts[0].fate == "reused"
        assert first.best is not None
        assert again.best is not None
        assert again.best.specialist.dumps() == first.best.specialist.dumps()
        assert again.best.calibration == first.best.calibration


def test_old_models_of_trials_are_let_go() -> None:
    """What a trial showed stays; its model goes with the next night."""
    with open_store() as store:
        go([FixedRung("a", 1, 0.6)], ROWS, tools(), memory(store, "n1"))
        memory(store, "n2").release()

        assert [t.artifact for t in store.trials.list("triage")] == [None]


# ------------------------------------------------------------------------------- real rungs
def test_repeated_requests_are_answered_from_memory_and_nothing_else_is() -> None:
    """Each row is judged by the others that ask the same; what nobody asked before is refused."""
    rows = [
        Row(
            f"{n}",
            f"What is  topic {n % 40}?",
            f'{{"intent":"{n % 40}"}}',
            f"g{n % 40}",
            n,
            "bootstrap",
        )
        for n in range(200)
    ] + [Row("odd", "never asked before", '{"intent":"x"}', "odd", 300, "bootstrap")]
    trained = asyncio.run(CacheRung().train(rows, task(rows), tools()))
    by_id = dict(zip(trained.judged.ids, trained.judged.margin.tolist(), strict=True))
    model = trained.model.accepting(0.5, trained.model.certainty)
    known, unknown = model.answer(["what is topic 7", "something new"])

    assert by_id["odd"] == -1.0
    assert by_id["0"] == pytest.approx(5 / 6)
    assert (known.label, known.accepted) == ('{"intent":"7"}', True)
    assert not unknown.accepted
    assert load_model(model.dumps(), Around(embed, "words")).dumps() == model.dumps()


def test_the_whole_ladder_on_labels_picks_the_machine() -> None:
    """Requests that never repeat, answers that do: memory and neighbours say why they do not fit."""
    climbed = go(all_rungs(), draw_rows(400), tools())
    fates = {a.rung: a.fate for a in climbed.attempts}

    assert _best(climbed) == "machine"
    assert (fates["cache"], fates["neighbours"]) == ("unfit", "unfit")


def test_a_trial_is_kept_as_long_as_nights_ask_for_it() -> None:
    """Each of four nights without anything new finds what the first has trained."""
    rung = FixedRung("a", 1, 0.6)
    with open_store() as store:
        for night in ("n1", "n2", "n3", "n4"):
            kept = memory(store, night)
            go([rung], ROWS, tools(), kept)
            kept.release()

    assert rung.trained == ["a"]


def test_another_contract_is_another_trial() -> None:
    """What is critical, the audit rate and the promise decide what a rung learns."""
    usual = task(ROWS)
    others = [
        replace(usual, critical=({"intent": "a"},)),
        replace(usual, audit_rate=0.5),
        replace(usual, promise=Promise(0.02, 0.95)),
        replace(usual, description="Another one."),
    ]
    with open_store() as store:
        keys = {memory(store).key(FixedRung("a", 1, 0.6), t, "words") for t in (usual, *others)}

    assert len(keys) == 5


def test_a_correction_is_no_repeat_of_the_request_it_corrects() -> None:
    """A request that was asked once is not known to a memory that left it out."""
    row = ROWS[0]
    twin = replace(row, id=f"{row.id}:again", drawn="feedback")
    rows = [row, twin, *ROWS[1:3]]
    trained = asyncio.run(CacheRung().train(rows, task(rows), tools()))
    margin = dict(zip(trained.judged.ids, trained.judged.margin.tolist(), strict=True))

    assert margin[row.id] == -1.0
