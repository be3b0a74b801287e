"""A worker process: `python -m pantheon.agents._worker`, started by the pool and by nobody else.

Runs one function at a time and tells the pool what came of it, in the very words of the `python`
tier. What the function prints goes to the error stream: the socket to the pool is known to nobody
but this module. When the pool is gone, however it went, this process and all it started end.
"""

from __future__ import annotations

import asyncio
import os
import queue
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._functions import FunctionFault, UserFunctions
from pantheon.agents._pool import memory_note
from pantheon.agents._tier import Request, TierAnswer, TierOutcome
from pantheon.agents._tier_python import PythonRunner
from pantheon.agents._wire import HEADER, decode_body, encode_frame
from pantheon.ids import JsonObject
from pantheon.spec import PythonTier


class Wire:
    """The socket to the pool."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @classmethod
    def take_over_stdin(cls) -> Wire:
        """Standard input is the socket; the user's code shall find an empty one instead."""
        connection = socket.socket(fileno=os.dup(0))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        # Line by line, because it may be killed at any time.
        sys.stdout = os.fdopen(os.dup(1), "w", buffering=1, errors="backslashreplace")
        return cls(connection)

    def read(self) -> JsonObject | None:
        """The next message; None when the pool is gone."""
        header = self._exactly(HEADER.size)
        body = header and self._exactly(HEADER.unpack(header)[0])
        return decode_body(body) if body else None

    def write(self, message: JsonObject) -> None:
        self._connection.sendall(encode_frame(message))

    def _exactly(self, size: int) -> bytes | None:
        read = bytearray()
        while len(read) < size:
            try:
                chunk = self._connection.recv(min(size - len(read), 1 << 20))
            except ConnectionError:
                return None
            if not chunk:
                return None
            read += chunk
        return bytes(read)


class LimitedFunctions(UserFunctions):
    """Says what the limit was when memory ran out."""

    def __init__(self, root: Path, *, memory: int) -> None:
        super().__init__(root)
        self._memory = memory

    async def call(
        self,
        reference: str,
        *args: object,
        timeout: float | None,
        named: Mapping[str, object] | None = None,
        fields: Sequence[str] = (),
    ) -> object:
        try:
            return await super().call(reference, *args, timeout=timeout, named=named, fields=fields)
        except FunctionFault as fault:
            raise self.explained(fault, fault.__cause__) from None

    def load(self, reference: str) -> Callable[..., object]:
        try:
            return super().load(reference)
        except FunctionFault as fault:
            raise self.explained(fault, fault.__cause__) from None

    def explained(self, fault: FunctionFault, cause: BaseException | None) -> FunctionFault:
        if not self._memory or not isinstance(cause, MemoryError):
            return fault
        return FunctionFault(fault.reason, fault.detail + memory_note(self._memory))


def main() -> None:
    """Serve the pool until it is gone."""
    wire = Wire.take_over_stdin()
    setup = wire.read()
    if setup is None:
        return
    inbox: queue.SimpleQueue[JsonObject] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(wire, inbox), daemon=True).start()
    functions = _prepare(setup)
    with asyncio.Runner() as runner:
        wire.write({"ready": True})
        while True:
            _serve(inbox.get(), wire, functions, runner)


def _listen(wire: Wire, inbox: queue.SimpleQueue[JsonObject]) -> None:
    """In a thread of its own, so that the end of the pool is noticed while a function runs."""
    try:
        while (message := wire.read()) is not None:
            inbox.put(message)
    except MemoryError:
        os._exit(os.EX_OSERR)  # the input alone is too much: there is nobody to tell it to
    os.killpg(0, signal.SIGKILL)  # this process leads its group: all it has started ends with it


def _prepare(setup: JsonObject) -> LimitedFunctions:
    root, path, memory = setup["root"], setup["path"], setup["memory"]
    assert isinstance(root, str)
    assert isinstance(path, list)
    assert isinstance(memory, int)
    sys.path[:] = [entry for entry in path if isinstance(entry, str)]
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return LimitedFunctions(Path(root), memory=memory)


def _serve(
    message: JsonObject, wire: Wire, functions: LimitedFunctions, runner: asyncio.Runner
) -> None:
    reference, input, request = message["function"], message["input"], message["request"]
    assert isinstance(reference, str)
    assert isinstance(input, dict)
    assert isinstance(request, dict)
    fields = cast("list[str]", message.get("fields", []))
    try:
        functions.load(reference)
    except FunctionFault as fault:
        wire.write({"reason": fault.reason.value, "detail": fault.detail})
        return
    wire.write({"loaded": True})
    python = PythonRunner(PythonTier(reference), functions, fields)
    asked = Request(**cast("dict[str, Any]", request))
    try:
        wire.write(_reply(runner.run(python.ask(input, asked))))
    except MemoryError:  # after the function, while its output was read or written
        detail = f"There was no memory left for the output of {reference}"
        fault = functions.explained(FunctionFault(Reason.RAISED, detail), MemoryError())
        wire.write({"reason": fault.reason.value, "detail": fault.detail})


def _reply(outcome: TierOutcome) -> JsonObject:
    if isinstance(outcome, TierAnswer):
        return {"output": outcome.output, "accepted": outcome.accepted}
    assert isinstance(outcome, Abstention)  # code never asks a person
    return {"reason": outcome.reason.value, "detail": outcome.detail}


if __name__ == "__main__":
    main()
