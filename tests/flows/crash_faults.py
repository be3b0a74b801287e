"""Faults of the machine in the middle of a run: what its caller is told, and what becomes of it.

Each fault is a function that lets it happen in a folder and returns how the run fared. The tests
assert what must hold; `./run bench engine/faults` prints the table.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pantheon.clock import SystemClock
from pantheon.errors import PantheonError
from pantheon.flows import Runtime
from pantheon.ids import Json
from pantheon.spec import FlowDef, NodeDef, Project, PythonTier, Resources, Retry, Wait
from pantheon.store import Durability, Run, Store
from tests.flows import crash_work
from tests.flows.building import agent, e, flow, node, project, runtime
from tests.flows.crash_driver import RUN
from tests.flows.crash_look import Look, check_calls, check_one, check_step, look
from tests.flows.crash_work import read_effects

ROOT = Path(__file__).resolve().parents[2]
LENGTH = 150
"""Nodes of the chain that most faults interrupt."""


@dataclass(frozen=True)
class Fared:
    """How a run fared."""

    what: str
    told: str
    """What the caller got: the error or the reason, and its sentence."""
    kept: int
    """Results that were in the journal when it happened."""
    again: int
    """Calls that were made again afterwards."""
    state: str
    """Of the run in the end."""
    output: Json
    problems: tuple[str, ...] = ()
    """What must not be."""


def chain() -> FlowDef:
    """Node after node."""
    return flow(*(node(f"n{i}", "act", given=_given(i)) for i in range(LENGTH)))


def _given(number: int) -> dict[str, str]:
    before = f"n{number - 1}"
    sources, values = (f'["{before}"]', f"{before}.n") if number else ("[]", "0")
    return {"name": f'"n{number}"', "turns": "2", "sources": sources, "values": values}


def make_project(folder: Path, *flows: FlowDef) -> Project:
    """Functions of `crash_work`, and a flow."""
    acts = (agent("act", PythonTier("tests.flows.crash_work:act")),)
    return project(folder, *(flows or (chain(),)), agents=acts)


async def begin_or_go_on(made: Runtime) -> Run:
    """Start the run, or go on with it."""
    known = made.store.runs.list()
    return await (made.resume(RUN) if known else made.run("flow", {}, run_id=RUN))


def keep_effects(folder: Path, *, pause: float = 0.0) -> None:
    """Let the functions of this process leave their lines in a folder, and take their time."""

    def keep(_: int, line: bytes) -> bytes:
        time.sleep(pause)
        return line

    crash_work.FILE[:] = [crash_work.Effects(folder / "effects", keep)]


def run_slowly(folder: Path) -> Run:
    """Like `run_here`, so that something can be done to it from outside while it is at work."""
    return run_here(folder, pause=0.005)


def run_here(
    folder: Path,
    level: Durability = "fast",
    prepare: Callable[[Store], None] | None = None,
    *,
    pause: float = 0.0,
) -> Run:
    """Start the run or go on with it, in this process. `pause`: seconds that each call takes."""
    keep_effects(folder, pause=pause)
    used, path = SystemClock(), folder / "pantheon.db"
    with Store.open(path, clock=used, durability=level, busy_seconds=0.2) as store:
        if prepare is not None:
            prepare(store)
        return asyncio.run(begin_or_go_on(runtime(make_project(folder), store, clock=used)))


def tell(error: BaseException) -> str:
    """An error as the caller sees it."""
    said = error.message if isinstance(error, PantheonError) else str(error)
    return f"{type(error).__name__}: {said}"


def undisturbed(folder: Path) -> Run:
    """The run when nothing happens."""
    calm = folder / "calm"
    calm.mkdir()
    return run_here(calm)


def survive(folder: Path, what: str, told: str, cut: Look) -> Fared:
    """Go on after a fault, and compare with the undisturbed run."""
    run = run_here(folder)
    now = look(folder)
    calls = read_effects(folder / "effects")
    problems = [*check_one(now, folder), *check_step(cut, now, folder), *check_calls(calls, 1)]
    wanted = undisturbed(folder)
    if (run.state, run.output) != (wanted.state, wanted.output):
        problems.append(f"it came to {run.state} {run.output}, undisturbed {wanted.output}")
    again = sum(count - 1 for count in Counter(call.call for call in calls).values())
    return Fared(what, told, len(cut.final), again, run.state, run.output, tuple(problems))


# ------------------------------------------------------------------------------ other processes


def start(function: Callable[..., object], *args: object) -> tuple[BaseProcess, Any]:
    """A process that runs a function, and the end of a pipe.

    It sends what the function returned, or its error as text.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.crash_faults"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, function, args))
    process.start()
    return process, ours


