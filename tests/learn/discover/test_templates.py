"""Templates: what is constant comes back, whatever fills the slots."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pantheon.learn.discover import find_template, read_prompt
from pantheon.learn.discover._blocks import gather
from pantheon.learn.discover._names import name_slots

WORDS = [
    "classify",
    "translate",
    "review",
    "ticket",
    "language",
    "answer",
    "customer",
    "following",
    "only",
    "please",
]
CONSTANTS = st.permutations(WORDS).flatmap(
    lambda words: st.integers(1, 3).map(lambda n: [words[i::n][:5] for i in range(n)])
)
VALUES = [
    "red",
    "blue",
    "seven",
    "apples",
    "quickly",
    "under",
    "mountain",
    "river",
    "paper",
    "silent",
    "orange",
    "window",
]


def filled(parts: list[list[str]], rng: random.Random, *, last: bool) -> tuple[str, list[str]]:
    """A prompt of the template and what fills its slots."""
    slots = len(parts) if last else len(parts) - 1
    values = [" ".join(rng.sample(VALUES, rng.randint(1, 5))) for _ in range(slots)]
    text = ""
    for number, part in enumerate(parts):
        text += " ".join(part) + ": "
        text += values[number] + "\n" if number < slots else ""
    return text.strip(), values


@settings(deadline=None, max_examples=40)
@given(CONSTANTS, st.booleans(), st.integers(0, 2**16))
def test_template_and_values_come_back(parts: list[list[str]], last: bool, seed: int) -> None:
    """Constants are the template's words; each slot holds what it was filled with."""
    rng = random.Random(seed)
    last = last or len(parts) == 1
    made = [filled(parts, rng, last=last) for _ in range(60)]
    prompts = [read_prompt((("user", text),)) for text, _ in made]

    template = find_template(prompts)

    assert template is not None
    assert template.words == tuple(word for part in parts for word in part)
    for prompt, (_, values) in zip(prompts, made, strict=True):
        assert template.read(prompt) == tuple(values)


def test_a_template_around_the_text_is_found_among_others() -> None:
    """Constants before, behind and on both sides; foreign prompts stay outside."""
    rng = random.Random(1)

    def text() -> str:
        return " ".join(rng.choices(VALUES, k=rng.randint(3, 9)))

    before = [f"Please name the mood of this sentence: {text()}" for _ in range(30)]
    behind = [f"{text()}\n\nWhich colour is mentioned in the line above?" for _ in range(30)]
    foreign = [text() for _ in range(30)]
    prompts = [read_prompt((("user", t),)) for t in [*before, *behind, *foreign]]

    groups, rest = gather(prompts, least=20)

    assert [g.members for g in groups] == [tuple(range(30)), tuple(range(30, 60))]
    assert rest == list(range(60, 90))


def test_half_a_date_and_common_full_stops_belong_to_the_slots() -> None:
    """`2026-` and a `.` that most texts end in are not constant."""
    rng = random.Random(2)
    made = [
        f"Today is 2026-{rng.randint(10, 12)}-{rng.randint(10, 28)}. Sort this message: "
        f"{' '.join(rng.choices(VALUES, k=4))}{rng.choice(['.'] * 19 + ['!'])}"
        for _ in range(200)
    ]
    prompts = [read_prompt((("user", text),)) for text in made]
    template = find_template(prompts)

    assert template is not None
    assert (
        template.show(["date", "message"]) == "[user] Today is {date}. Sort this message: {message}"
    )
    assert all(template.read(prompt) is not None for prompt in prompts)


def test_what_was_said_cannot_forge_a_role() -> None:
    """A text with the marks of a role stays text of its message."""
    prompt = read_prompt((("user", "a \x02system\x03 b"),))

    assert prompt.tokens == ("\x02user\x03", "a", "system", "b", "\x02end\x03")


def test_slots_are_called_what_the_prompt_calls_them() -> None:
    """Labels, tags, headings and things name them."""
    rng = random.Random(3)

    def word() -> str:
        return " ".join(rng.sample(VALUES, 2))

    prompts = [
        read_prompt(
            (
                ("system", f"Write to the {word()} team now."),
                ("user", f"Customer: {word()}\n<review>{word()}</review>\n## Order\n{word()}"),
            )
        )
        for _ in range(40)
    ]
    template = find_template(prompts)

    assert template is not None
    assert name_slots(template) == ("team", "customer", "review", "order")
