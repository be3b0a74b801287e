"""Word diffs: nothing is lost, and they read as a person would mark a text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pantheon.diff import Word, compare_words

TEXTS = st.text(st.sampled_from("ab .,\n-é文"), max_size=60)


def told(before: str, after: str) -> str:
    """The diff with marks."""
    marks = {"same": ("", ""), "added": ("{+", "+}"), "removed": ("[-", "-]")}
    parts = [(marks[word.state], word.text) for word in compare_words(before, after)]
    return "".join(f"{a}{text}{b}" for (a, b), text in parts)


def side(words: tuple[Word, ...], gone: str) -> str:
    """The text of one side."""
    return "".join(word.text for word in words if word.state != gone)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back(before: str, after: str) -> None:
    """What is the same and what was added is the later text; likewise the earlier one."""
    words = compare_words(before, after)
    assert side(words, "removed") == after
    assert side(words, "added") == before


@given(TEXTS)
def test_equal_texts_have_no_changes(text: str) -> None:
    """Whatever they hold."""
    assert all(word.state == "same" for word in compare_words(text, text))


def test_words_are_marked_whole() -> None:
    """Not letters within them; the space goes with the word."""
    assert told("Write a reply.", "Write a warm reply.") == "Write a {+warm +}reply."
    assert told("the team of cards", "the teams of cards") == "the [-team-]{+teams+} of cards"


def test_words_that_only_a_space_parts_are_one_change() -> None:
    """Else a rewritten phrase would be a row of snippets."""
    assert told("in the old way here", "in a new manner here") == (
        "in [-the old way-]{+a new manner+} here"
    )


def test_lines_that_stay_are_not_looked_into() -> None:
    """A changed line in a long prompt is found in its place."""
    lines = [f"Rule {number}: be kind.\n" for number in range(400)]
    other = [*lines[:200], "Rule 200: be brief.\n", *lines[201:]]
    words = compare_words("".join(lines), "".join(other))
    assert [word.text for word in words if word.state == "added"] == ["brief"]


def test_two_huge_texts_without_a_line_in_common_take_no_time() -> None:
    """They are replaced whole instead of being compared word by word for minutes."""
    words = compare_words("old words " * 5000, "new things " * 5000)
    assert [word.state for word in words] == ["removed", "added"]
