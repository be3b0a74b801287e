"""Probation: a share of the requests, a verdict from fresh rows, and models that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pantheon.clock import FakeClock
from pantheon.errors import GateFailed, InputError, NotFound
from pantheon.ids import ContentHash, JsonObject, hash_json
from pantheon.learn import Promise, Row, promote, rollback, watch
from pantheon.learn._channels import canary_of
from pantheon.learn._lock import sync_lock
from pantheon.learn._promote import end_probation, release_outwaited, try_out
from pantheon.learn.gates import (
    AgentNight,
    Answers,
    Outcome,
    Probation,
    log_breach,
    lower_limit,
    review,
    review_canary,
    rows_to_settle,
)
from pantheon.releases import read_lock
from pantheon.store import Audit, Store, Version
from tests.learn.gates_world import answers, rows_at
from tests.learn.specimens import TRIAGE, add_version, answered, open_store, traffic

PROMISE = Promise(0.05, 0.95)


def outcome(code: str) -> Outcome:
    """What `answers` says of rows, judged."""
    return answers(code).judge(rows_at(range(len(code))), str.__eq__)


def on_probation(store: Store, share: float = 0.2) -> tuple[Version, Version]:
    """A stable version and a canary."""
    first, second = add_version(store, "triage", 1), add_version(store, "triage", 2)
    promote(store, "triage", first.hash, who="night", why="ok", clock=store.clock)
    try_out(store, "triage", second.hash, share=share, who="night", why="better")
    return first, second


# ------------------------------------------------------------------------------ statistics
def test_evidence_of_a_breach_is_fair_at_the_promise() -> None:
    """Its mean over ten requests is one if the risk is what was promised, below it if less."""
    import math

    def mean(risk: float) -> float:
        logs = log_breach(np.arange(11), 10, 0.1)
        ways = [math.comb(10, k) * risk**k * (1 - risk) ** (10 - k) for k in range(11)]
        return float(np.dot(ways, np.exp(logs)))

    assert mean(0.1) == pytest.approx(1)
    assert mean(0.05) < 1 < mean(0.2)


def test_the_lower_limit_is_where_the_evidence_ends() -> None:
    """Below it every risk is refuted; it is below the estimate and grows with the rows."""
    limits = [lower_limit(n // 5, n) for n in (50, 200, 1000)]
    assert limits == sorted(limits)
    assert limits[-1] < 0.2
    assert lower_limit(0, 100) == 0
    assert np.exp(log_breach(40, 200, limits[1] * 0.99)) >= 20
    assert np.exp(log_breach(40, 200, limits[1] * 1.01)) < 20


@pytest.mark.parametrize(
    ("canary", "stable", "nights", "verdict"),
    [
        ("+" * 60, "+" * 60, 1, "settled"),
        ("+" * 30, "+" * 30, 1, "on probation"),
        ("+" * 30, "+" * 30, 3, "settled"),
        ("-" * 3 + "+" * 27, "-" * 3 + "+" * 27, 1, "suspicious"),
        ("-" * 3 + "+" * 27, "-" * 3 + "+" * 27, 3, "rolled back"),
        ("-" * 20 + "+" * 40, "-" * 20 + "+" * 40, 1, "rolled back"),
        ("-" * 10 + "+" * 390, "+" * 400, 1, "rolled back"),
        ("-" + "+" * 29, "+" * 30, 1, "suspicious"),
    ],
)
def test_verdicts(canary: str, stable: str, nights: int, verdict: str) -> None:
    """Estimates make suspicious, limits roll back, enough clean rows settle."""
    found = review(outcome(canary), outcome(stable), PROMISE, nights=nights)
    assert found.verdict == verdict
    assert verdict in found.reason


def test_a_good_canary_is_rarely_taken_back_however_often_it_is_looked_at() -> None:
    """Its risk is exactly what is promised; looked at after every row, for a thousand rows."""
    wrong = np.random.default_rng(3).random((400, 1000)) < 0.05
    logs = log_breach(wrong.cumsum(axis=1), np.arange(1, 1001), 0.05)
    assert (logs >= np.log(20)).any(axis=1).mean() <= 0.05


def test_rows_to_settle_follow_the_rule_of_three() -> None:
    """60 at five percent, 150 at two."""
    assert [rows_to_settle(Promise(r)) for r in (0.05, 0.02)] == [60, 150]


# ------------------------------------------------------------------------------ moves
def test_a_canary_leaves_stable_and_lock_alone(tmp_path: Path) -> None:
    """Only the canary channel moves; the lock pins what it pinned, and an open changes nothing."""
    lock = tmp_path / "pantheon.lock"
    with open_store() as store:
        first, second = add_version(store, "triage", 1), add_version(store, "triage", 2)
        promote(store, "triage", first.hash, who="n", why="w", clock=store.clock, lock=lock)
        move = try_out(store, "triage", second.hash, share=0.2, who="n", why="w", lock=lock)

        assert sync_lock(store, lock, clock=store.clock) == ()
        assert (move.channel, move.share) == ("canary", 0.2)
        assert store.channels.current("triage") == first.hash
        assert read_lock(lock).entries["triage"].hash == first.hash
        assert [v.state for v in store.versions.list()] == ["promoted", "canary"]


def test_beside_nothing_there_is_no_probation() -> None:
    """An empty slot and one that stepped back are filled at once; so is a share of all."""
    with open_store() as store:
        versions = [add_version(store, "triage", number) for number in (1, 2, 3)]
        for version, share in zip(versions, (0.2, 0.2, 1.0), strict=True):
            try_out(store, "triage", version.hash, share=share, who="n", why="w")
            assert store.channels.current("triage") == version.hash
            store.monitors.set("triage", {"stepped_back": True})
        with pytest.raises(InputError, match="share of 0"):
            try_out(store, "triage", versions[0].hash, share=0, who="n", why="w")


def test_settling_a_canary_ends_its_probation() -> None:
    """It becomes stable, and nothing is on probation any longer."""
    with open_store() as store:
        first, second = on_probation(store)
        promote(store, "triage", second.hash, who="n", why="w", clock=store.clock)
        assert store.channels.current("triage") == second.hash
        assert canary_of(store, "triage") is None
        assert store.versions.get(second.hash).state == "promoted"
        assert rollback(store, "triage", who="p", why="w", clock=store.clock).version == first.hash


def test_rolling_back_takes_the_canary_first() -> None:
    """The last promotion is undone first; what answered is touched only after that."""
    with open_store() as store:
        first, second = on_probation(store)
        move = rollback(store, "triage", who="p", why="odd", clock=store.clock)
        assert (move.channel, move.previous) == ("canary", second.hash)
        assert store.channels.current("triage") == first.hash
        assert rollback(store, "triage", who="p", why="odd", clock=store.clock).version is None
        with pytest.raises(NotFound, match="on probation"):
            end_probation(store, "triage", who="p", why="odd", clock=store.clock)


def test_a_lock_that_moves_stable_ends_a_probation(tmp_path: Path) -> None:
    """What the canary was compared with does not answer any longer."""
    with open_store() as store:
        on_probation(store)
        sync_lock(store, tmp_path / "pantheon.lock", clock=store.clock)
        assert canary_of(store, "triage") is None


# ------------------------------------------------------------------------------ kept models
def test_the_champion_and_two_before_it_keep_their_models() -> None:
    """Older ones are let go of; the next compaction deletes their bytes, not their history."""
    clock = FakeClock()
    with Store.open(":memory:", clock=clock) as store:
        versions = [add_version(store, "triage", number) for number in range(1, 7)]
        for version in versions:
            promote(store, "triage", version.hash, who="n", why="w", clock=clock)
        store.compact(keep_runs=None, now=clock.now() + 2 * 86400)

        assert [v.released for v in store.versions.list()] == [True] * 3 + [False] * 3
        assert [store.blobs.has(v.artifact) for v in versions] == [False] * 3 + [True] * 3
        assert store.versions.get(versions[0].hash).artifact.endswith(versions[0].artifact)
        with pytest.raises(GateFailed, match="triage@1 was let go of"):
            promote(store, "triage", versions[0].hash, who="n", why="w", clock=clock)
        for _ in range(2):
            rollback(store, "triage", who="p", why="w", clock=clock)
        with pytest.raises(GateFailed, match="triage@3 was let go of"):
            rollback(store, "triage", who="p", why="w", clock=clock)


# ------------------------------------------------------------------------------ a night's review
def look(
    store: Store, night: str, said: dict[ContentHash, str], *, lenient: bool = False
) -> Probation | None:
    """Review the canary on rows of which each version says what the code says."""
    count = len(next(iter(said.values())))
    rows = rows_at([store.clock.now() + 1 + n for n in range(count)])

    async def ask(version: ContentHash, rows: Sequence[Row]) -> Answers:
        return answers(said[version][: len(rows)])

    async def judge(rows: Sequence[Row], said: Sequence[Answers]) -> Callable[[str, str], bool]:
        del rows, said
        return lambda left, right: True

    tonight = AgentNight("triage", night, PROMISE, rows, ask, compare=judge if lenient else None)
    return asyncio.run(review_canary(store, tonight, clock=store.clock))


def test_a_night_settles_a_clean_canary() -> None:
    """And keeps what it found."""
    with open_store() as store:
        first, second = on_probation(store)
        found = look(store, "n1", {first.hash: "+" * 60, second.hash: "+" * 60})
        assert found is not None
        assert found.verdict == "settled"
        assert store.channels.current("triage") == second.hash
        assert store.evidence.list("triage", test="canary")[0].state["verdict"] == "settled"
        assert look(store, "n2", {first.hash: "+", second.hash: "+"}) is None


def test_a_night_takes_a_harmful_canary_back_for_good() -> None:
    """It is rejected, so it cannot be promoted again."""
    with open_store() as store:
        first, second = on_probation(store)
        look(store, "n1", {first.hash: "+" * 60, second.hash: "-" * 30 + "+" * 30})
        assert store.channels.current("triage") == first.hash
        assert canary_of(store, "triage") is None
        with pytest.raises(GateFailed, match="rejected"):
            promote(store, "triage", second.hash, who="p", why="w", clock=store.clock)


def test_nights_are_counted_once_each() -> None:
    """A night that is begun again does not bring the end of the probation nearer."""
    with open_store() as store:
        first, second = on_probation(store)
        said = {first.hash: "+" * 20, second.hash: "+" * 20}
        verdicts = [look(store, night, said) for night in ("n1", "n1", "n1", "n2", "n3")]
    assert [v.verdict for v in verdicts if v] == ["on probation"] * 4 + ["settled"]


# ------------------------------------------------------------------------------ by day
def audit(store: Store, count: int, wrong: Callable[[int], bool]) -> int:
    """Audit the canary's answers; after how many it was taken back, 0 if never."""
    on_audit = watch(store)
    canary = canary_of(store, "triage")
    assert canary is not None
    for number, pair in enumerate(traffic(count)):
        row = replace(answered(number, pair), tier="specialist", local=True)
        row = replace(row, specialist=canary.version, at=canary.at + number + 1)
        store.answers.add(row)
        on_audit(TRIAGE, row, Audit(row.id, "triage", row.at, pair[1], not wrong(number)))
        if canary_of(store, "triage") is None:
            return number + 1
    return 0


