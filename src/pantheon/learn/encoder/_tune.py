"""Tuning from the outside: a child process with a time limit, and what it gave."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import EnvironmentFault, InputError
from pantheon.learn.encoder._job import LOG, RESULT, WHOLE, Lesson, TuneSettings, write_job
from pantheon.models import MINILM, locate

_PASSED_ON = ("PATH", "LANG", "HOME", "TMPDIR", "PANTHEON_CACHE", "CUDA_VISIBLE_DEVICES")
"""Of our environment; no key or token is among them."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of it.

    - vectors: of all texts of the lesson, by the fold whose examples its encoder did not see;
      shape (texts, 384) each; `WHOLE` saw all
    - weights: the changed ones of the encoder that saw all, by name, half precision
    """

    vectors: dict[int, NDArray[np.float32]]
    weights: dict[str, NDArray[np.float16]]


def can_tune() -> bool:
    """Whether the optional extra is installed."""
    return find_spec("torch") is not None


async def tune_encoder(lesson: Lesson, settings: TuneSettings, *, seconds: float | None) -> Tuned:
    """Tune in a child process; its memory is given back, and what it prints is not.

    Raises:
        EnvironmentFault: torch is not installed, or the child ended badly or not in time.
        WeightsFault: the default weights are missing.
    """
    if not can_tune():
        raise EnvironmentFault(
            "The encoder cannot be tuned: torch is not installed.",
            hint="Install the optional extra: pip install 'pantheon[train]'.",
        )
    if len(lesson.folds) != len(lesson.answers):
        raise InputError("Every example needs an answer and a fold.", hint="")
    weights = locate(MINILM) / "model.safetensors"
    with tempfile.TemporaryDirectory(prefix="pantheon-encoder-") as name:
        folder = Path(name)
        write_job(folder, lesson, settings, weights)
        await _run(folder, seconds)
        return _read(folder)


async def _run(folder: Path, seconds: float | None) -> None:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    with (folder / LOG).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pantheon.learn.encoder", str(folder)),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=log,
            env=passed | {"OMP_WAIT_POLICY": "PASSIVE"},
        )
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        message = f"Tuning the encoder did not end within {seconds:.0f} s."
        raise EnvironmentFault(message, hint="Give the night more time.") from None
    finally:
        # Also when whoever waits was cancelled: nothing goes on behind their back.
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != 0:
        raise EnvironmentFault(
            f"Tuning the encoder ended with status {process.returncode}: {_last_words(folder)}",
            hint="See whether there is enough memory.",
        )


def _last_words(folder: Path) -> str:
    text = (folder / LOG).read_text("utf-8", "replace").strip().splitlines()[-1:]
    return "".join(char for char in "".join(text)[-200:] if char.isprintable())


def _read(folder: Path) -> Tuned:
    with np.load(folder / RESULT, allow_pickle=False) as kept:
        vectors = {
            int(name.removeprefix("vectors:")): kept[name]
            for name in kept.files
            if name.startswith("vectors:")
        }
        weights = {
            name.removeprefix("weight:"): kept[name].astype(np.float16)
            for name in kept.files
            if name.startswith("weight:")
        }
    assert WHOLE in vectors
    return Tuned(vectors, weights)
