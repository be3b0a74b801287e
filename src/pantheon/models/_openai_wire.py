"""The OpenAI chat protocol as it comes over the wire, whole or streamed, made into one shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

from pantheon.models._model import FailureReason, ModelFailure

_DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Answer:
    """One completion: text, why it ended, and what it used (None where the server is silent)."""

    text: str
    finish_reason: str | None
    tokens_in: int | None
    tokens_out: int | None
    model: str
    logprob: float | None

    @property
    def cut(self) -> bool:
        """Whether it ended for want of tokens."""
        return self.finish_reason == "length"


class _Token(BaseModel):
    logprob: float


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Part(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Part | None = None
    delta: _Part | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None

    @property
    def part(self) -> _Part:
        return self.message or self.delta or _Part()


class _Usage(BaseModel):
    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt


class _Fault(BaseModel):
    message: str = ""
    type: str | None = None
    code: str | int | None = None


class _Body(BaseModel):
    choices: list[_Choice] = Field(default_factory=list[_Choice])
    usage: _Usage | None = None
    model: str | None = None
    error: _Fault | str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a server says went wrong."""

    message: str
    code: str


def read_completion(body: bytes) -> Answer:
    """The answer in a whole body; ModelFailure (`bad_reply`) when it is not what was agreed."""
    return _join([_parse(body)], where="body")


def read_stream(body: bytes) -> Answer:
    """The answer in a stream of server-sent events.

    A stream that ends without a finish reason or `[DONE]` was cut: ModelFailure (`cut_stream`).
    """
    events = list(_events(body))
    done = _DONE in events
    parsed = [_parse(event.encode()) for event in events if event != _DONE]
    if not done and not any(choice.finish_reason for it in parsed for choice in it.choices):
        raise ModelFailure(
            FailureReason.CUT_STREAM, "The stream ended before the answer did.", retryable=True
        )
    return _join(parsed, where="stream")


class TokenReader:
    """Reads the text out of a stream of server-sent events while it comes.

    It is only shown meanwhile: what is wrong with the stream is said when all of it is read.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> str:
        """The text that more bytes of the stream add."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return "".join(map(_text_in, lines))


def _text_in(line: bytes) -> str:
    if not line.startswith(b"data:"):
        return ""
    try:
        choices = _Body.model_validate_json(line.removeprefix(b"data:").strip()).choices
    except ValidationError:
        return ""
    return (choices[0].part.content or "") if choices else ""


def read_complaint(body: bytes) -> Complaint:
    """The error a server describes, as well as it does."""
    try:
        fault = _Body.model_validate_json(body).error
    except ValidationError:
        fault = None
    if isinstance(fault, _Fault):
        return Complaint(fault.message, str(fault.code or fault.type or ""))
    return Complaint(fault or body[:300].decode("utf-8", "replace"), "")


def _events(body: bytes) -> Iterator[str]:
    for line in body.decode("utf-8", "replace").splitlines():
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip()


def _parse(data: bytes) -> _Body:
    try:
        body = _Body.model_validate_json(data)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise _bad(f"The reply is not a chat completion ({reason}).") from None
    if body.error is not None:
        said = body.error if isinstance(body.error, str) else body.error.message
        raise ModelFailure(
            FailureReason.SERVER_ERROR,
            f"The server failed in the middle of its answer: {said}",
            retryable=True,
        )
    return body


def _join(bodies: Sequence[_Body], *, where: str) -> Answer:
    choices = [body.choices[0] for body in bodies if body.choices]
    if not choices:
        raise _bad(f"The {where} holds no choice.")
    reason = next((it.finish_reason for it in reversed(choices) if it.finish_reason), None)
    refusal = "".join(choice.part.refusal or "" for choice in choices)
    if refusal or reason == "content_filter":
        raise ModelFailure(
            FailureReason.REFUSED, f"The model refused: {refusal or 'content filter'}"
        )
    if all(choice.part.content is None for choice in choices):
        raise _bad(f"The {where} holds no text.")
    usage = next((body.usage for body in reversed(bodies) if body.usage), None)
    return Answer(
        text="".join(choice.part.content or "" for choice in choices),
        finish_reason=reason,
        tokens_in=usage.prompt_tokens if usage else None,
        tokens_out=usage.completion_tokens if usage else None,
        model=next((body.model for body in bodies if body.model), ""),
        logprob=_mean_logprob(choices),
    )


def _mean_logprob(choices: Sequence[_Choice]) -> float | None:
    values = [
        token.logprob
        for choice in choices
        for token in (choice.logprobs and choice.logprobs.content) or ()
    ]
    return sum(values) / len(values) if values else None


def _bad(message: str) -> ModelFailure:
    return ModelFailure(FailureReason.BAD_REPLY, message, retryable=True)
