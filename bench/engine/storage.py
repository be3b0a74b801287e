"""What a run costs on disk: bytes in the database for each node that gives one KiB.

Runs of a chain of 100 and of 400 nodes, through YAML and the public API, in a store of their own.
Two kinds of output: `noise` is random letters and digits, three quarters of which no compression
can save, `words` is text of sixteen words in random order. Measured is the growth of the file, write-ahead log included, after a checkpoint and a
compaction of an empty store; the last column says how far it is from growing in a straight line.

    ./run bench engine/storage [--runs 5] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from pantheon.clock import SystemClock
from pantheon.flows import Runtime
from pantheon.learn import load_specialist
from pantheon.spec import load_project
from pantheon.store import Store

LENGTHS = (100, 400)
KINDS = ("noise", "words")
PAYLOAD = 1024
"""Characters of each node's text; its JSON is a little longer."""
CODE = """\
import base64
import random

WORDS = "the card was stolen and I would like to know where my last transfer has gone".split()


async def noise(n):
    return {"n": n + 1, "text": base64.b64encode(random.Random(n).randbytes(768)).decode()}


async def words(n):
    chosen = random.Random(n).choices(WORDS, k=400)
    return {"n": n + 1, "text": " ".join(chosen)[:1024]}
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What runs of one length cost."""

    kind: str
    nodes: int
    bytes_per_run: float
    bytes_per_node: float
    ratio: float
    """Bytes per node, as a multiple of its payload."""


def write_project(folder: Path) -> Path:
    """A flow for each kind and length; returns the file."""
    (folder / "payload.py").write_text(CODE)
    agents = [
        f"  {kind}: {{input: {{n: integer}}, output: {{n: integer, text: string}}, "
        f'tiers: [{{python: "payload:{kind}"}}]}}'
        for kind in KINDS
    ]
    flows = [line for kind in KINDS for length in LENGTHS for line in _chain(kind, length)]
    file = folder / "pantheon.yaml"
    file.write_text("\n".join(["agents:", *agents, "flows:", *flows, ""]))
    return file


def _chain(kind: str, length: int) -> list[str]:
    """Each node reads the number of the one before."""
    nodes = [
        f"      n{i}: {{agent: {kind}, in: {{n: {f'n{i - 1}' if i else 'input'}.n}}}}"
        for i in range(length)
    ]
    head = [f"  {kind}{length}:", "    input: {n: integer}", "    nodes:"]
    return [*head, *nodes, f"    output: {{n: n{length - 1}.n}}"]


async def measure(kind: str, nodes: int, runs: int) -> Figure:
    """Run the chain in a store of its own, and see by how much the file has grown."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_project(Path(folder))
        database = Path(folder) / "pantheon.db"
        clock = SystemClock()
        with Store.open(database, clock=clock) as store:
            before = settle(store, database, clock)
            runtime = Runtime(
                load_project(file), store, clock=clock, load_specialist=load_specialist
            )
            for number in range(runs):
                # Another number each time: equal outputs of two runs would be kept only once.
                await _run(runtime, f"{kind}{nodes}", n=number * nodes)
            await runtime.close()
            grown = settle(store, database, clock) - before
    per_node = grown / runs / nodes
    return Figure(kind, nodes, grown / runs, per_node, per_node / PAYLOAD)


async def _run(runtime: Runtime, flow: str, *, n: int) -> None:
    run = await runtime.run(flow, {"n": n})
    assert run.state == "done", run.failure


def settle(store: Store, database: Path, clock: SystemClock) -> int:
    """Bytes on disk when nothing is left in the log and no page is empty."""
    store.compact(keep_runs=None, now=clock.now())
    return sum(f.stat().st_size for f in database.parent.glob(f"{database.name}*"))


async def measure_all(runs: int) -> list[Figure]:
    """All kinds and lengths."""
    return [await measure(kind, nodes, runs) for kind in KINDS for nodes in LENGTHS]


def show(figures: list[Figure]) -> None:
    """A table; growth compares the longest run of a kind with a straight line from the shortest."""
    print("| output | nodes | bytes per run | bytes per node | × payload | growth |")
    print("|---|---|---|---|---|---|")
    first = {f.kind: f for f in reversed(figures)}
    for f in figures:
        growth = f.bytes_per_node / first[f.kind].bytes_per_node
        print(
            f"| {f.kind} | {f.nodes} | {f.bytes_per_run:,.0f} | {f.bytes_per_node:,.0f} "
            f"| {f.ratio:.2f} | {growth:.2f} × linear |"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What a run costs on disk.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(measure_all(options.runs))
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))
    else:
        show(figures)


if __name__ == "__main__":
    main()
