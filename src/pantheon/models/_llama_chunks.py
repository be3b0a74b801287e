"""What llama.cpp hands over token by token, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from pantheon.ids import JsonObject


@dataclass(frozen=True, slots=True)
class Generated:
    """A generation as far as it came."""

    text: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    logprobs: tuple[float, ...] = ()
    finished: bool = False
    cut: bool = False
    overflow: bool = False
    error: str = ""

    @property
    def logprob(self) -> float | None:
        """Mean over the tokens; None for no answer."""
        return sum(self.logprobs) / len(self.logprobs) if self.logprobs else None


class _Token(BaseModel):
    token: str
    logprob: float


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Delta(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Delta = Field(default_factory=_Delta)
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Error(BaseModel):
    message: str = ""
    type: str = ""
    n_prompt_tokens: int = 0


class _Chunk(BaseModel):
    choices: list[_Choice] = Field(default_factory=list[_Choice])
    usage: _Usage | None = None
    error: _Error | None = None


def collect(chunks: Sequence[JsonObject]) -> Generated:
    """Join the chunks of one answer; an error chunk makes an error of it."""
    parsed = [_Chunk.model_validate(chunk) for chunk in chunks]
    for chunk in parsed:
        if chunk.error:
            overflow = chunk.error.type == "exceed_context_size_error"
            return Generated(
                tokens_in=chunk.error.n_prompt_tokens, overflow=overflow, error=chunk.error.message
            )
    choices = [choice for chunk in parsed for choice in chunk.choices]
    usage = next((chunk.usage for chunk in reversed(parsed) if chunk.usage), None)
    reason = next((it.finish_reason for it in reversed(choices) if it.finish_reason), None)
    return Generated(
        text="".join(choice.delta.content or "" for choice in choices),
        tokens_in=usage.prompt_tokens if usage else 0,
        tokens_out=usage.completion_tokens if usage else 0,
        logprobs=_logprobs(choices),
        finished=reason is not None,
        cut=reason == "length",
    )


def text_of(chunk: JsonObject) -> str:
    """The text that one chunk adds to the answer."""
    choices = _Chunk.model_validate(chunk).choices
    return "".join(choice.delta.content or "" for choice in choices)


def _logprobs(choices: Sequence[_Choice]) -> tuple[float, ...]:
    """Of the tokens that have text: the end-of-turn token is not part of the answer."""
    return tuple(
        token.logprob
        for choice in choices
        for token in (choice.logprobs and choice.logprobs.content) or ()
        if token.token
    )
