"""Short exchanges for training tests: sort a sentence into a team, as JSON."""

from __future__ import annotations

from pantheon.ids import JsonObject
from pantheon.learn.lora import Pair
from pantheon.models import Message, spell

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"team": {"enum": ["cards", "loans", "travel"]}, "number": {"type": "integer"}},
    "required": ["team", "number"],
    "additionalProperties": False,
}
_WORDS = {"cards": "card was stolen", "loans": "loan is due", "travel": "flight was cancelled"}


def messages_for(text: str) -> tuple[Message, ...]:
    """What is asked, in training and in service."""
    return (Message("system", "Name team and number."), Message("user", text))


def make_pairs(count: int, *, first: int = 0) -> list[Pair]:
    """That many, all different."""
    teams = list(_WORDS)
    pairs: list[Pair] = []
    for number in range(first, first + count):
        team = teams[number % 3]
        text = f"Case {number * 37 % 1000}: my {_WORDS[team]}, please help."
        answer = spell({"number": number * 37 % 1000, "team": team}, SCHEMA)
        pairs.append(Pair(messages_for(text), answer, str(number)))
    return pairs
