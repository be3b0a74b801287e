"""Examples are made of what is known to be right, once each, on one side of the split for ever."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import Reason
from pantheon.ids import JsonObject
from pantheon.learn import curate, find_bad_cases, group_texts, keep, select
from pantheon.learn._curate import Known
from pantheon.store import AnswerRow, Audit, Example, Feedback, Store
from tests.learn.specimens import TRIAGE, answer_all, answered, open_store, traffic

CARDS: tuple[JsonObject, JsonObject] = ({"text": "my card is lost"}, {"team": "cards"})
PAYMENTS: JsonObject = {"team": "payments"}


def local_row(number: int = 0, **changes: object) -> AnswerRow:
    """An answer of the specialist."""
    row = answered(number, CARDS, tier="specialist", source="specialist", local=True, tried=())
    return replace(row, label_propensity=0.2, **changes)  # pyright: ignore[reportArgumentType]


ROLES = ("judge", "cross_check", "again")


def escalated_row(number: int = 0, reason: Reason = Reason.LOW_CONFIDENCE) -> AnswerRow:
    """An answer of the cloud after the specialist had been asked."""
    return answered(number, CARDS, tried=({"tier": "specialist", "reason": reason.value},))


def audit_of(row: AnswerRow, output: JsonObject | None) -> Audit:
    """What the cloud said later of a local answer."""
    agrees = None if output is None else output == row.output
    return Audit(row.id, row.agent, row.at + 5, output, agrees)


def said(row: AnswerRow, verdict: str, correction: JsonObject | None = None) -> Feedback:
    """What a person said of an answer."""
    return Feedback(row.id, row.agent, row.at + 9, verdict, "user", correction)  # pyright: ignore[reportArgumentType]


def only_example(store: Store) -> Example:
    """The one example there is after curation."""
    curate(store, TRIAGE)
    (example,) = store.examples.list("triage")
    return example


# ------------------------------------------------------------------------ what becomes one
def test_a_cloud_answer_while_nothing_was_deployed_is_a_bootstrap_example() -> None:
    """Everything was asked, so it is drawn like the traffic."""
    with open_store() as store:
        store.answers.add(answered(0, CARDS))

        example = only_example(store)

    assert (example.source, example.drawn, example.propensity) == ("cloud", "bootstrap", 1.0)
    assert (example.input, example.output) == CARDS


@pytest.mark.parametrize("role", ROLES)
def test_what_is_no_traffic_teaches_nothing(role: str) -> None:
    """Judging, the cloud's side of a cross-check and asking again are no sample of the requests."""
    with open_store() as store:
        store.answers.add(answered(0, CARDS, role=role))
        store.answers.add(answered(1, CARDS, role=role, output=None, tier="none"))
        bad = local_row(2, role=role)
        store.answers.add(bad)
        store.feedback.add(said(bad, "bad"))

        assert curate(store, TRIAGE).added == 0
        assert find_bad_cases(store, "triage") == []


@pytest.mark.parametrize("role", ROLES)
def test_what_a_person_says_of_it_counts_all_the_same(role: str) -> None:
    """A correction is right whatever the answer was asked for."""
    with open_store() as store:
        row = local_row(role=role)
        store.answers.add(row)
        store.feedback.add(said(row, "bad", PAYMENTS))

        assert only_example(store).output == PAYMENTS


@pytest.mark.parametrize(
    ("reason", "drawn"),
    [
        (Reason.LOW_CONFIDENCE, "escalated"),
        (Reason.INVALID_OUTPUT, "escalated"),
        (Reason.STEPPED_BACK, "bootstrap"),
        (Reason.UNCERTIFIED, "bootstrap"),
    ],
)
def test_why_it_reached_the_cloud_decides_how_it_was_drawn(reason: Reason, drawn: str) -> None:
    """Only reasons that hold for every request leave a fair sample."""
    with open_store() as store:
        store.answers.add(escalated_row(reason=reason))

        assert only_example(store).drawn == drawn


@pytest.mark.parametrize(
    ("reason", "drawn"), [(Reason.EMPTY_SLOT, "bootstrap"), (Reason.LOW_CONFIDENCE, "escalated")]
)
def test_what_no_rule_answers_is_the_specialists_traffic(reason: Reason, drawn: str) -> None:
    """Rules before it take their share away; the rest is drawn like what it will be asked."""
    passed: JsonObject = {"tier": "rules", "reason": Reason.DECLINED.value}
    with open_store() as store:
        tried = (passed, {"tier": "specialist", "reason": reason.value})
        store.answers.add(answered(0, CARDS, tried=tried))

        assert only_example(store).drawn == drawn


def test_the_audit_of_a_rule_teaches_but_is_not_the_specialists_traffic() -> None:
    """What a rule answers the specialist is never asked."""
    with open_store() as store:
        row = local_row(tier="rules", source="code")
        store.answers.add(row)
        store.audits.settle(audit_of(row, PAYMENTS))

        assert only_example(store).drawn == "escalated"


def test_a_local_answer_that_nobody_checked_is_never_an_example() -> None:
    """Neither an unaudited one, nor one whose audit came to nothing."""
    with open_store() as store:
        store.answers.add(local_row(0))
        store.answers.add(local_row(1))
        store.audits.settle(audit_of(local_row(1), None))

        assert curate(store, TRIAGE).total == 0


def test_an_audit_teaches_what_the_cloud_said() -> None:
    """With the probability with which it was drawn."""
    with open_store() as store:
        row = local_row()
        store.answers.add(row)
        store.audits.settle(audit_of(row, PAYMENTS))

        example = only_example(store)

    assert (example.drawn, example.propensity, example.output) == ("audit", 0.2, PAYMENTS)