def test_audits_take_a_canary_back_by_day() -> None:
    """Nobody waits for the night; what answered before answers on, and has not stepped back."""
    with open_store() as store:
        first, second = on_probation(store)
        assert 0 < audit(store, 100, lambda n: n % 2 == 0) < 60
        assert store.channels.current("triage") == first.hash
        assert store.versions.get(second.hash).state == "rejected"
        assert not (store.monitors.get("triage") or {}).get("stepped_back")


def test_a_canary_within_the_promise_stays() -> None:
    """One in twenty differs where one in ten may."""
    with open_store() as store:
        on_probation(store)
        assert audit(store, 300, lambda n: n % 20 == 0) == 0


def test_a_canary_that_judgements_widened_is_held_to_its_own_certificate() -> None:
    """It may differ from the teacher where people prefer it; another may not."""
    verdicts: list[str] = []
    regions: list[JsonObject | None] = [{"confidence_from": 0.5}, None]
    for region in regions:
        with open_store() as store:
            first, second = on_probation(store)
            evidence: JsonObject = {"calibration": {"promised": 0.4}, "quality": region}
            third = replace(second, hash=hash_json(region), number=3, evidence=evidence)
            store.versions.add(third)
            try_out(store, "triage", third.hash, share=0.2, who="night", why="better")
            found = look(store, "n1", {first.hash: "." * 60, third.hash: "-" * 12 + "+" * 48})
            verdicts.append(found.verdict if found else "")

    assert verdicts == ["settled", "rolled back"]


