"""Any OpenAI-compatible endpoint, with limits, retries, a budget and a key that stays secret."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

import httpx2

from pantheon.clock import Clock, SystemClock
from pantheon.errors import UsageError
from pantheon.models._budget import Budget
from pantheon.models._model import ChatReply, ChatRequest, FailureReason, Message, ModelFailure
from pantheon.models._openai_call import Call, Form, Limits, encode_call, send
from pantheon.models._openai_wire import Answer
from pantheon.models._structured import Reading, read_answer, repair_instruction

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_REFUSES_FORM = frozenset({400, 422, 501})
# What a server may have billed although no usable answer came back.
_PRESUMED_BILLED = frozenset(
    {FailureReason.TIMEOUT, FailureReason.CUT_STREAM, FailureReason.BAD_REPLY}
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is and on what terms."""

    base_url: str
    """Up to and with `/v1`."""
    model: str
    api_key_env: str = ""
    """NAME of the environment variable with the key; empty for an endpoint without one."""
    price_input: float = 0.0
    """USD per million tokens."""
    price_output: float = 0.0
    timeout: float = 60.0
    """Seconds for one HTTP call."""
    connect_timeout: float = 10.0
    max_retries: int = 3
    """After 429, 500, 502, 503, 504, time-outs and broken connections."""
    stream: bool = False
    max_bytes: int = 4 << 20
    """Longest reply that is read."""


@dataclass(slots=True)
class _Tally:
    """What one request took so far, over all its calls."""

    started: float
    deadline: float
    attempts: int = 0
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0


