"""One HTTP call to an OpenAI-compatible endpoint: what goes out, and what every ending means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

import httpx2

from pantheon.ids import JsonObject
from pantheon.models._model import ChatRequest, FailureReason, Message, ModelFailure, OnToken
from pantheon.models._openai_wire import (
    Answer,
    TokenReader,
    read_complaint,
    read_completion,
    read_stream,
)
from pantheon.models._structured import schema_instruction

_COMPLAINT_BYTES = 65_536
_TRANSIENT = frozenset({500, 502, 503, 504})
_OVERFLOWS = frozenset({"context_length_exceeded", "exceed_context_size_error"})


class Form(Enum):
    """How an endpoint is asked for an answer of a certain form."""

    FREE = "free text"
    ENFORCED = "response_format with a JSON Schema"
    ASKED = "the schema as an instruction"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it is sent."""

    request: ChatRequest
    messages: tuple[Message, ...]
    form: Form
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call."""

    seconds: float
    connect_seconds: float
    bytes: int


def encode_call(call: Call, *, model: str, stream: bool) -> bytes:
    """The JSON body of a call."""
    request = call.request
    messages = list(call.messages)
    if call.form is Form.ASKED and request.schema is not None:
        messages.insert(0, Message("system", schema_instruction(request.schema)))
    body: JsonObject = {
        "model": model,
        "messages": [{"role": item.role, "content": item.content} for item in messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stream": stream,
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    if call.form is Form.ENFORCED and request.schema is not None:
        described: JsonObject = {"name": "answer", "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": described}
    # A lone surrogate in a user's text cannot travel as UTF-8; as an escape it can.
    return json.dumps(body).encode("ascii")


async def send(
    client: httpx2.AsyncClient,
    body: bytes,
    *,
    headers: Mapping[str, str],
    limits: Limits,
    now: float,
    on_token: OnToken | None = None,
) -> Answer:
    """Post a body and read the answer; every failure is a ModelFailure.

    `now` (seconds since the epoch) is what a Retry-After date is counted from; `on_token` is told
    the text of a stream as it comes.
    """
    timeout = httpx2.Timeout(limits.seconds, connect=limits.connect_seconds)
    try:
        async with client.stream(
            "POST", "chat/completions", content=body, headers=headers, timeout=timeout
        ) as response:
            if response.status_code != 200:
                raise await _read_failure(response, now=now)
            kind = response.headers.get("content-type", "")
            streamed = kind.startswith("text/event-stream")
            whole = await _read_capped(response, limits.bytes, on_token if streamed else None)
    except httpx2.HTTPError as error:
        raise _transport_failure(error) from None
    return read_stream(whole) if streamed else read_completion(whole)


async def _read_capped(
    response: httpx2.Response, limit: int, on_token: OnToken | None = None
) -> bytes:
    whole, tokens = bytearray(), TokenReader()
    async for chunk in response.aiter_bytes():
        whole += chunk
        if on_token is not None and (text := tokens.feed(chunk)):
            on_token(text)
        if len(whole) > limit:
            raise ModelFailure(
                FailureReason.BAD_REPLY, f"The reply is larger than {limit:,} bytes."
            )
    return bytes(whole)


async def _read_failure(response: httpx2.Response, *, now: float) -> ModelFailure:
    if response.is_redirect:
        # Followed, it would carry the key and the text to a host that nobody configured.
        target = response.headers.get("location", "")[:200]
        return _failure(response, FailureReason.REFUSED, f"redirects are not followed: {target}")
    try:
        complaint = read_complaint(await _read_capped(response, _COMPLAINT_BYTES))
    except ModelFailure as failure:
        return _failure(response, _reason_of(response.status_code), failure.message)
    if complaint.code in _OVERFLOWS:
        return _failure(response, FailureReason.CONTEXT_OVERFLOW, complaint.message)
    failure = _failure(response, _reason_of(response.status_code), complaint.message)
    failure.retryable = _is_transient(response.status_code, complaint.code)
    failure.retry_after = _retry_after(response.headers.get("retry-after"), now=now)
    return failure


def _is_transient(status: int, code: str) -> bool:
    """A quota that is used up answers 429 too, but waiting does not help."""
    return status in _TRANSIENT or status == 408 or (status == 429 and code != "insufficient_quota")


def _reason_of(status: int) -> FailureReason:
    if status == 429:
        return FailureReason.RATE_LIMITED
    if status == 408:
        return FailureReason.TIMEOUT
    return FailureReason.SERVER_ERROR if status >= 500 else FailureReason.REFUSED


def _failure(response: httpx2.Response, reason: FailureReason, said: str) -> ModelFailure:
    host = response.request.url.host
    return ModelFailure(
        reason, f"{host} answered {response.status_code}: {said}", status=response.status_code
    )


def _retry_after(value: str | None, *, now: float) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def _transport_failure(error: httpx2.HTTPError) -> ModelFailure:
    said = f"{error}" or type(error).__name__
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return ModelFailure(
            FailureReason.UNREACHABLE, f"The endpoint cannot be reached: {said}.", retryable=True
        )
    if isinstance(error, httpx2.TimeoutException):
        return ModelFailure(
            FailureReason.TIMEOUT, "The endpoint did not answer in time.", retryable=True
        )
    if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError):
        return ModelFailure(
            FailureReason.CUT_STREAM,
            f"The connection broke before the answer was complete: {said}.",
            retryable=True,
        )
    return ModelFailure(FailureReason.BAD_REPLY, f"The reply is not HTTP as agreed: {said}.")
