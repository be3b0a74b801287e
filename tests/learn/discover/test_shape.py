"""The shape of answers."""

from __future__ import annotations

import pytest

from pantheon.learn.discover._names import listed_labels
from pantheon.learn.discover._shape import find_shape, read_reply, to_output


@pytest.mark.parametrize(
    ("replies", "kind", "output"),
    [
        (["Refund.", "refund", "Other", "other"] * 5, "label", {"f": "Refund"}),
        (["Intent: refund", "Intent: other"] * 9, "label", {"f": "refund"}),
        (['{"a": "x y z w"}', '```json\n{"a": "q", "b": 1}\n```'] * 9, "record", {"a": "x y z w"}),
        (["3", "4.5", "-1"] * 5, "number", {"f": 3}),
        (["b, a", "a", "c, a"] * 9, "labels", {"f": ["a", "b"]}),
        (['["b", "a"]', "[]"] * 9, "labels", {"f": ["a", "b"]}),
        ([f"This is sentence number {n} of a long answer to it." for n in range(9)], "text", None),
        (['{"team": "a"}', '{"team": "b"}'] * 9, "label", {"team": "a"}),
    ],
)
def test_shapes(replies: list[str], kind: str, output: dict[str, object] | None) -> None:
    """Each has its kind, and its first answer becomes an object of the contract."""
    shape = find_shape(replies)

    assert shape is not None
    assert shape.kind == kind
    made = to_output(replies[0], shape, "f")
    assert made == (output if output is not None else {"f": replies[0]})


def test_answers_of_several_shapes_have_none() -> None:
    """Half objects, half sentences are two tasks."""
    assert find_shape(['{"a": 1}', "well, no"] * 10) is None


def test_identifiers_are_labels_even_when_few_repeat() -> None:
    """77 intents in 50 calls: most were seen once."""
    replies = [f"intent_{n % 35}_x" for n in range(50)]

    shape = find_shape(replies)

    assert shape is not None
    assert shape.kind == "label"


def test_an_answer_of_another_shape_is_no_output() -> None:
    """It is left out, not bent."""
    shape = find_shape(["1", "2"] * 10)

    assert shape is not None
    assert to_output("sorry, I cannot", shape, "f") is None
    assert read_reply('{"a": NaN}').kind != "object"


@pytest.mark.parametrize(
    "prompt",
    [
        "Choose one of: red, green or dark blue.\nText:",
        "Labels:\n- red\n- green\n- dark blue\n",
        "Answer with red, green, or dark blue only.",
        "Labels:\n1. red: hot\n2. green: calm\n3. dark blue: cold\n",
        'Is it ("red" | "green" | "dark blue")?',
    ],
)
def test_labels_that_a_prompt_lists_are_all_known(prompt: str) -> None:
    """Also the one that no answer has had yet."""
    listed = listed_labels(prompt, ["red", "dark blue"])

    assert listed is not None
    assert set(listed) == {"red", "green", "dark blue"}


def test_labels_that_are_not_listed_are_unknown() -> None:
    """Then the contract stays open."""
    assert listed_labels("Choose the colour of the text.", ["red", "green"]) is None