def test_a_judge_says_of_both_whether_they_are_right() -> None:
    """What is worded otherwise is not wrong where the contract names a judge."""
    with open_store() as store:
        first, second = on_probation(store)
        said = {first.hash: "-" * 60, second.hash: "-" * 60}
        found = look(store, "n1", said, lenient=True)

    assert found is not None
    assert (found.verdict, found.errors) == ("settled", 0)


def test_a_canary_that_answers_more_within_the_promise_is_not_taken_back() -> None:
    """Thirty errors in a thousand, where what answers beside it leaves nearly all to the cloud."""
    canary, stable = outcome("-" * 30 + "+" * 570 + "." * 400), outcome("." * 800 + "+" * 200)
    worse = outcome("-" * 30 + "+" * 970)

    assert review(canary, stable, PROMISE, nights=1).verdict == "settled"
    assert review(worse, outcome("+" * 1000), PROMISE, nights=1).verdict == "rolled back"


def test_candidates_that_newer_ones_replaced_keep_no_models() -> None:
    """Nights on which nothing is promoted do not fill the disk; what answers keeps its model."""
    with open_store() as store:
        versions = [add_version(store, "triage", n) for n in range(1, 7)]
        promote(store, "triage", versions[0].hash, who="a", why="b", clock=store.clock)
        store.versions.set_state(versions[1].hash, "rejected")
        release_outwaited(store, "triage")

        released = [v.number for v in store.versions.list("triage") if v.released]
        assert released == [2, 3, 4]
