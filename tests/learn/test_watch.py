"""Audits are watched; when they say the promise is broken the specialist steps back by itself."""

from __future__ import annotations

from dataclasses import replace

from pantheon.ids import RunId
from pantheon.learn import watch
from pantheon.learn._promote import promote, rollback
from pantheon.spec import Promise
from pantheon.store import AnswerRow, Audit, Store
from tests.learn.specimens import TRIAGE, add_version, answered, open_store, traffic

AGENT = replace(TRIAGE, promise=Promise(disagreement=0.1, confidence=0.9, audit=1.0))


def serve(store: Store, count: int, *, wrong_every: int, local_every: int = 1) -> int:
    """Answer requests with every local one audited; how many it took until the step back."""
    on_audit = watch(store)
    for number, pair in enumerate(traffic(count)):
        row = _row(store, number, pair, local=number % local_every == 0)
        store.answers.add(row)
        if row.local:
            audit = Audit(row.id, "triage", row.at, pair[1], number % wrong_every != 0)
            with store.transaction():
                store.audits.settle(audit)
                on_audit(AGENT, row, audit)
        if (store.monitors.get("triage") or {}).get("stepped_back"):
            return number + 1
    return 0


def _row(store: Store, number: int, pair: object, *, local: bool) -> AnswerRow:
    tier = "specialist" if local else "cloud"
    return answered(
        number,
        pair,  # pyright: ignore[reportArgumentType]
        tier=tier,
        local=local,
        specialist=store.channels.current("triage"),
        tried=(),
    )


def deployed(store: Store) -> None:
    """A version that answers."""
    version = add_version(store, "triage", store.versions.next_number("triage"))
    promote(store, "triage", version.hash, who="night", why="ok", clock=store.clock)


def test_a_broken_promise_makes_it_step_back() -> None:
    """Half of the answers differ where a tenth was promised: it takes some tens of audits."""
    with open_store() as store:
        deployed(store)

        assert 0 < serve(store, 200, wrong_every=2) < 80


def test_a_step_back_is_an_event_of_the_run_that_was_audited() -> None:
    """Whoever follows the run sees it."""
    with open_store() as store:
        deployed(store)
        on_audit = watch(store)
        for number, pair in enumerate(traffic(40)):
            row = replace(_row(store, number, pair, local=True), run=RunId("r1"), node="ask")
            store.answers.add(row)
            on_audit(AGENT, row, Audit(row.id, "triage", row.at, pair[1], agrees=False))

        (event,) = store.events.since(RunId("r1"), 0)

    assert (event.kind, event.node, event.data["agent"]) == ("stepped_back", "ask", "triage")


def test_a_kept_promise_does_not() -> None:
    """One in twenty differs where one in ten may."""
    with open_store() as store:
        deployed(store)

        assert serve(store, 600, wrong_every=20) == 0
        assert (store.monitors.get("triage") or {})["version"] == store.channels.current("triage")


def test_the_promise_is_about_all_requests() -> None:
    """A fifth of the local answers differs, but only a third is local: the promise is kept."""
    with open_store() as store:
        deployed(store)

        assert serve(store, 900, wrong_every=15, local_every=3) == 0


def test_audits_of_an_earlier_version_say_nothing_about_this_one() -> None:
    """They are late; what they judged has gone."""
    with open_store() as store:
        deployed(store)
        old = _row(store, 0, traffic(1)[0], local=True)
        deployed(store)

        watch(store)(AGENT, old, Audit(old.id, "triage", old.at, {"team": "x"}, agrees=False))

        assert store.monitors.get("triage") == {}


def test_another_version_is_watched_anew() -> None:
    """Promotion and rollback forget the evidence, but not when the agent had stepped back."""
    with open_store() as store:
        deployed(store)
        serve(store, 200, wrong_every=2)
        moment = (store.monitors.get("triage") or {})["stepped_back_at"]

        deployed(store)
        after_promotion = store.monitors.get("triage")
        rollback(store, "triage", who="person", why="odd", clock=store.clock)

        assert after_promotion == {"fresh_since": moment}
        assert store.monitors.get("triage") == {"fresh_since": moment}


def test_what_the_night_asks_a_second_time_is_no_traffic() -> None:
    """A thousand such requests change nothing of the evidence."""
    evidence: list[object] = []
    for again in (0, 1000):
        with open_store() as store:
            deployed(store)
            for number, pair in enumerate(traffic(again), 5):
                row = _row(store, number, pair, local=False)
                tried = ({"tier": "night", "reason": "again", "detail": ""},)
                store.answers.add(replace(row, id=f"again{number}", at=row.at - 5, tried=tried))
            serve(store, 10, wrong_every=5)
            evidence.append((store.monitors.get("triage") or {})["monitor"])

    assert evidence[0] == evidence[1]
