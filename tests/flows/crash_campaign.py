"""Random flows in processes that are killed at random, compared with undisturbed runs.

    python -m tests.flows.crash_campaign

reads orders, a line of JSON each, and answers each with a verdict. It forks a process for every
life of a run, so it must never have a thread of its own; whoever has threads starts this program.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pantheon.clock import SystemClock
from pantheon.store import Durability, NodeResult, Run, Store
from tests.flows.crash_driver import OVER, PATIENCE, RUN, Doom, Kind, drive
from tests.flows.crash_look import (
    Look,
    Place,
    check_calls,
    check_one,
    check_step,
    look,
    places_around,
)
from tests.flows.crash_work import read_effects
from tests.flows.random_graphs import Case, make_case

ROOT = Path(__file__).resolve().parents[2]
KINDS: tuple[Kind, ...] = ("moment", "statement", "step", "effect", "event")
_CUT = 400
"""Characters of a violation that are told."""


@dataclass(frozen=True)
class Order:
    """A case, and how to kill it."""

    tape: bytes
    seed: int
    """Of the moments at which it is killed."""
    kills: int
    durability: Durability = "fast"


@dataclass
class Verdict:
    """What became of a case."""

    kills: int = 0
    by: dict[str, int] = field(default_factory=dict[str, int])
    """Kills by their kind."""
    calls: int = 0
    """Calls of functions that an undisturbed run makes."""
    again: int = 0
    """Calls that were made more than once: they were under way when a process died."""
    results: int = 0
    """Results in the journal at the end."""
    state: str = ""
    violations: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Outcome:
    """How a run ended, as far as it does not depend on timing."""

    run: Run
    results: dict[Place, NodeResult]


class Campaign:
    """One case: undisturbed, then with kills."""

    def __init__(self, order: Order, folder: Path) -> None:
        self.case = make_case(order.tape)
        self.order = order
        self.rng = random.Random(order.seed)
        self.folder = folder
        self.verdict = Verdict()

    def run(self) -> Verdict:
        """All lives of the run; the verdict names what must not be."""
        calm, wild = self.folder / "calm", self.folder / "wild"
        calm.mkdir()
        wild.mkdir()
        seconds = self._live(calm, Doom())
        if self.verdict.violations:
            return self.verdict
        wanted = read_outcome(calm)
        self.verdict.calls = len(read_effects(calm / "effects"))
        counts: dict[str, int] = json.loads((calm / "counts.json").read_text())
        self._be_killed(wild, counts, seconds)
        if not self.verdict.violations:
            self._compare(wanted, read_outcome(wild))
        return self.verdict

    def _be_killed(self, wild: Path, counts: dict[str, int], seconds: float) -> None:
        """Kill it again and again; the last life, if it comes to that, is left in peace."""
        seen = Look()
        for number in range(self.order.kills + 1):
            spared = number == self.order.kills
            self._live(wild, Doom() if spared else self._doom(counts, seconds))
            now = look(wild)
            self._report([*check_one(now, wild), *check_step(seen, now, wild)])
            seen = now
            if self.verdict.violations or now.state in OVER:
                break
        calls = read_effects(wild / "effects")
        self.verdict.again = len(calls) - len({call.call for call in calls})
        self._report(check_calls(calls, self.verdict.kills))

    def _doom(self, counts: dict[str, int], seconds: float) -> Doom:
        """More often early than late, so that one run can be killed several times."""
        kind = self.rng.choice(KINDS)
        share = self.rng.random() ** 1.5
        if kind == "moment":
            return Doom(kind, share * seconds)
        most = counts["statement"] if kind == "event" else counts[kind]
        part = self.rng.choice((0.0, self.rng.random(), 1.0))
        scale = 0.5 if kind == "event" else 1.0
        return Doom(kind, 1 + int(share * scale * most), part)

    def _live(self, folder: Path, doom: Doom) -> float:
        """One process, from its fork to its end; returns the seconds."""
        began = time.perf_counter()
        process = os.fork()
        if not process:
            live(self.case, folder, self.order.durability, doom)
        if doom.kind == "moment":
            time.sleep(doom.number)
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        seconds = time.perf_counter() - began
        self._judge(os.waitstatus_to_exitcode(status), folder, doom)
        return seconds

    def _judge(self, code: int, folder: Path, doom: Doom) -> None:
        if code == -signal.SIGKILL and doom.kind != "never":
            self.verdict.kills += 1
            self.verdict.by[doom.kind] = self.verdict.by.get(doom.kind, 0) + 1
        elif code == -signal.SIGALRM:
            self._report([f"it had not ended after {PATIENCE} s"])
        elif code:
            said = (folder / "fault.txt").read_text() if code == 1 else f"status {code}"
            self._report([f"a process failed: {said}"])

    def _compare(self, wanted: Outcome, got: Outcome) -> None:
        a, b = wanted.run, got.run
        self.verdict.state, self.verdict.results = b.state, len(got.results)
        # A failure ends a run that waits as well: which one comes first is then a matter of timing.
        paused = any(r.state == "waiting" for o in (wanted, got) for r in o.results.values())
        for name in ("state", "output", *(() if paused else ("failure",))):
            expected, found = getattr(a, name), getattr(b, name)
            if expected != found:
                self._report([f"{name} is {found}, undisturbed {expected}"])
        if b.state == "done":
            self._report(_differences(wanted, got))

    def _report(self, problems: Iterator[str] | list[str]) -> None:
        self.verdict.violations += [problem[-_CUT:] for problem in problems]


def _differences(wanted: Outcome, got: Outcome) -> Iterator[str]:
    """Every node ends alike, except those that a merge did without."""
    for place in sorted({*wanted.results, *got.results}):
        a, b = (_essence(outcome.results, place) for outcome in (wanted, got))
        if a is not None and b is not None and a != b:
            yield f"{place} came to {b}, undisturbed {a}"


def _essence(results: dict[Place, NodeResult], place: Place) -> tuple[object, ...] | None:
    """What must be equal; None for what depends on timing: how far that came which was ended."""
    result = results.get(place)
    reason = ((result and result.reason) or {}).get("reason")
    if result is None or reason == "not_needed":
        return None
    around = [results.get(p) for p in places_around(result.node)]
    if any(r is None or r.state != "ok" or r.reason or r.attempts > 1 for r in around):
        return None
    return result.state, result.output, reason


def live(case: Case, folder: Path, durability: Durability, doom: Doom) -> None:
    """The life of a forked process, which never returns."""
    try:
        drive(case, folder, durability, doom)
    except BaseException:  # noqa: BLE001  told to the process that forked this one
        (folder / "fault.txt").write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def read_outcome(folder: Path) -> Outcome:
    """How the run in a folder ended; every blob is read and hashed again."""
    with Store.open(folder / "pantheon.db", clock=SystemClock()) as store:
        assert store.verify().sound, store.verify()
        results = {(r.node, r.index): r for r in store.journal.results(RUN)}
        return Outcome(store.runs.get(RUN), results)


def examine(order: Order) -> Verdict:
    """What becomes of one case."""
    with tempfile.TemporaryDirectory(prefix="crash-", dir=_where()) as folder:
        return Campaign(order, Path(folder)).run()


def _where() -> str | None:
    """In memory, where there is such a place: a killed process needs no disk to lose things."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


# ------------------------------------------------------------------------- as a program


class Examiner:
    """A process that examines cases for one that may not fork."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.flows.crash_campaign"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()

    def examine(self, order: Order) -> Verdict:
        """Give it one case and wait for its verdict."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order) | {"tape": order.tape.hex()}) + "\n")
        self._process.stdin.flush()
        return Verdict(**json.loads(self._process.stdout.readline()))


def main() -> None:
    """Serve until there are no more orders."""
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        asked["tape"] = bytes.fromhex(asked["tape"])
        order = Order(**asked)
        print(json.dumps(asdict(examine(order))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
