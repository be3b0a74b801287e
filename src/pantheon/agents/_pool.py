"""Worker processes for `python` tiers that ask for one: for code that needs a core or may crash.

Each worker leads a process group of its own and sees no secret. One that dies takes only the
request with it that it was working on. One that is out of time, or whose request is cancelled, is
killed together with all it has started. Idle ones are kept for the next request, for a while.

Nothing here belongs to an event loop but what is under way: workers live on from one to the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import site
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field, fields
from pathlib import Path

import pantheon
from pantheon.agents._admission import describe_bytes
from pantheon.agents._answer import Reason
from pantheon.agents._functions import FunctionFault
from pantheon.agents._process import small_environment
from pantheon.agents._tier import Request
from pantheon.agents._wire import HEADER, decode_body, encode_frame
from pantheon.ids import Json, JsonObject

IDLE_SECONDS = 30.0
"""How long a worker without work is kept."""
START_SECONDS = 60.0
"""How long a worker may take to start, and to import the user's module."""
_REAP_SECONDS = 5.0
_LAST_BREATH = 1.0
"""Seconds in which a worker that closed its socket may end by itself, to learn how."""
_COMMAND = (sys.executable, "-P", "-m", "pantheon.agents._worker")


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What a worker may use: workers with different limits do not stand in for one another."""

    memory: int = 0
    """Bytes of address space; 0: no limit."""
    threads: int = 1
    """What libraries for numbers are told to use."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a function."""

    function: str
    input: JsonObject
    timeout: float | None = None
    request: Request = field(default_factory=Request)
    fields: tuple[str, ...] = ()
    """Of the output, for objects that return more than functions do."""


class _Gone(Exception):
    """The worker closed its socket."""


class _Stale(Exception):
    """The worker had died while it was idle."""


class _Worker:
    """One process. Not used by two requests at once."""

    def __init__(self, root: Path, limits: WorkerLimits) -> None:
        """Starts it. Raises OSError when there can be no more processes."""
        self.limits = limits
        self.served = 0
        """How many requests it has finished."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _start(theirs, limits)
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        self._socket = ours
        path: list[Json] = [*sys.path]
        self._greeting: JsonObject = {"root": str(root), "path": path, "memory": limits.memory}

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def greet(self) -> None:
        """Wait until it is ready."""
        await self.send(self._greeting)
        await self.receive()

    async def send(self, message: JsonObject) -> None:
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, encode_frame(message))
        except ConnectionError:
            raise _Gone from None

    async def receive(self) -> JsonObject:
        header = await self._exactly(HEADER.size)
        return decode_body(await self._exactly(HEADER.unpack(header)[0]))

    async def _exactly(self, size: int) -> bytes:
        loop, read = asyncio.get_running_loop(), bytearray()
        while len(read) < size:
            try:
                chunk = await loop.sock_recv(self._socket, min(size - len(read), 1 << 20))
            except ConnectionError:
                chunk = b""
            if not chunk:
                raise _Gone
            read += chunk
        return bytes(read)

    def kill(self) -> None:
        """End it for good; `reap` waits for it."""
        self._socket.close()
        self.kill_group()

    def kill_group(self) -> None:
        """End the process and all it has started; whoever waits for its answer will notice."""
        # The group outlives its leader while others are in it; an empty one is nobody's concern.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def reap(self, seconds: float = _REAP_SECONDS) -> int | None:
        """Its exit status (−n: ended by signal n); None when it does not end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None


def _start(connection: socket.socket, limits: WorkerLimits) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        _COMMAND, stdin=connection.fileno(), env=_environment(limits), start_new_session=True
    )


def _environment(limits: WorkerLimits) -> dict[str, str]:
    """Nothing secret; this package is found also where it is not installed."""
    environment = small_environment() | {
        "OMP_NUM_THREADS": str(limits.threads),
        "OPENBLAS_NUM_THREADS": str(limits.threads),
    }
    folder = str(Path(pantheon.__file__).parent.parent)
    if folder not in [*site.getsitepackages(), site.getusersitepackages()]:
        environment["PYTHONPATH"] = folder
    if limits.memory:
        environment["MALLOC_ARENA_MAX"] = "1"  # each arena reserves 64 MB that nobody may need
    return environment


