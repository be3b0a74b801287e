"""A real HTTP server that behaves badly on command: how clients are tested over real sockets.

It speaks the OpenAI chat protocol on loopback and follows a script, one step for each request:

    with FaultServer([status(429, retry_after="1"), cut(), ok('{"team": "cards"}')]) as server:
        ...  # ask server.base_url; server.requests holds what arrived
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import cast

from pantheon.ids import JsonObject

_USAGE: JsonObject = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


class FaultKind(StrEnum):
    """What the server does with one request."""

    OK = "ok"
    STATUS = "status"
    STALL = "stall"
    CUT = "cut"
    MALFORMED = "malformed"
    HUGE = "huge"


@dataclass(frozen=True, slots=True)
class Fault:
    """One step of the script; made by the functions below."""

    kind: FaultKind
    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    code: str = ""
    usage: bool = True
    size: int = 0
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: JsonObject


def ok(text: str = "ok", *, usage: bool = True, finish_reason: str = "stop") -> Fault:
    """A proper completion; any schema is ignored, so give wrong text for a wrong schema."""
    return Fault(FaultKind.OK, text=text, usage=usage, finish_reason=finish_reason)


def status(
    number: int, *, retry_after: str | None = None, message: str = "injected", code: str = ""
) -> Fault:
    """An error with that HTTP status."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault(FaultKind.STATUS, text=message, status=number, headers=headers, code=code)


def redirect(location: str) -> Fault:
    """A redirect to another address."""
    return Fault(FaultKind.STATUS, status=307, headers={"Location": location})


def stall() -> Fault:
    """Accept the request and stay silent until the client goes or the server closes."""
    return Fault(FaultKind.STALL)


def cut(text: str = "half an ans") -> Fault:
    """Begin an answer and break off: a stream without its end, a body shorter than announced."""
    return Fault(FaultKind.CUT, text=text)


def malformed() -> Fault:
    """A body that is not JSON."""
    return Fault(FaultKind.MALFORMED)


def huge(size: int) -> Fault:
    """An answer of that many bytes."""
    return Fault(FaultKind.HUGE, size=size)


class FaultServer:
    """Serves the script on loopback while the `with` block lasts, then answers `ok` for ever.

    `answer` gives the text of every further answer from the request's body.
    """

    def __init__(
        self,
        script: Sequence[Fault] = (),
        *,
        answer: Callable[[JsonObject], str] | None = None,
    ) -> None:
        self.requests: list[Received] = []
        self._script = list(script)
        self._answer = answer
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """Up to and with `/v1`."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def take(self, received: Received) -> Fault:
        """Note a request and say what to do with it."""
        with self._lock:
            self.requests.append(received)
            number = len(self.requests)
        if number <= len(self._script):
            return self._script[number - 1]
        return ok(self._answer(received.body)) if self._answer else ok()

    def wait_for_close(self) -> None:
        """Return when the server is being closed."""
        self._closing.wait()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(_Handler):
            owner = server

        return Handler


class _Handler(BaseHTTPRequestHandler):
    """Does to one request what the script says."""

    owner: FaultServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        received = Received(
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            cast("JsonObject", json.loads(body)),
        )
        fault = self.owner.take(received)
        self.close_connection = True
        try:
            self._act(fault, stream=received.body.get("stream") is True)
        except OSError:
            return  # the client has gone, as it should when it loses patience

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _act(self, fault: Fault, *, stream: bool) -> None:
        match fault.kind:
            case FaultKind.OK | FaultKind.CUT:
                self._complete(fault, stream=stream)
            case FaultKind.STATUS:
                error: JsonObject = {"message": fault.text, "code": fault.code}
                self._send(json.dumps({"error": error}).encode(), fault)
            case FaultKind.STALL:
                self.owner.wait_for_close()
            case FaultKind.MALFORMED:
                self._send(b'{"choices": [{"mess', fault)
            case FaultKind.HUGE:
                self._send(_completion("x" * fault.size, fault), fault)

    def _complete(self, fault: Fault, *, stream: bool) -> None:
        is_cut = fault.kind is FaultKind.CUT
        if stream:
            events = _events(fault.text, None if is_cut else fault.finish_reason, fault)
            kind = "text/event-stream"
        else:
            events, kind = _completion(fault.text, fault), "application/json"
        missing = 40 if is_cut and not stream else 0
        self._send(events[: len(events) - missing], fault, kind=kind, missing=missing)

    def _send(
        self, body: bytes, fault: Fault, *, kind: str = "application/json", missing: int = 0
    ) -> None:
        self.send_response(fault.status)
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + missing))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _completion(text: str, fault: Fault) -> bytes:
    message: JsonObject = {"role": "assistant", "content": text}
    choice: JsonObject = {"index": 0, "message": message, "finish_reason": fault.finish_reason}
    body: JsonObject = {"model": "fault-server", "choices": [choice]}
    if fault.usage:
        body["usage"] = _USAGE
    return json.dumps(body).encode()


def _events(text: str, finish_reason: str | None, fault: Fault) -> bytes:
    """Server-sent events, a word each; without a finish reason the stream has no end."""
    chunks: list[JsonObject] = [
        {"choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]}
        for part in re.findall(r"\s*\S+\s*$|\s*\S+", text)
    ]
    if finish_reason is not None:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]})
        if fault.usage:
            chunks.append({"choices": [], "usage": _USAGE})
    events = [json.dumps(chunk) for chunk in chunks]
    if finish_reason is not None:
        events.append("[DONE]")
    return "".join(f"data: {event}\n\n" for event in events).encode()
