"""One call of a cloud model, as any log may tell of it, and its prompt as one text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pantheon.ids import JsonObject

_FIELD_MARKS = re.compile(r"[\x02\x03]")
_CJK = "\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"\x02\w+\x03|[{_CJK}]|[^\W{_CJK}]+|[^\w\s]")
"""A role's mark, a word (of scripts without spaces: a character), or one sign."""
_CHARACTERS_PER_TOKEN = 4
"""Of English in the tokenisers of the large models; only used where a log tells no usage."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked of a model, and what it said.

    - id: the log's own where it has one; else file and line
    - turns: (role, text) of every message before the answer, in order
    - reply: the answer's text; of a call of a tool its arguments as JSON
    - tool: the tool that was called; empty when none was
    - schema: the JSON Schema that the answer had to follow, if any
    - tokens_in, tokens_out: as billed; `estimated` when the log tells no usage
    - at: seconds since the epoch, if known
    - usd: what it cost, if known
    """

    id: str
    model: str
    turns: tuple[tuple[str, str], ...]
    reply: str
    tool: str = ""
    schema: JsonObject | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    estimated: bool = False
    at: float | None = None
    usd: float | None = None

    @property
    def user(self) -> str:
        """The last thing that was asked."""
        return next((text for role, text in reversed(self.turns) if role == "user"), "")

    @property
    def system(self) -> str:
        """The instructions outside the conversation."""
        return "\n".join(text for role, text in self.turns if role == "system")

    @property
    def replied_before(self) -> bool:
        """Whether the conversation had begun before: what is asked may hang on it."""
        return any(role == "assistant" for role, _ in self.turns)


def estimate_tokens(text: str) -> int:
    """A rough count for logs without usage."""
    return max(1, round(len(text) / _CHARACTERS_PER_TOKEN))


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that was asked as one text with marks for the roles, cut into tokens.

    `spans[i]` is where `tokens[i]` stands in `text`.
    """

    text: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


def read_prompt(turns: Sequence[tuple[str, str]]) -> Prompt:
    """The prompt of a conversation; its marks cannot be forged by what was said."""
    parts = [f"{mark(role)}{_FIELD_MARKS.sub(' ', text)}" for role, text in turns]
    text = "".join(parts) + mark("end")
    found = list(_TOKEN.finditer(text))
    return Prompt(text, tuple(m[0] for m in found), tuple(m.span() for m in found))


def mark(role: str) -> str:
    """The token that begins a message of that role."""
    return f"\x02{role}\x03"


def is_mark(token: str) -> bool:
    """Whether a token begins a message."""
    return token.startswith("\x02")