class WorkerPool:
    """The worker processes of one project; belongs to one thread."""

    def __init__(
        self, root: Path, *, size: int | None = None, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        """At most `size` processes, by default one for each core."""
        self.size = size or os.cpu_count() or 1
        self._root = root.resolve()
        self._idle_seconds = idle_seconds
        self._idle: list[_Worker] = []
        """The longest idle first."""
        self._busy: set[_Worker] = set()
        self._ending: set[_Worker] = set()
        self._turns: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are alive."""
        return tuple(worker.pid for worker in (*self._idle, *self._busy) if worker.alive)

    async def call(self, job: Job, limits: WorkerLimits) -> JsonObject:
        """What the worker said: `{output, accepted}` or `{reason, detail}`.

        Raises FunctionFault: out of time, the worker died, or there can be none. The time limit
        counts from the moment when the function is loaded and begins. Cancelled: the worker dies.
        """
        async with self._own_turns():
            while (worker := self._take_idle(limits)) is not None:
                with contextlib.suppress(_Stale):
                    return await self._serve(worker, job)
            return await self._serve(await self._start(job, limits), job)

    async def close(self) -> None:
        """End all processes; the pool may be used again afterwards.

        Requests that are under way fail with `worker_died`.
        """
        for worker in list(self._idle):
            self._end(worker)
        for worker in self._busy:
            worker.kill_group()
        ending = [*self._busy, *self._ending]
        await asyncio.gather(*(asyncio.to_thread(worker.reap) for worker in ending))

    # ------------------------------------------------------------------ one request

    async def _serve(self, worker: _Worker, job: Job) -> JsonObject:
        """Have it do the job; it is idle afterwards, or else dead."""
        began = False
        try:
            reply = await self._load(worker, job)
            if reply is None:
                began = True
                reply = await self._run(worker, job)
        except _Gone:
            if worker.served and not began:
                self._end(worker)
                raise _Stale from None  # it died while it was idle: another can do the job
            raise await self._death(worker, job) from None
        except BaseException:
            self._end(worker)
            raise
        self._put_back(worker)
        return reply

    async def _load(self, worker: _Worker, job: Job) -> JsonObject | None:
        """Have it import the function; why it could not, if so."""
        try:
            async with asyncio.timeout(START_SECONDS):
                asked: JsonObject = {"function": job.function, "input": job.input}
                asked["fields"] = list(job.fields)
                await worker.send({**asked, "request": _place(job.request)})
                reply = await worker.receive()
        except TimeoutError:
            detail = f"{job.function} could not be imported within {START_SECONDS:g} s."
            raise FunctionFault(Reason.TIMEOUT, detail) from None
        return None if "loaded" in reply else reply

    async def _run(self, worker: _Worker, job: Job) -> JsonObject:
        try:
            async with asyncio.timeout(job.timeout):
                return await worker.receive()
        except TimeoutError:
            detail = f"{job.function} did not return within {job.timeout:g} s and was killed."
            raise FunctionFault(Reason.TIMEOUT, detail) from None

    async def _death(self, worker: _Worker, job: Job) -> FunctionFault:
        """What is told of a worker that ended in the middle of a request."""
        try:
            status = await asyncio.to_thread(worker.reap, _LAST_BREATH)
        finally:
            self._end(worker)
        told = _how_it_ended(status, worker.limits)
        return FunctionFault(Reason.WORKER_DIED, f"The worker process of {job.function} {told}.")

    # ------------------------------------------------------------------ workers

    def _own_turns(self) -> asyncio.Semaphore:
        """Those of the running event loop: a semaphore cannot change loops."""
        loop = asyncio.get_running_loop()
        if self._turns is None or self._turns[0] is not loop:
            self._turns = (loop, asyncio.Semaphore(self.size))
        return self._turns[1]

    def _take_idle(self, limits: WorkerLimits) -> _Worker | None:
        """The one that was used last, so that those not needed grow old and end."""
        for worker in reversed(self._idle):
            if not worker.alive:
                self._end(worker)
            elif worker.limits == limits:
                self._idle.remove(worker)
                self._busy.add(worker)
                return worker
        return None

    async def _start(self, job: Job, limits: WorkerLimits) -> _Worker:
        while self._idle and len(self._idle) + len(self._busy) >= self.size:
            self._end(self._idle[0])
        try:
            worker = _Worker(self._root, limits)
        except OSError as error:
            detail = f"No worker process can be started for {job.function}: {error.strerror}."
            raise FunctionFault(Reason.UNAVAILABLE, detail) from None
        self._busy.add(worker)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker.greet()
        except _Gone:
            raise await self._death(worker, job) from None
        except BaseException:
            self._end(worker)
            raise
        return worker

    def _put_back(self, worker: _Worker) -> None:
        worker.served += 1
        self._busy.discard(worker)
        self._idle.append(worker)
        loop = asyncio.get_running_loop()
        # The machine's own time: a process costs its memory, whatever the clock says.
        loop.call_later(self._idle_seconds, self._end_if_unused, worker, worker.served)

    def _end_if_unused(self, worker: _Worker, served: int) -> None:
        if worker in self._idle and worker.served == served:
            self._end(worker)

    def _end(self, worker: _Worker) -> None:
        """Kill it at once; a thread waits for it, so that no zombie stays."""
        if worker in self._idle:
            self._idle.remove(worker)
        self._busy.discard(worker)
        worker.kill()
        self._ending.add(worker)
        threading.Thread(target=self._reap, args=(worker,), daemon=True).start()

    def _reap(self, worker: _Worker) -> None:
        worker.reap()
        self._ending.discard(worker)


def _place(request: Request) -> JsonObject:
    """What a function may know about its place in a run; what can be called stays here."""
    values: dict[str, object] = {f.name: getattr(request, f.name) for f in fields(request)}
    return {k: v for k, v in values.items() if v is None or isinstance(v, str | int | float)}


def _how_it_ended(status: int | None, limits: WorkerLimits) -> str:
    note = memory_note(limits.memory) if limits.memory and status else ""
    if status is None:
        return "closed its connection and was killed"
    if status >= 0:
        return f"ended itself with status {status}{note}"
    if status == -signal.SIGKILL:
        note = "; if nobody did it, the machine was out of memory"
    return f"was ended by signal {-status} ({signal.Signals(-status).name}){note}"


def memory_note(limit: int) -> str:
    """A clause about the limit of an agent's worker."""
    return f"; its memory is limited to {describe_bytes(limit)} (`resources.memory`)"
