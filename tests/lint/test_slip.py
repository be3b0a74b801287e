"""A name is mended unasked only where it is misspelt, not where it is merely like another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.lint import plan_fixes
from pantheon.lint._slip import is_slip, slips
from tests.lint.conftest import Look

WORDS = st.text("abcdefgh", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tires", "tiers"),
        ("promt", "prompt"),
        ("desciption", "description"),
        ("deterministc", "deterministic"),
        ("descritpoin", "description"),
        ("Tiers", "tiers"),
        ("reply_csutomer", "reply_customer"),
    ],
)
def test_slips_of_the_finger(written: str, meant: str) -> None:
    """Letters swapped, missing, wrong; two of them in a long word."""
    assert is_slip(written, meant)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("deny_refund", "approve_refund"),
        ("summarize_short", "summarize_long"),
        ("triage_v2", "triage_v1"),
        ("team_c", "team_a"),
        ("amount_usd", "amount_eur"),
        ("promt", "promise"),
        ("desc", "description"),
        ("on", "in"),
        ("tiers", "tiers"),
        ("a_b", "a-b"),
    ],
)
def test_names_that_are_merely_alike(written: str, meant: str) -> None:
    """Other words, other numbers, words too short to tell, and nothing to mend at all."""
    assert not is_slip(written, meant)


@given(WORDS, WORDS)
def test_slips_are_counted_both_ways(one: str, other: str) -> None:
    """None between a word and itself, as many there as back, one for a swap."""
    assert slips(one, one) == 0
    assert slips(one, other) == slips(other, one) <= max(len(one), len(other))
    assert slips(one + other[:1] + "z", one + "z" + other[:1]) <= 1


def test_another_agent_is_never_put_in_the_place_of_one(look: Look, tmp_path: Path) -> None:
    """Who approves is not asked where somebody was to deny."""
    look(
        "version: 1\nagents:\n"
        "  approve_refund: {input: {text: string}, output: {ok: boolean}, tiers: [prompt]}\n"
        "flows:\n"
        "  f: {input: {text: string}, nodes: {n: {agent: deny_refund}}, output: {ok: n.ok}}\n"
    )
    assert plan_fixes(tmp_path, look).rewrites == ()
