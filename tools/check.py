"""Every check of the house in one go: a line for each, details only where one fails.

`python -m tools.check` runs all, `python -m tools.check lint types` those named. All of them run,
whatever fails, two at a time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 2
USAGE = 2


@dataclass(frozen=True, slots=True)
class Check:
    """A named command that exits with 0 when all is well."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check said, and how long it took in seconds."""

    check: Check
    passed: bool
    output: str
    seconds: float


def _own(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"tools.{module}", *arguments)


# The longest first, so that the short ones fill the other core.
CHECKS = (
    Check("types", ("basedpyright", "--warnings")),
    Check("examples", _own("examples")),
    Check("format", ("ruff", "format", "--check", "--quiet", "--diff", ".")),
    Check("lint", ("ruff", "check", "--quiet", "--output-format=concise", ".")),
    Check("layers", ("lint-imports", "--no-cache")),
    Check("boundaries", _own("boundaries")),
    Check("shape", _own("shape")),
    Check("dependencies", ("deptry", "--no-ansi", "src")),
    Check("locks", _own("locks")),
    Check("spelling", ("codespell",)),
    Check("reference", _own("reference")),
    Check("links", _own("links")),
    Check("leaks", _own("leaks")),
)


def run(check: Check) -> Outcome:
    """Run one check from the project's root."""
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(check, done.returncode == 0, done.stdout, time.monotonic() - started)


def run_all(checks: Sequence[Check]) -> list[Outcome]:
    """Run the checks, and report each as it ends."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(_announced([pool.submit(run, check) for check in checks]))


def _announced(waiting: list[Future[Outcome]]) -> Iterator[Outcome]:
    for future in as_completed(waiting):
        outcome = future.result()
        print(_describe(outcome), flush=True)
        yield outcome


def _describe(outcome: Outcome) -> str:
    line = f"{'ok    ' if outcome.passed else 'FAILED'} {outcome.check.name:<13}{outcome.seconds:5.1f} s"
    if outcome.passed:
        return line
    details = "".join(f"       {text}\n" for text in outcome.output.strip().splitlines())
    return f"{line}\n{details.rstrip()}"


def main(names: list[str]) -> int:
    """1 when a check fails, 2 when a name is unknown."""
    known = {check.name: check for check in CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no check named {unknown[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return USAGE
    outcomes = run_all([known[name] for name in names] or CHECKS)
    failed = [outcome.check.name for outcome in outcomes if not outcome.passed]
    print(f"{len(outcomes) - len(failed)} of {len(outcomes)} checks passed", end="")
    print(f"; failed: {', '.join(failed)}" if failed else "")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
