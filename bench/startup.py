"""How long a person waits for an import, `pantheon --help` and `pantheon validate`.

./run bench startup

Whole processes, in turn, so that all meet the same machine, beside bare Python; milliseconds of
wall time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from importlib import resources
from pathlib import Path
from statistics import median

CLI = (sys.executable, "-m", "pantheon.cli")


def main() -> None:
    """Time each command in turn and print medians."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        _copy_demo(project)
        commands = {
            "python -c pass": (sys.executable, "-c", "pass"),
            "import pantheon": (sys.executable, "-c", "import pantheon"),
            "from pantheon import Pantheon": (
                sys.executable,
                "-c",
                "from pantheon import Pantheon",
            ),
            "import pantheon.flows": (sys.executable, "-c", "import pantheon.flows"),
            "pantheon --help": (*CLI, "--help"),
            "pantheon validate": (*CLI, "-C", str(project), "validate"),
        }
        times = {name: [_time(words) for _ in range(2)] for name, words in commands.items()}
        for _ in range(args.runs):
            for name, words in commands.items():
                times[name].append(_time(words))
    print(json.dumps({name: _summary(found[2:]) for name, found in times.items()}, indent=2))


def _copy_demo(project: Path) -> None:
    import shutil

    with resources.as_file(resources.files("pantheon.demo") / "project") as template:
        shutil.copytree(template, project)


def _time(words: tuple[str, ...]) -> float:
    started = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return 1000 * (time.perf_counter() - started)


def _summary(milliseconds: list[float]) -> dict[str, float]:
    found = sorted(milliseconds)
    return {"median_ms": round(median(found), 1), "best_ms": round(found[0], 1)}


if __name__ == "__main__":
    main()
