"""Run a program from an argument list: no shell, a small environment, limits on time and output.

Used by the `command` tier. The program starts a process group of its own, so that the time limit
and a cancellation end it together with everything it has started, whenever they come.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 65_536
_DRAIN_SECONDS = 2.0
PASSED_ON = ("PATH", "LANG", "HOME")
"""The only variables of our environment that a program gets: no key or token is among them."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program printed, and its exit status (−n: ended by signal n)."""

    status: int
    stdout: bytes
    stderr: bytes


class TooMuchOutput(Exception):
    """The program printed more than the limit and was ended."""


def small_environment() -> dict[str, str]:
    """The environment a program runs in."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use."""

    seconds: float
    output_bytes: int


async def run_program(
    argv: Sequence[str], *, stdin: bytes, cwd: Path, env: Mapping[str, str], limits: Limits
) -> Finished:
    """Run to the end. Raises OSError (cannot start), TimeoutError or TooMuchOutput."""
    process = await _start(argv, cwd, env)
    try:
        async with asyncio.timeout(limits.seconds):
            stdout, stderr = await _exchange(process, stdin, limits.output_bytes)
            status = await process.wait()
    except BaseException:
        await _end(process)
        raise
    return Finished(status, stdout, stderr)


async def _start(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Process:
    """Cancelled while it starts, it may have started others already: its group ends with it."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *argv,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with suppress(OSError):
            await _end(await starting)
        raise


async def _exchange(process: Process, stdin: bytes, cap: int) -> tuple[bytes, bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_feed(process.stdin, stdin))
            out = group.create_task(_read(process.stdout, cap))
            err = group.create_task(_read(process.stderr, cap))
    except* TooMuchOutput:
        raise TooMuchOutput from None
    return out.result(), err.result()


async def _feed(pipe: asyncio.StreamWriter, data: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read its input
        pipe.write(data)
        await pipe.drain()
    pipe.close()


async def _read(pipe: asyncio.StreamReader, cap: int) -> bytes:
    read = bytearray()
    while chunk := await pipe.read(_CHUNK):
        read += chunk
        if len(read) > cap:
            raise TooMuchOutput
    return bytes(read)


async def _end(process: Process) -> None:
    """Kill the whole group and empty its pipes, so that no zombie and no open pipe stays behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):  # something that left the group may hold a pipe open for ever
        async with asyncio.timeout(_DRAIN_SECONDS):
            await asyncio.gather(_discard(process.stdout), _discard(process.stderr))
            await process.wait()


async def _discard(pipe: asyncio.StreamReader | None) -> None:
    while pipe is not None and await pipe.read(_CHUNK):
        pass