class OpenAIModel:
    """A model behind an OpenAI-compatible `/chat/completions`.

    An answer to a schema is asked for with `response_format`, or in words where the endpoint does
    not take that; it is validated here either way, and the model is told once what was wrong.
    Costs are upper bounds wherever the server does not report usage, so a budget is never exceeded.
    """

    kind = "openai"
    remote = True

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        budget: Budget | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """`seed`: of the jitter between retries. Raises UsageError for an unusable address."""
        self.name = endpoint.model
        self._endpoint = endpoint
        self._url = _checked_url(endpoint.base_url)
        self._budget = budget or Budget()
        self._clock = clock or SystemClock()
        self._jitter = random.Random(seed)
        self._environ = os.environ if environ is None else environ
        self._form = Form.ENFORCED
        self._client: tuple[asyncio.AbstractEventLoop, httpx2.AsyncClient] | None = None

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r} at {self._url.host})"

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer within `request.timeout`, retries included; or raise ModelFailure."""
        if request.adapter is not None:
            said = f"{self.name} is asked over the network, and takes no adapters."
            raise ModelFailure(FailureReason.REFUSED, said)
        started = self._clock.elapsed()
        tally = _Tally(started, deadline=started + request.timeout)
        try:
            async with asyncio.timeout(request.timeout):
                return await self._converse(request, tally)
        except TimeoutError:
            said = f"{self.name} did not answer within {request.timeout:g} s."
            failure = ModelFailure(FailureReason.TIMEOUT, said, retryable=True)
        except ModelFailure as caught:
            failure = caught
        failure.cost_usd = tally.cost_usd
        raise failure

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            client, self._client = self._client[1], None
            await client.aclose()

    async def _converse(self, request: ChatRequest, tally: _Tally) -> ChatReply:
        """Ask; where the form is refused ask in words; where the answer is wrong say so, once."""
        form = self._form if request.schema is not None else Form.FREE
        call = Call(request, request.messages, form, request.idempotency_key)
        try:
            answer = await self._call(call, tally)
        except ModelFailure as failure:
            if form is not Form.ENFORCED or failure.status not in _REFUSES_FORM:
                raise
            call = Call(request, request.messages, Form.ASKED, _derived(call, "asked"))
            answer = await self._call(call, tally)
            self._form = Form.ASKED
        if request.schema is None:
            return self._reply(answer, None, tally)
        reading = read_answer(answer.text, request.schema)
        if reading.problems and not answer.cut:
            answer = await self._call(_repair(call, answer, reading), tally)
            reading = read_answer(answer.text, request.schema)
        if reading.problems:
            raise self._unfit(answer, reading)
        return self._reply(answer, reading, tally)

    async def _call(self, call: Call, tally: _Tally) -> Answer:
        """One call, repeated while that may help and there is time."""
        failed = garbled = 0
        while True:
            tally.attempts += 1
            try:
                return await self._call_once(call, tally)
            except ModelFailure as failure:
                garbled += failure.reason is FailureReason.BAD_REPLY
                failed += 1
                if not failure.retryable or garbled > 1 or failed > self._endpoint.max_retries:
                    raise
                wait = self._wait(failed, failure.retry_after)
                if self._clock.elapsed() + wait > tally.deadline:
                    raise
            await self._clock.sleep(wait)

    async def _call_once(self, call: Call, tally: _Tally) -> Answer:
        endpoint = self._endpoint
        key = self._key()
        stream = endpoint.stream or call.request.on_token is not None
        body = encode_call(call, model=endpoint.model, stream=stream)
        bound = self._cost(len(body), call.request.max_tokens)
        self._budget.reserve(bound)
        spent = bound
        try:
            async with asyncio.timeout(endpoint.timeout):
                answer = await self._send(body, call, key)
            # Bytes bound tokens from above: no tokenizer makes more tokens than bytes.
            used_in = len(body) if answer.tokens_in is None else answer.tokens_in
            used_out = answer.tokens_out
            used_out = len(answer.text.encode()) if used_out is None else used_out
            spent = self._cost(used_in, used_out)
            tally.tokens_in += used_in
            tally.tokens_out += used_out
        except TimeoutError:
            said = f"{self._url.host} did not answer within {endpoint.timeout:g} s."
            raise ModelFailure(FailureReason.TIMEOUT, said, retryable=True) from None
        except ModelFailure as failure:
            spent = bound if failure.reason in _PRESUMED_BILLED else 0.0
            failure.message = _scrub(failure.message, key)
            failure.args = (failure.message,)
            raise
        finally:
            self._budget.settle(reserved=bound, spent=spent)
            tally.cost_usd += spent
        return answer

    async def _send(self, body: bytes, call: Call, key: str) -> Answer:
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        if call.idempotency_key:
            headers["idempotency-key"] = call.idempotency_key
        endpoint = self._endpoint
        return await send(
            self._http(),
            body,
            headers=headers,
            limits=Limits(endpoint.timeout, endpoint.connect_timeout, endpoint.max_bytes),
            now=self._clock.now(),
            on_token=call.request.on_token,
        )

    def _key(self) -> str:
        """Read at each call and kept nowhere."""
        name = self._endpoint.api_key_env
        if not name:
            return ""
        key = self._environ.get(name, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            wrong = "holds no usable key" if key else "is not set"
            raise ModelFailure(
                FailureReason.NO_KEY,
                f"The key of {self.name} is missing: the environment variable {name} {wrong}.",
            )
        return key

    def _cost(self, tokens_in: int, tokens_out: int) -> float:
        prices = self._endpoint
        return (prices.price_input * tokens_in + prices.price_output * tokens_out) / 1e6

    def _wait(self, failed: int, retry_after: float | None) -> float:
        """What the server asks for, else exponential backoff with jitter."""
        if retry_after is not None:
            return retry_after
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (failed - 1))
        return longest * (0.5 + 0.5 * self._jitter.random())

    def _http(self) -> httpx2.AsyncClient:
        """The client of the running event loop: connections cannot change loops."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._client[0] is not loop:
            # A proxy has no business between this machine and itself.
            client = httpx2.AsyncClient(
                base_url=self._url, follow_redirects=False, trust_env=not _is_loopback(self._url)
            )
            self._client = (loop, client)
        return self._client[1]

    def _unfit(self, answer: Answer, reading: Reading) -> ModelFailure:
        cut = "; it was cut at max_tokens" if answer.cut else ""
        said = f"The answer of {self.name} does not fit the schema{cut}: {reading.problems[0]}."
        return ModelFailure(FailureReason.BAD_REPLY, said)

    def _reply(self, answer: Answer, reading: Reading | None, tally: _Tally) -> ChatReply:
        return ChatReply(
            text=answer.text,
            output=reading.output if reading else None,
            tokens_in=tally.tokens_in,
            tokens_out=tally.tokens_out,
            cost_usd=tally.cost_usd,
            latency=self._clock.elapsed() - tally.started,
            model=answer.model or self.name,
            source="model",
            logprob=answer.logprob,
            attempts=tally.attempts,
            complete=not answer.cut,
        )


def _repair(call: Call, answer: Answer, reading: Reading) -> Call:
    schema = call.request.schema or {}
    turns = (
        Message("assistant", answer.text),
        Message("user", repair_instruction(reading.problems, schema)),
    )
    return Call(call.request, (*call.messages, *turns), call.form, _derived(call, "repair"))


def _derived(call: Call, step: str) -> str:
    """Another body is another call: a server that remembers keys must not repeat its answer."""
    return f"{call.idempotency_key}-{step}" if call.idempotency_key else ""


def _checked_url(base_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url.rstrip("/") + "/")
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise UsageError(
            "A model's base_url must be an http or https address without user or password.",
            hint='Write it like "https://api.example.com/v1", and name the key in api_key_env.',
        )
    return url


def _is_loopback(url: httpx2.URL) -> bool:
    if url.host == "localhost":
        return True
    try:
        return ip_address(url.host).is_loopback
    except ValueError:
        return False


def _scrub(text: str, key: str) -> str:
    """A server's words are data: no key, no control characters, no novel."""
    safe = text.replace(key, "[key]") if key else text
    return "".join(char if char.isprintable() else " " for char in safe)[:500]
