"""What the processes of the crash test do: start the run, or go on with it, until killed."""

from __future__ import annotations

import asyncio
import os
import signal
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path

from pantheon.clock import SystemClock
from pantheon.errors import NotFound
from pantheon.flows import OnEvent, Runtime
from pantheon.ids import JsonObject, RunId
from pantheon.spec import FlowDef, Merge, Retry
from pantheon.store import Event, Run, Store
from tests.flows.building import flow, node, project, runtime

RUN = RunId("r1")


def build() -> FlowDef:
    """Chain, fan-out, map, condition, retry, merges, a stand-in: everything at once."""

    def reads(name: str, n: str = "0", fail: str = "false") -> dict[str, str]:
        return {"node": f'"{name}"', "path": "input.path", "n": n, "fail": fail}

    wide = [node(f"w{i}", "noted", given=reads(f"w{i}", "c2.n")) for i in range(8)]
    item = {"node": '"each"', "path": "item.path", "n": "item.n"}
    return flow(
        node("c0", "noted", given=reads("c0")),
        node("c1", "noted", given=reads("c1", "c0.n")),
        node("c2", "noted", given=reads("c2", "c1.n")),
        *wide,
        node("no", "noted", given=reads("no"), when="c1.n > 99"),
        node(
            "bad",
            "noted",
            given=reads("bad", "c1.n", "true"),
            retry=Retry(attempts=2, delay=0.001),
            fallback="instead",
        ),
        node("instead", "noted", given=reads("instead", "c1.n")),
        node("each", "noted", given=item, map="input.items", concurrency=3),
        node("both", given={}, merge=Merge(tuple(f"w{i}" for i in range(8)))),
        node("one", given={}, merge=Merge(("no", "bad"), "any")),
        node("end", "noted", given=reads("end", "both.w0.n + both.w7.n + one.n")),
        output={"n": "end.n", "each": "each", "no": "no"},
    )


def make_input(folder: Path) -> JsonObject:
    """Where every node leaves its line, and the items of the map."""
    path = str(folder / "effects.txt")
    return {
        "path": path,
        "items": [{"n": i, "path": str(folder / f"item{i}.txt")} for i in range(10)],
    }


def go_on(folder: Path, on_event: OnEvent | None = None) -> Run:
    """Start the run, or resume it where the journal says it is."""
    clock = SystemClock()
    with Store.open(folder / "pantheon.db", clock=clock) as store:
        made = runtime(project(folder, build()), store, clock=clock)
        return asyncio.run(_start_or_resume(made, folder, on_event))


async def _start_or_resume(made: Runtime, folder: Path, on_event: OnEvent | None) -> Run:
    try:
        return await made.resume(RUN, on_event=on_event)
    except NotFound:
        return await made.run("flow", make_input(folder), run_id=RUN, on_event=on_event)


def work_until_killed(folder: str, begun: ProcessEvent) -> None:
    """The main function of a process that somebody else kills."""
    go_on(Path(folder), lambda event: begun.set())
    begun.set()


def work_until_result(folder: str, number: int) -> None:
    """The main function of a process that kills itself when so many results are committed."""
    seen: list[Event] = []

    def count(event: Event) -> None:
        if event.kind in {"node_finished", "item_finished"}:
            seen.append(event)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    go_on(Path(folder), count)
