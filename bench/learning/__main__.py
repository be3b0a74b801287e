"""All tables of what is learned, one benchmark after the other.

    ./run bench learning --data DATA                 # everything; some hours on two cores
    ./run bench learning --quick                     # one seed, few splits: some minutes
    ./run bench learning local_share gates           # only these

Each is a script of its own and can be run alone; `--list` names them. What needs recorded streams is
left out, and said, where there is no data folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_DEFAULT = _HERE.parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Table:
    """One script with its arguments; `data`: it cannot do without recorded streams."""

    script: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    data: bool = True


TABLES: dict[str, Table] = {
    "local_share": Table("local_share.py", quick=("--seeds", "1")),
    "slots": Table("slots.py", quick=("--seeds", "1")),
    "shapes": Table("shapes.py", data=False),
    "judgements": Table(
        "judgements.py", ("--seeds", "5"), ("--seeds", "1", "--judgements", "0", "300")
    ),
    "violations_banking77": Table(
        "violations.py", ("banking77_gpt4", "--splits", "100"), ("banking77_gpt4", "--splits", "5")
    ),
    "violations_clinc150": Table(
        "violations.py",
        ("clinc150", "--splits", "100", "--fresh", "3000"),
        ("clinc150", "--splits", "3", "--fresh", "2000"),
    ),
    "heads": Table("heads.py", quick=("--splits", "1")),
    "gates": Table("gates.py", ("--runs", "1000"), ("--runs", "100"), data=False),
    "drift": Table("drift.py", quick=("--runs", "3"), data=False),
    "discovery": Table("discovery.py", quick=("--seeds", "1"), data=False),
    "generative": Table("generative.py", data=False),
    "lora": Table("lora.py", data=False),
    "specialist": Table("specialist.py"),
    "fleet": Table("fleet.py", quick=("--scale", "0.3"), data=False),
}


def main() -> int:
    """Run the tables; 1 if one of them failed."""
    args = _parse()
    if args.list:
        print("\n".join(TABLES))
        return 0
    failed: list[str] = []
    for name in args.names or TABLES:
        table = TABLES[name]
        if table.data and not (args.data / "streams").is_dir():
            print(f"== {name}: left out, there is no {args.data}/streams", flush=True)
            continue
        if not _run(name, table, args):
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all done")
    return bool(failed)


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *TABLES], default=[])
    parser.add_argument("--list", action="store_true", help="name the tables")
    parser.add_argument("--quick", action="store_true", help="one seed, few splits")
    default = Path(os.environ.get("PANTHEON_DATA", str(_DEFAULT)))
    parser.add_argument("--data", type=Path, default=default, help="holds streams/*.jsonl")
    return parser.parse_args()


def _run(name: str, table: Table, args: Namespace) -> bool:
    """Run one script in this folder, with one thread for the arithmetic: it is the fastest."""
    words = [
        sys.executable,
        str(_HERE / table.script),
        *(table.quick if args.quick else table.full),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PANTHEON_DATA": str(args.data)}
    print(f"== {name}: {' '.join(words[1:])}", flush=True)
    started = time.perf_counter()
    done = subprocess.run(words, cwd=_HERE, env=environment, check=False)
    print(f"== {name}: {time.perf_counter() - started:.0f} s, exit {done.returncode}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
