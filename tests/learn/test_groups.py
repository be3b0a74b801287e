"""Near-duplicates share a group, and no group crosses a split."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn import Row, assign_split, drawn_like_traffic, group_texts, rows_in

LONG = "please tell me how i can change the delivery address of my new card"


def test_spelling_does_not_make_a_new_group() -> None:
    """Case, punctuation and spacing are not differences."""
    groups = group_texts(["My card is lost!", "my  card is LOST", "My card is stolen"])
    assert groups[0] == groups[1] != groups[2]


def test_almost_equal_texts_share_a_group() -> None:
    """One letter in a long sentence is no difference; another sentence is."""
    groups = group_texts([LONG, LONG + "s", "what is the exchange rate for euros today"])
    assert groups[0] == groups[1] != groups[2]


def test_resemblance_is_passed_on() -> None:
    """A text between two others that do not resemble each other joins their groups."""
    words = [f"word{number:02d}" for number in range(40)]
    ends = " ".join(words[:34]), " ".join(words[6:])
    between = " ".join(words[3:37])
    together = group_texts([*ends, between], holdout_share=0.0)
    assert len(set(group_texts(ends, holdout_share=0.0))) == 2
    assert len(set(together)) == 1


def test_a_text_between_both_sides_is_used_for_nothing() -> None:
    """A near-duplicate of a training and of a held-out text is put in quarantine."""
    for salt in range(200):
        words = [f"s{salt}word{number:02d}" for number in range(40)]
        texts = [" ".join(words[:34]), " ".join(words[6:]), " ".join(words[3:37])]
        groups = group_texts(texts, holdout_share=0.5)
        sides = [assign_split(group, holdout_share=0.5) for group in groups]
        if set(sides[:2]) == {"train", "holdout"}:
            assert sides[2] == "quarantine"
            return
    raise AssertionError("no salt put the ends on both sides")


@given(st.lists(st.text(max_size=30), max_size=30), st.integers(0, 30))
def test_later_texts_never_move_a_text(texts: list[str], cut: int) -> None:
    """The side of a text does not depend on what comes after it."""
    before = [
        assign_split(g, holdout_share=0.5) for g in group_texts(texts[:cut], holdout_share=0.5)
    ]
    after = [assign_split(g, holdout_share=0.5) for g in group_texts(texts, holdout_share=0.5)]
    assert after[: len(before)] == before


@given(st.lists(st.sampled_from(["a b c d", "a b c e", LONG, LONG + " x", "?", ""]), max_size=40))
def test_no_group_crosses_a_split(texts: list[str]) -> None:
    """Training and held-out rows have no group in common, and no row is on both sides."""
    groups = group_texts(texts, holdout_share=0.5)
    rows = [
        Row(str(i), text, "x", group, 0.0, "bootstrap")
        for i, (text, group) in enumerate(zip(texts, groups, strict=True))
    ]
    train = rows_in("train", rows, holdout_share=0.5)
    held = rows_in("holdout", rows, holdout_share=0.5)
    aside = rows_in("quarantine", rows, holdout_share=0.5)
    assert not {row.group for row in train} & {row.group for row in held}
    assert len(train) + len(held) + len(aside) == len(rows)


def test_the_held_out_share_is_as_asked() -> None:
    """About one group in ten is held out."""
    held = sum(assign_split(f"g{number}") == "holdout" for number in range(10_000))
    assert 850 < held < 1150


def test_escalated_rows_are_thinned_to_the_audit_rate() -> None:
    """A calibration row was as likely to be seen whether its answer was local or not."""

    def kept(drawn: str, propensity: float) -> float:
        rows = [
            Row(f"{drawn}{n}", "t", "x", "g", 0.0, drawn, propensity)  # pyright: ignore[reportArgumentType]
            for n in range(10_000)
        ]
        return sum(drawn_like_traffic(row, audit_rate=0.05) for row in rows) / len(rows)

    assert kept("bootstrap", 1.0) == 1.0
    assert kept("audit", 0.05) == 1.0
    assert 0.4 < kept("audit", 0.1) < 0.6
    assert 0.04 < kept("escalated", 1.0) < 0.06
    assert kept("feedback", 1.0) == 0.0
