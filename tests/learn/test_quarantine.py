"""Near-duplicates between what was seen and what is tested fail a candidate, with counts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pantheon.learn import Promise
from pantheon.learn._gate import Claim, Sample, gate_answers
from pantheon.learn._groups import find_alike, group_texts, normalise
from pantheon.learn.gates import find_leaks, set_aside
from tests.learn.gates_world import answers, rows_at
from tests.learn.worlds import embed

TRAINED = [
    "please unlock my credit card, it was swallowed by the machine in town",
    "where is the refund that you promised me in the last letter of may",
    "the song about summer",
]


def test_each_kind_is_found_and_counted_once() -> None:
    """Equal but for spelling, almost equal, and the same words in another order."""
    tested = [
        "Where is the refund that you promised me in the last letter of May?",
        "please unlock my credit card, it was swallowed by the machine in towns",
        "summer about song the",
        "how do I close an account",
    ]
    leaks = find_leaks(TRAINED, tested, embed=embed)
    assert (leaks.exact, leaks.near, leaks.alike, leaks.total) == (1, 1, 1, 3)
    assert leaks.pairs[2] == (tested[2], TRAINED[2])
    assert leaks.reasons[0].startswith("3 of 4 held-out examples resemble")


def test_demonstrations_count_as_seen() -> None:
    """An example that is shown in a prompt must not be a held-out one."""
    leaks = find_leaks(TRAINED, ["close my account now"], demonstrations=["Close my account, now!"])
    assert (leaks.exact, leaks.shown) == (1, 1)


def test_nothing_alike_gives_no_reason() -> None:
    """Also where one side is empty."""
    assert find_leaks(TRAINED, ["how do I close an account"], embed=embed).reasons == ()
    assert find_leaks([], ["x"]).total == find_leaks(TRAINED, []).total == 0


def test_a_leak_fails_the_candidate() -> None:
    """However good its answers are."""
    rows = rows_at(range(40))
    sample = Sample(tuple(rows), tuple(range(40)))
    leaks = find_leaks([rows[3].text], [row.text for row in rows])
    result = gate_answers(
        sample, answers("+" * 40), None, promise=Promise(0.05), claim=Claim(leaks=leaks)
    )
    assert not result.promoted
    assert "1 of 40 held-out examples resemble" in result.reasons[0]


def test_what_is_alike_is_set_aside_and_the_rest_is_clean() -> None:
    """The hard gate then has nothing to find."""
    seen, held = rows_at(range(30), prefix="s"), rows_at(range(10), prefix="h")
    twin = rows_at([99.0], prefix="s")[0]
    kept, moved = set_aside([*held, twin], seen, embed)
    assert moved == [twin]
    assert find_leaks([r.text for r in seen], [r.text for r in kept], embed=embed).total == 0


@given(st.lists(st.text("abcdef ", min_size=1, max_size=40), min_size=1, max_size=12))
def test_a_text_always_resembles_itself(texts: list[str]) -> None:
    """Whatever the other texts are."""
    plain = [normalise(text) for text in texts]
    found = find_alike(plain, plain)
    assert all(index is not None and index <= place for place, index in enumerate(found))


def test_groups_and_this_check_agree() -> None:
    """What is in different groups by words is no near-duplicate here."""
    draw = np.random.default_rng(0)
    texts = [" ".join(f"w{n}" for n in draw.integers(40, size=6)) for _ in range(200)]
    groups = group_texts(texts)
    first, second = range(100), range(100, 200)
    found = find_alike([normalise(texts[i]) for i in first], [normalise(texts[i]) for i in second])
    joined = {groups[i] for i in first}
    for place, index in zip(second, found, strict=True):
        assert index is None or groups[place] in joined or groups[place].startswith("quarantine")