def _serve(connection: Any, function: Callable[..., object], args: tuple[object, ...]) -> None:
    try:
        connection.send(function(*args))
    except BaseException as error:  # noqa: BLE001  it is what the caller wants to see
        connection.send(tell(error))


def await_result(process: BaseProcess, connection: Any) -> Any:
    """What a process sent before it ended."""
    said = connection.recv()
    process.join()
    return said


def wait_for_calls(folder: Path, number: int) -> None:
    """Return when so many calls have been made."""
    for _ in range(20_000):
        if len(read_effects(folder / "effects")) >= number:
            return
        time.sleep(0.001)
    raise AssertionError(f"it has not come to {number} calls")


# ------------------------------------------------------------------------------------ the disk


def full_disk(folder: Path) -> Fared:
    """The system lets the files grow no further."""
    told = await_result(*start(run_on_little_room, folder))
    return survive(folder, "the disk is full (RLIMIT_FSIZE)", told, look(folder))


def run_on_little_room(folder: Path) -> Run:
    """Run while files may not become larger than this."""

    def limit(store: Store) -> None:
        del store
        size = (folder / "pantheon.db-wal").stat().st_size + 300_000
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    return run_here(folder, prepare=limit)


def few_pages(folder: Path) -> Fared:
    """SQLite is not allowed another page."""

    def limit(store: Store) -> None:
        pages = store._database.scalar("PRAGMA page_count")
        store._database.write(f"PRAGMA max_page_count = {pages + 2}")

    try:
        told = str(run_here(folder, prepare=limit).state)
    except PantheonError as error:
        told = tell(error)
    return survive(folder, "the disk is full (max_page_count)", told, look(folder))


