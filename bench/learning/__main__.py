"""All tables of what is learned, one benchmark after the other.

    ./run bench learning --data DATA                 # everything; some hours on two cores
    ./run bench learning --quick                     # one seed, few splits: some minutes
    ./run bench learning slots gates                 # only these

Each is a script of its own and can be run alone; `--list` names them. What needs recorded streams is
left out, and said, where there is no data folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_DEFAULT = _HERE.parents[2] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Table:
    """One script with its arguments; `data`: it cannot do without recorded streams; `made`: its
    streams are made of this Python's standard library first.
    """

    script: str
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    data: bool = True
    made: bool = False


def _shape(stream: str) -> Table:
    words = (stream, "--rows", "400", "--fresh", "1200")
    full, quick = (*words, "--splits", "100"), (*words, "--splits", "2")
    return Table("shapes.py", full, quick, data=False, made=True)


def _violations(stream: str, *more: str) -> Table:
    return Table(
        "violations.py", (stream, *more, "--splits", "100"), (stream, *more, "--splits", "3")
    )


_GUESSED = ("first_sentence", "--budget", "0.1")
TABLES: dict[str, Table] = {
    "local_share_banking77": Table(
        "local_share.py",
        ("banking77_gpt4", "--budget", "0.05", "0.02", "--seeds", "5"),
        ("banking77_gpt4", "--budget", "0.05", "--seeds", "1"),
    ),
    "local_share_clinc150": Table(
        "local_share.py",
        ("clinc150", "--budget", "0.05", "0.02", "--seeds", "5", "--listed"),
        ("clinc150", "--budget", "0.05", "--seeds", "1", "--listed"),
    ),
    "slots": Table(
        "slots.py", ("--known", "2000", "6000", "--seeds", "5"), ("--known", "2000", "--seeds", "1")
    ),
    "sets": _shape("stdlib_labels"),
    "numbers": _shape("stdlib_number"),
    "records": _shape("stdlib_record"),
    "judgements": Table(
        "judgements.py", ("--seeds", "5"), ("--seeds", "1", "--judgements", "0", "300")
    ),
    "violations_banking77": _violations("banking77_gpt4"),
    "violations_clinc150": _violations("clinc150", "--fresh", "3000"),
    "heads": Table("heads.py", ("banking77_gpt4", "clinc150"), ("banking77_gpt4", "--splits", "1")),
    "gates": Table("gates.py", ("--runs", "1000"), ("--runs", "100"), data=False),
    "drift": Table("drift.py", ("--streams", "banking77_gpt4", "clinc150"), ("--runs", "3")),
    "discovery": Table(
        "discovery.py", ("--calls", "10000", "--seeds", "5"), ("--seeds", "1"), data=False
    ),
    "generative": Table(
        "generative.py", (*_GUESSED, "--judges", "150"), (*_GUESSED, "--judges", "60"), data=False
    ),
    "lora": Table("lora.py", data=False),
    "specialist": Table("specialist.py"),
    "fleet": Table("fleet.py", (), ("--only-stdlib",), data=False),
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
    data = _make_streams() if table.made else args.data
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PANTHEON_DATA": str(data)}
    print(f"== {name}: {' '.join(words[1:])}", flush=True)
    started = time.perf_counter()
    done = subprocess.run(words, cwd=_HERE, env=environment, check=False)
    print(f"== {name}: {time.perf_counter() - started:.0f} s, exit {done.returncode}", flush=True)
    return done.returncode == 0


@cache
def _make_streams() -> Path:
    """A folder of streams made of the standard library."""
    folder = Path(tempfile.mkdtemp(prefix="pantheon-streams-"))
    words = [sys.executable, str(_HERE / "stdlib.py"), "--out", str(folder / "streams")]
    subprocess.run(words, cwd=_HERE, check=True)
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
