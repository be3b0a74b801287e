"""A night's part in a contest: who waits, on which rows, and for what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pantheon.clock import FakeClock
from pantheon.ids import ContentHash
from pantheon.learn import Promise, Row, promote
from pantheon.learn.gates import (
    AgentNight,
    Answers,
    Weighed,
    challenge_for,
    contest,
    times_taken_back,
)
from pantheon.store import Evidence, Store, Version
from tests.learn.gates_world import answers, rows_at
from tests.learn.specimens import open_store

START = 1_700_000_000.0


def of_rung(store: Store, number: int, rung: str, cost: int, *, after: float = 0.0) -> Version:
    """A candidate of a rung, trained so many seconds after the start."""
    version = Version(
        hash=ContentHash(f"b2:{number}"),
        agent="triage",
        number=number,
        parent=store.channels.current("triage"),
        cause="night",
        created=START + after,
        state="candidate",
        evidence={"rung": rung, "cost": cost},
        artifact=store.blobs.put(b"%d" % number),
    )
    store.versions.add(version)
    return version


def tonight(
    store: Store, night: str, said: dict[ContentHash, str], rows: Sequence[Row]
) -> Weighed | None:
    """One night; what each version says of the rows is the same letter for all."""

    async def ask(version: ContentHash, rows: Sequence[Row]) -> Answers:
        return answers(said[version] * len(rows))

    return asyncio.run(contest(store, AgentNight("triage", night, Promise(0.05), rows, ask)))


def test_the_day_between_decides() -> None:
    """Only rows that came after both were trained count, and each counts once."""
    clock = FakeClock(START)
    with Store.open(":memory:", clock=clock) as store:
        old = of_rung(store, 1, "machine", 2)
        promote(store, "triage", old.hash, who="n", why="w", clock=clock)
        new = of_rung(store, 2, "lora", 5, after=200)
        rows = rows_at([START + at for at in (0.5, 150, 250, 260, 270, 350)])
        said = {old.hash: ".", new.hash: "+"}
        clock.advance(300)
        first = tonight(store, "n1", said, rows[:5])
        again = tonight(store, "n1", said, rows[:5])
        clock.advance(300)
        later = tonight(store, "n2", said, rows)
    assert first is not None
    assert (first.rows, first.wins, first.challenge.test) == (3, 3, "superior")
    assert again == first
    assert later is not None
    assert (later.rows, later.nights) == (4, 2)


def test_nobody_waits_means_no_contest() -> None:
    """Nothing deployed, or the newest version was decided upon."""
    with open_store() as store:
        old = of_rung(store, 1, "machine", 2)
        assert tonight(store, "n1", {}, []) is None
        promote(store, "triage", old.hash, who="n", why="w", clock=store.clock)
        assert tonight(store, "n1", {}, []) is None


def test_a_cheaper_rung_is_asked_for_less() -> None:
    """What must be shown follows from the costs; a retrained specialist need show nothing."""
    with open_store() as store:
        old = of_rung(store, 1, "machine", 2)
    move, challenge = challenge_for("triage", rung="rules", cost=1, deployed=old)
    assert (move, challenge and challenge.test) == ("replace", "not_inferior")
    assert challenge_for("triage", rung="machine", cost=2, deployed=old) == ("refresh", None)
    assert challenge_for("triage", rung="machine", cost=2, deployed=None) == ("fill", None)


def test_what_was_shown_before_a_failed_probation_is_shown_anew() -> None:
    """A rung that was taken back has another challenge before it, with no evidence yet."""
    clock = FakeClock(START)
    with Store.open(":memory:", clock=clock) as store:
        old = of_rung(store, 1, "machine", 2)
        promote(store, "triage", old.hash, who="n", why="w", clock=clock)
        bad, other = of_rung(store, 2, "lora", 5, after=1), of_rung(store, 3, "rules", 1, after=1)
        clock.advance(100)
        for version, verdict in ((bad, "rolled back"), (other, "settled")):
            store.evidence.add(
                Evidence(
                    "triage",
                    "canary",
                    version.hash,
                    "n1",
                    START + 9,
                    0,
                    9,
                    0,
                    9,
                    {"verdict": verdict},
                )
            )
        taken_back = times_taken_back(store, "triage", "lora", old)
        assert (taken_back, times_taken_back(store, "triage", "rules", old)) == (1, 0)
        first = challenge_for("triage", rung="lora", cost=5, deployed=old)[1]
        second = challenge_for("triage", rung="lora", cost=5, deployed=old, taken_back=taken_back)[
            1
        ]
        assert first
        assert second
        assert first.subject != second.subject
