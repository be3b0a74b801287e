"""The queue before the engine: adapters stay together, and nobody is overtaken without end."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.models._turns import Turns


def order_of(keys: Sequence[str], *, patience: int = 8) -> list[int]:
    """In which order work with these keys is done when all of it waits at the start."""
    done: list[int] = []
    with ThreadPoolExecutor(1) as worker:
        turns = Turns(worker, patience=patience)
        gate = threading.Event()
        worker.submit(gate.wait)
        for index, key in enumerate(keys):
            turns.submit(key, lambda index=index: done.append(index))
        gate.set()
    return done


def test_the_same_adapter_stays_together() -> None:
    """Three of each, mixed: three runs, in the order in which each first came."""
    assert order_of("abcabcabc") == [0, 3, 6, 1, 4, 7, 2, 5, 8]


def test_work_without_an_adapter_is_in_order() -> None:
    """One key for all: first come, first served."""
    assert order_of(["", "", "", ""]) == [0, 1, 2, 3]


@given(keys=st.lists(st.sampled_from("abc"), max_size=40), patience=st.integers(0, 5))
def test_everything_is_done_and_nobody_overtaken_too_often(keys: list[str], patience: int) -> None:
    """No work is lost, and at most `patience` of those that came later go before anyone."""
    done = order_of(keys, patience=patience)

    assert sorted(done) == list(range(len(keys)))
    for place, index in enumerate(done):
        assert sum(other > index for other in done[:place]) <= patience


def test_work_that_is_cancelled_or_fails_does_not_stop_the_rest() -> None:
    """The error goes to who waits; what was cancelled is never done."""
    done: list[str] = []
    with ThreadPoolExecutor(1) as worker:
        turns = Turns(worker)
        gate = threading.Event()
        worker.submit(gate.wait)
        bad = turns.submit("a", lambda: int("x"))
        dropped = turns.submit("a", lambda: done.append("dropped"))
        good = turns.submit("b", lambda: done.append("good"))
        dropped.cancel()
        gate.set()
        good.result()

    assert isinstance(bad.exception(), ValueError)
    assert done == ["good"]


def test_whoever_still_waits_at_the_end_is_told() -> None:
    """No future stays open for ever."""
    worker = ThreadPoolExecutor(1)
    turns = Turns(worker)
    gate = threading.Event()
    worker.submit(gate.wait)
    waiting = turns.submit("a", threading.active_count)
    worker.shutdown(wait=False, cancel_futures=True)
    gate.set()
    turns.fail_all(RuntimeError("closed"))

    with pytest.raises(RuntimeError, match="closed"):
        waiting.result(timeout=1)
