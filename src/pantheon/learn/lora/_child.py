"""The child process: one job, from its folder to an adapter in the same folder."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from pantheon.clock import Clock, SystemClock
from pantheon.learn.lora._child_files import ADAPTER, FAILURE, REPORT, Said, write_json, write_whole
from pantheon.learn.lora._job import Job, Pair, read_job
from pantheon.learn.lora._result import TrainingFailure
from pantheon.models import Lesson, LlamaModel, TokenReader

_ORPHANED = 3
_FAILED = 1


def run_job(folder: Path) -> int:
    """Train what the folder's job says; the exit status tells whether there is an adapter now."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with (folder / "lock").open("a") as lock:
        try:
            return _run_alone(folder, lock)
        except (MemoryError, RuntimeError) as error:
            # torch says so in a RuntimeError: of its own allocator on a CPU, of CUDA's on a GPU.
            lacking = isinstance(error, MemoryError) or "memory" in str(error)
            if not lacking:
                raise
            said = Said(TrainingFailure.OUT_OF_MEMORY, f"There was not enough memory: {error}")
            write_json(folder / FAILURE, said)
            return _FAILED


def _run_alone(folder: Path, lock: IO[str]) -> int:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        said = Said(TrainingFailure.CRASHED, f"Another training is at work in {folder}.")
        write_json(folder / FAILURE, said)
        return _FAILED
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return _train(folder, read_job(folder), SystemClock())


def _train(folder: Path, job: Job, clock: Clock) -> int:
    from pantheon.learn.lora._export import export_adapter
    from pantheon.learn.lora._trainer import Corpus, fit

    os.nice(job.budget.nice)
    started = clock.elapsed()
    limit = job.settings.max_tokens
    read = asyncio.run(_read(job, [*job.pairs, *job.dev]))
    train = [lesson for lesson in read[: len(job.pairs)] if _size(lesson) <= limit]
    dev = [lesson for lesson in read[len(job.pairs) :] if _size(lesson) <= limit]
    if not train or not dev:
        longest = f"All exchanges to train on, or to look at, are longer than {limit} tokens."
        write_json(folder / FAILURE, Said(TrainingFailure.BAD_DATA, longest))
        return _FAILED
    corpus = Corpus(train, dev[: job.settings.dev_limit], dropped=len(read) - len(train) - len(dev))
    trained = fit(folder, job, corpus, started=started, clock=clock)
    write_whole(folder / ADAPTER, export_adapter(trained.model, Path(job.weights), job))
    # Last: whoever sees a report finds the adapter.
    write_json(folder / REPORT, trained.report())
    return 0


def _size(lesson: Lesson) -> int:
    return len(lesson.prompt) + len(lesson.answer)


async def _read(job: Job, pairs: Sequence[Pair]) -> list[Lesson]:
    """As the engine reads them; its memory is given back before training takes its own."""
    model = LlamaModel(Path(job.weights), context=job.settings.max_tokens, threads=1)
    try:
        async with TokenReader(model) as reader:
            return [await reader.read(pair.messages, pair.completion) for pair in pairs]
    finally:
        await model.close()


def _end_with_parent() -> None:
    """The parent holds the other end of our standard input: when it is gone, so are we."""
    # Not by way of sys.stdin, whose lock would be held when Python ends.
    while os.read(0, 1):
        pass
    os._exit(_ORPHANED)