@pytest.mark.parametrize("source", ["recorded", "scripted"])
def test_a_recorded_answer_stays_labelled_as_one(source: str) -> None:
    """It is never passed off as the cloud's."""
    with open_store() as store:
        store.answers.add(answered(0, CARDS, source=source))

        assert only_example(store).source == "recorded"


def test_a_person_in_the_teachers_place_is_the_source() -> None:
    """An answer from the inbox teaches as well."""
    with open_store() as store:
        store.answers.add(answered(0, CARDS, tier="human", source="human"))

        assert only_example(store).source == "human"


def test_a_failed_request_teaches_nothing() -> None:
    """No output, no example."""
    with open_store() as store:
        store.answers.add(answered(0, CARDS, output=None, tier="none"))

        assert curate(store, TRIAGE).total == 0


# -------------------------------------------------------------------------------- feedback
def test_a_correction_trains_and_the_first_answer_still_calibrates() -> None:
    """The promise is about what the teacher says; what is right is learned from the person."""
    with open_store() as store:
        store.answers.add(answered(0, CARDS))
        store.feedback.add(said(answered(0, CARDS), "correct", PAYMENTS))
        curate(store, TRIAGE)

        rows = {row.label: row for row in select(store, TRIAGE).rows}

    assert rows['{"team":"payments"}'].weight > 1
    assert rows['{"team":"payments"}'].drawn == "feedback"
    assert rows['{"team":"cards"}'].weight < 0.01
    assert rows['{"team":"cards"}'].drawn == "bootstrap"
    assert len({row.group for row in rows.values()}) == 1


def test_the_last_correction_counts() -> None:
    """An earlier one of the same answer is not trained on any longer; `bad` withdraws both."""
    with open_store() as store:
        row = local_row()
        store.answers.add(row)
        store.feedback.add(said(row, "correct", {"team": "other"}))
        store.feedback.add(said(row, "correct", PAYMENTS))
        curate(store, TRIAGE)
        assert [r.label for r in select(store, TRIAGE).rows] == ['{"team":"payments"}']

        store.feedback.add(said(row, "bad"))
        assert select(store, TRIAGE).rows == ()


def test_a_good_local_answer_is_verified_by_the_person() -> None:
    """It trains, but does not calibrate: nobody drew it at random."""
    with open_store() as store:
        store.answers.add(local_row())
        store.feedback.add(said(local_row(), "good"))

        example = only_example(store)

    assert (example.source, example.drawn, example.output) == ("human", "feedback", CARDS[1])


def test_what_a_check_refused_says_nothing_about_the_answer_given() -> None:
    """Automatic feedback is about the tier that was refused."""
    with open_store() as store:
        row = answered(0, CARDS)
        store.answers.add(row)
        store.feedback.add(replace(said(row, "bad"), source="validator"))
        curate(store, TRIAGE)

        (only,) = select(store, TRIAGE).rows

    assert only.weight == 1.0


# ------------------------------------------------------------------- once, and one side only
def test_curating_again_adds_nothing() -> None:
    """Whatever came between, each answer is an example once."""
    with open_store() as store:
        end = answer_all(store, traffic(30))
        first = curate(store, TRIAGE)
        again = curate(store, TRIAGE)
        answer_all(store, traffic(10, seed=1), end)
        later = curate(store, TRIAGE)

    assert (first.added, again.added, later.added) == (30, 0, 10)
    assert later.total == 40


def test_a_late_audit_is_found() -> None:
    """An audit settled nights after its answer becomes an example then."""
    with open_store() as store:
        store.answers.add(local_row(0))
        answer_all(store, traffic(5), 100_000)
        curate(store, TRIAGE)
        store.audits.settle(replace(audit_of(local_row(0), PAYMENTS), at=1_700_200_000.0))

        assert curate(store, TRIAGE).by_drawn == {"audit": 1}


def test_near_duplicates_share_a_group_and_are_counted() -> None:
    """Spelling, case and punctuation make no new request."""
    with open_store() as store:
        store.answers.add(answered(0, ({"text": "My card is lost, please help me!"}, PAYMENTS)))
        store.answers.add(answered(1, ({"text": "my card is lost please help me"}, PAYMENTS)))

        report = curate(store, TRIAGE)
        groups = {example.group for example in store.examples.list("triage")}

    assert (report.near_duplicates, len(groups)) == (1, 1)


WORDS = st.lists(
    st.sampled_from(["lost", "card", "please", "help", "pin", "refund", "now", "today"]), min_size=3
)


@given(st.lists(st.lists(WORDS.map(" ".join), min_size=1, max_size=12), min_size=1, max_size=4))
def test_no_group_ever_crosses_the_split(nights: list[list[str]]) -> None:
    """However near-duplicates arrive over the nights, training and holdout never share a group,
    not even by the groups of the last day, and no example ever changes sides.
    """
    with open_store() as store:
        sides: dict[str, str] = {}
        number = 0
        for texts in nights:
            known = [_known(number + i, text) for i, text in enumerate(texts)]
            number += len(texts)
            keep(store, TRIAGE, known)
            for example in store.examples.list("triage"):
                assert sides.setdefault(example.id, example.split) == example.split
        examples = store.examples.list("triage")

    today = group_texts([str(example.input["text"]) for example in examples])
    found: dict[str, set[str]] = defaultdict(set)
    for example, group in zip(examples, today, strict=True):
        if example.split != "quarantine":
            found[group].add(example.split)
    assert all(len(splits) == 1 for splits in found.values())


def _known(number: int, text: str) -> Known:
    return Known(f"k{number:05d}", {"text": text}, PAYMENTS, "cloud", "bootstrap", float(number))