def locked(folder: Path) -> Fared:
    """Another process holds the database for longer than anyone waits."""
    process, connection = start(run_slowly, folder)
    wait_for_calls(folder, LENGTH // 3)
    with contextlib.closing(sqlite3.connect(folder / "pantheon.db", timeout=5)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = await_result(process, connection)
        other.execute("ROLLBACK")
    return survive(folder, "another process locks the database", told, look(folder))


def read_only(folder: Path) -> Fared:
    """The file may not be written when the run is to go on."""
    process, connection = start(run_slowly, folder)
    wait_for_calls(folder, LENGTH // 3)
    process.kill()
    process.join()
    connection.close()
    cut = look(folder)
    with without_permission(folder):
        try:
            told = str(run_here(folder).state)
        except PantheonError as error:
            told = tell(error)
    return survive(folder, "the file is read-only", told, cut)


@contextlib.contextmanager
def without_permission(folder: Path) -> Generator[None]:
    """Nobody may write to the database; who may all things is somebody else meanwhile."""
    root = os.geteuid() == 0
    (folder / "effects").chmod(0o666)
    for file in folder.glob("pantheon.db*"):
        file.chmod(0o444)
    folder.chmod(0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        for file in folder.glob("pantheon.db*"):
            file.chmod(0o600)


# --------------------------------------------------------------------------------- processes


def two_processes(folder: Path) -> Fared:
    """A second process wants the run, and gets it as soon as the first one is dead."""
    process, connection = start(run_slowly, folder)
    wait_for_calls(folder, LENGTH // 3)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)  # it hangs, but it is alive
    try:
        told = str(run_here(folder).state)
    except PantheonError as error:
        told = tell(error)
    process.kill()
    process.join()
    connection.close()
    return survive(folder, "a second process runs the same run", told, look(folder))


def dead_but_not_buried(folder: Path) -> Fared:
    """The process that had the run is dead, and its parent has not noticed."""
    process = subprocess.Popen([sys.executable, "-c", _ALONE, str(folder)], cwd=ROOT)
    wait_for_calls(folder, LENGTH // 3)
    process.kill()
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.001)
    try:
        return survive(folder, "the process is a zombie", "(nothing: it goes on)", look(folder))
    finally:
        process.wait()


_ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from tests.flows.crash_faults import run_here
run_here(Path(sys.argv[1]))
"""


# -------------------------------------------------------------------------------------- clock


class RestlessClock(SystemClock):
    """The wall clock is an hour off, one way or the other, each time somebody looks at it."""

    def __init__(self) -> None:
        self._rng = random.Random(1)

    def now(self) -> float:
        return super().now() + self._rng.choice((-3600.0, 3600.0))


def clock_set(folder: Path) -> Fared:
    """The clock jumps by two hours all the time, while limits, a timer and a lease are pending."""
    pause = node("w", given={}, wait=Wait(seconds=e("0.01")), after=("n0",))
    limited = [replace(n, timeout=60.0) for n in chain().nodes.values()]
    limited[-1] = replace(limited[-1], after=("w",))
    definition = flow(pause, *limited, timeout=600.0)
    keep_effects(folder)
    clock = RestlessClock()
    with Store.open(folder / "pantheon.db", clock=clock) as store:
        made = runtime(make_project(folder, definition), store, clock=clock)
        run = asyncio.run(_see_through(made))
        kept = len(store.journal.results(RUN))
    calls = read_effects(folder / "effects")
    again = len(calls) - len({call.call for call in calls})
    wanted = undisturbed(folder)
    problems = () if run.output == wanted.output else (f"it came to {run.output}",)
    told = "(nothing: it goes on)"
    return Fared("the clock jumps by hours", told, kept, again, run.state, run.output, problems)


async def _see_through(made: Runtime) -> Run:
    run = await made.run("flow", {}, run_id=RUN)
    while run.state == "waiting":
        await made.wake()
        run = made.store.runs.get(RUN)
    return run


# ------------------------------------------------------------------------------------ workers

_GREEDY = """
    import os, signal

    def too_much(n):
        return {"n": len(bytearray(n))}

    def killed(n):
        os.kill(os.getpid(), signal.SIGKILL)

    def works(n):
        return {"n": n}
"""


def worker(folder: Path, function: str, **policy: Any) -> tuple[Run, str]:
    """A run with a node whose worker process ends badly; returns it, and what the node says."""
    (folder / "greedy.py").write_text(textwrap.dedent(_GREEDY))
    limits = Resources(memory=512 << 20)

    def crunch(name: str) -> Any:
        tier = PythonTier(f"greedy:{name}", process=True)
        return replace(agent(name, tier), resources=limits)

    inside = node("crunch", function, given={"n": str(2 << 30)}, **policy)
    behind = node("behind", "step", given={"n": "default(crunch.n, 0)"})
    stand_in = NodeDef("instead", "works")
    nodes = (inside, stand_in, behind) if "fallback" in policy else (inside, behind)
    agents = tuple(crunch(name) for name in ("too_much", "killed", "works"))
    made = project(folder, flow(*nodes), agents=agents)
    clock = SystemClock()
    with Store.open(folder / "pantheon.db", clock=clock) as store:
        run = asyncio.run(_run_and_close(runtime(made, store, clock=clock)))
        result = store.journal.get(run.id, "crunch")
        assert result is not None
        reason = result.reason or {}
        return run, f"{result.state}: {reason.get('message')}"


async def _run_and_close(made: Runtime) -> Run:
    try:
        return await made.run("flow", {}, run_id=RUN)
    finally:
        await made.close()


def worker_killed(folder: Path) -> Fared:
    """The system ends a worker process, as it does when memory is short."""
    run, told = worker(folder, "killed", retry=Retry(attempts=2, delay=0.001), fallback="instead")
    return Fared("a worker is killed (out of memory)", told, 0, 0, run.state, run.output)


def worker_too_large(folder: Path) -> Fared:
    """A worker wants more memory than its agent may have."""
    run, told = worker(folder, "too_much", on_error="continue")
    return Fared("a worker exceeds `resources.memory`", told, 0, 0, run.state, run.output)


FAULTS: tuple[Callable[[Path], Fared], ...] = (
    full_disk, few_pages, locked, read_only, two_processes, dead_but_not_buried,
    clock_set, worker_killed, worker_too_large,
)  # fmt: skip
