"""What an engine costs per node: Pantheon beside other engines and the floors of the machine.

    ./run bench engine --install        # once: an environment for each of the others
    ./run bench engine                  # about half an hour; --quick: a few minutes

Three workloads of no-op async nodes that pass `{n: integer, msg: 32 characters}` on: a chain of
100, one node that fans out to 100 and in again, and 200 concurrent runs of a chain of 10. Every
engine is used as its documentation recommends, and where that leaves SQLite at its slowest, once
more with WAL and synchronous NORMAL set by hand. Pantheon goes through its YAML and public API,
with inputs and outputs checked. Building a graph is not timed.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from bench.engine._environments import default_folder, find_python, install
from bench.engine._machine import describe
from bench.engine._rounds import Figures, measure
from bench.engine._systems import PEERS, ROWS, SYSTEMS, Row
from bench.engine._table import show


def main() -> None:
    """Install, or measure and print."""
    options = _parse()
    if options.install:
        install(options.envs, tuple(peer for peer in PEERS if peer in options.systems))
        return
    pythons = _find_pythons(options)
    rows = [row for row in ROWS if row.system in pythons]
    machine = describe()
    figures = measure(rows, pythons, rounds=options.rounds, seconds=options.seconds)
    print(show(figures, machine, rounds=options.rounds))
    if options.json:
        options.json.write_text(json.dumps(_to_json(figures, machine), indent=2) + "\n")


def _parse() -> Namespace:
    parser = ArgumentParser(
        prog="./run bench engine", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--install", action="store_true", help="make the environments, then stop")
    parser.add_argument("--envs", type=Path, default=default_folder(), metavar="DIR")
    parser.add_argument("--systems", type=_systems, default=SYSTEMS, metavar="A,B")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each row in a round, about")
    parser.add_argument("--quick", action="store_true", help="one round of half a second each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's figures")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0.5
    return options


def _systems(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = sorted(set(names) - set(SYSTEMS))
    if unknown:
        sys.exit(f"no system {unknown[0]!r}; there are: {', '.join(SYSTEMS)}")
    return names


def _find_pythons(options: Namespace) -> dict[str, Path]:
    """The interpreter of every system that was asked for and is there."""
    found: dict[str, Path] = {}
    for name in options.systems:
        python = find_python(options.envs, name) if name in PEERS else Path(sys.executable)
        if python is None:
            print(f"{name}: not installed; `./run bench engine --install`", file=sys.stderr)
        else:
            found[name] = python
    return found


def _to_json(figures: Mapping[Row, Figures], machine: Mapping[str, str]) -> dict[str, object]:
    rows = [asdict(row) | asdict(found) for row, found in figures.items()]
    return {"machine": machine, "rows": rows}


if __name__ == "__main__":
    main()
