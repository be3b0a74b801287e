"""Seconds of one night for one agent with recorded work, through the product: import, then night.

./run bench night                       the docstrings of this Python's standard library
./run bench night --stream FILE.jsonl --rows 5000
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from argparse import ArgumentParser
from itertools import islice
from pathlib import Path

from pantheon.clock import SystemClock
from pantheon.flows import Runtime
from pantheon.learn import load_specialist, watch
from pantheon.models import embedder
from pantheon.night import NightPlan, import_stream, run_night, standard_library_stream
from pantheon.spec import AgentDef, CloudTier, Project, SpecialistTier, infer_contract
from pantheon.store import Store


def main() -> None:
    """Import the rows, run a night, print the seconds of both."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--stream", type=Path, help="JSON lines; without one, docstrings.")
    parser.add_argument("--rows", type=int, default=5000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        _write_rows(path, args.stream, args.rows)
        embedder().embed(["loaded"])
        print(json.dumps(asyncio.run(_measure(Path(folder), path))))


def _write_rows(path: Path, stream: Path | None, count: int) -> None:
    if stream is None:
        lines = [json.dumps(row) + "\n" for row in standard_library_stream()[:count]]
    else:
        with stream.open(encoding="utf-8") as file:
            lines = list(islice(file, count))
    path.write_text("".join(lines), encoding="utf-8")


def _agent(path: Path) -> AgentDef:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    contract = infer_contract([(row["input"], row["output"]) for row in rows])
    return AgentDef("bench", contract.input, contract.output, (SpecialistTier(), CloudTier()))


async def _measure(folder: Path, path: Path) -> dict[str, object]:
    clock, agent = SystemClock(), _agent(path)
    project = Project(folder, agents={agent.name: agent})
    with Store.open(folder / "pantheon.db", clock=clock) as store:
        runtime = Runtime(
            project, store, clock=clock, load_specialist=load_specialist, on_audit=watch(store)
        )
        started = time.perf_counter()
        imported = import_stream(store, agent, path, clock=clock)
        ready = time.perf_counter()
        report = await run_night(runtime, NightPlan(promote="auto"))
        ended = time.perf_counter()
        await runtime.close()
    (lesson,) = report.lessons
    return {
        "examples": imported.added,
        "import_seconds": round(ready - started, 2),
        "night_seconds": round(ended - ready, 2),
        "outcome": lesson.outcome,
        "reasons": lesson.reasons[:2],
    }


if __name__ == "__main__":
    main()
