"""Training from the outside: a child process that is watched, bounded, and may be resumed."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from pantheon.errors import WeightsFault
from pantheon.ids import hash_bytes
from pantheon.learn.lora._child_files import (
    ADAPTER,
    FAILURE,
    LOG,
    PROGRESS,
    REPORT,
    Said,
)
from pantheon.learn.lora._job import JOB, Job, Pair, Settings, TrainBudget, read_job, split_dev
from pantheon.learn.lora._result import (
    AdapterResult,
    Progress,
    Report,
    TrainingFailed,
    TrainingFailure,
    missing_packages,
)
from pantheon.models import CATALOGUE, Weights, locate

OnProgress: TypeAlias = Callable[[Progress], None]

_GRACE = 120.0
"""Seconds over the budget in which the child may still end well: load, last look, export."""
_POLL = 0.25
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PASSED_ON = ("PATH", "LANG", "HOME", "TMPDIR", "PANTHEON_CACHE", "CUDA_VISIBLE_DEVICES")
"""Of our environment; no key or token is among them."""
_LINES, _CHARACTERS = 3, 300


async def train_adapter(
    pairs: Sequence[Pair],
    *,
    workdir: Path,
    dev: Sequence[Pair] | None = None,
    base: Weights | Path = CATALOGUE["smollm2-135m-instruct"],
    settings: Settings | None = None,
    budget: TrainBudget | None = None,
    on_progress: OnProgress | None = None,
) -> AdapterResult:
    """Train a LoRA adapter of `base` on the completions of `pairs`, in a child process.

    `dev` decides when to stop and which checkpoint is taken; by default a tenth of the groups of
    `pairs`. The same job in the same `workdir` goes on where it was ended; a finished one is only
    read. Raises TrainingFailed.
    """
    if absent := missing_packages():
        raise TrainingFailed(
            TrainingFailure.NO_PACKAGES,
            f"Adapters cannot be trained here: {', '.join(absent)} cannot be imported.",
            hint="Install the optional extra: pip install 'pantheon[train]'.",
        )
    chosen = settings or Settings()
    train, held = (
        (list(pairs), list(dev)) if dev is not None else split_dev(pairs, seed=chosen.seed)
    )
    job = _make_job(train, held, base, chosen, budget or TrainBudget())
    _prepare(workdir, job)
    if not (workdir / REPORT).exists():
        await _run(workdir, job.budget, on_progress)
    return _read_result(workdir, job)


def _make_job(
    train: Sequence[Pair],
    dev: Sequence[Pair],
    base: Weights | Path,
    settings: Settings,
    budget: TrainBudget,
) -> Job:
    if not train or not dev:
        raise TrainingFailed(
            TrainingFailure.BAD_DATA,
            f"{len(train)} exchanges to train on and {len(dev)} to look at are not enough.",
            hint="Give more examples, or a development set of your own.",
        )
    try:
        path, name = _find(base)
    except WeightsFault as fault:
        raise TrainingFailed(TrainingFailure.NO_WEIGHTS, fault.message, hint=fault.hint) from fault
    return Job(str(path), name, tuple(train), tuple(dev), settings, budget)


def _find(base: Weights | Path) -> tuple[Path, str]:
    if isinstance(base, Weights):
        file = base.files[0]
        return locate(base) / file.name, file.sha256
    if not base.is_file():
        raise WeightsFault(
            f"The weights file {base} does not exist.", hint="Give the path of a .gguf file."
        )
    return base.resolve(), f"{base.name}:{base.stat().st_size}"


def _prepare(workdir: Path, job: Job) -> None:
    """What another job left is cleared away; what this one left is gone on with."""
    workdir.mkdir(parents=True, exist_ok=True)
    try:
        same = read_job(workdir).key() == job.key()
    except (OSError, ValidationError):
        same = False
    if not same:
        for name in (JOB, ADAPTER, REPORT, PROGRESS, LOG):
            (workdir / name).unlink(missing_ok=True)
        shutil.rmtree(workdir / "checkpoints", ignore_errors=True)
    (workdir / FAILURE).unlink(missing_ok=True)
    job.write(workdir)


async def _run(workdir: Path, budget: TrainBudget, on_progress: OnProgress | None) -> None:
    with (workdir / LOG).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pantheon.learn.lora", str(workdir)),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=log,
            env=_environment(),
        )
    try:
        over = await _watch(process, workdir, budget, on_progress)
    finally:
        # Also when whoever waits was cancelled: nothing goes on behind their back.
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if over is not None or process.returncode != 0:
        raise _explain(workdir, process.returncode or 0, over)


async def _watch(
    process: Process, workdir: Path, budget: TrainBudget, on_progress: OnProgress | None
) -> TrainingFailure | None:
    """Until the child ends (None), or takes more than it may."""
    loop = asyncio.get_running_loop()
    last = loop.time() + budget.seconds + _GRACE
    told = 0
    while process.returncode is None:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(process.wait())), _POLL)
        told = _tell(workdir / PROGRESS, told, on_progress)
        if loop.time() > last:
            return TrainingFailure.OUT_OF_TIME
        if process.returncode is None and _resident(process.pid) > budget.memory:
            return TrainingFailure.OUT_OF_MEMORY
    return None


def _tell(path: Path, told: int, on_progress: OnProgress | None) -> int:
    """Hand over the lines that are new and whole; returns how many bytes have been read."""
    if on_progress is None or not path.exists():
        return told
    new = path.read_bytes()[told:]
    whole = new[: new.rfind(b"\n") + 1]
    for line in whole.splitlines():
        on_progress(TypeAdapter(Progress).validate_json(line))
    return told + len(whole)


def _resident(pid: int) -> int:
    """Bytes of memory that the process holds; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    quiet = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "0"}
    # Few arenas: what one thread frees is used by the next. Threads that wait do not spin: on a
    # machine that has other work they would keep each other from theirs.
    lean = {"MALLOC_ARENA_MAX": "2", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1"}
    return passed | quiet | lean


def _explain(workdir: Path, status: int, over: TrainingFailure | None) -> TrainingFailed:
    hint = f"What it printed is in {workdir / LOG}."
    if over is TrainingFailure.OUT_OF_TIME:
        return TrainingFailed(over, "Training did not end within its time.", hint=hint)
    if over is TrainingFailure.OUT_OF_MEMORY:
        return TrainingFailed(
            over, "Training took more memory than it may.", hint="Allow more, or shorter examples."
        )
    try:
        said = TypeAdapter(Said).validate_json((workdir / FAILURE).read_bytes())
        return TrainingFailed(said.reason, said.message, hint=hint)
    except (OSError, ValidationError):
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        words = _last_words(workdir / LOG)
        said = f"Training ended with {how}{': ' + words if words else ''}"
        return TrainingFailed(TrainingFailure.CRASHED, said, hint=hint)


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()[-_LINES:]
    text = " ".join(lines)[-_CHARACTERS:]
    return "".join(char if char.isprintable() else " " for char in text)


def _read_result(workdir: Path, job: Job) -> AdapterResult:
    report = TypeAdapter(Report).validate_json((workdir / REPORT).read_bytes())
    data = (workdir / ADAPTER).read_bytes()
    return AdapterResult(data, hash_bytes(data), job.base, replace(report))
