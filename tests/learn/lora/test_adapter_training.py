"""Training for real, in the child process: it learns, is served alike, and survives being killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pantheon.learn.lora import (
    AdapterResult,
    Pair,
    Progress,
    Settings,
    TrainBudget,
    TrainingFailed,
    TrainingFailure,
    missing_packages,
    train_adapter,
)
from pantheon.models import CATALOGUE, ChatReply, ChatRequest, Lesson, LlamaModel, TokenReader
from tests.learn.lora.exchanges import SCHEMA, make_pairs

pytestmark = [
    pytest.mark.model,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        bool(missing_packages()), reason=f"not installed: {', '.join(missing_packages())}"
    ),
]
SMOL = CATALOGUE["smollm2-135m-instruct"]
SETTINGS = Settings(epochs=3, batch=8, learning_rate=3e-3, evaluations=1, rank=4, alpha=8)
BUDGET = TrainBudget(seconds=600, threads=1)


def ignore(progress: Progress) -> None:
    """Nobody listens."""
    del progress


def train(
    folder: Path, *, budget: TrainBudget = BUDGET, tell: Callable[[Progress], None] = ignore
) -> AdapterResult:
    """An adapter of 40 exchanges: 15 steps."""
    work = train_adapter(
        make_pairs(40),
        dev=make_pairs(8, first=100),
        workdir=folder,
        settings=SETTINGS,
        budget=budget,
        on_progress=tell,
    )
    return asyncio.run(work)


@dataclass(frozen=True, slots=True)
class Run:
    """A training that went to its end undisturbed."""

    folder: Path
    result: AdapterResult
    said: list[Progress]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Trained once for all tests of this module."""
    folder, said = tmp_path_factory.mktemp("lora"), list[Progress]()
    return Run(folder, train(folder, tell=said.append), said)


def test_it_learns_and_tells_how_it_goes(undisturbed: Run) -> None:
    """The loss on exchanges never seen falls far; every step is heard of; the file is small."""
    result = undisturbed.result

    assert result.dev_loss < 0.5 * result.base_loss
    assert [it.step for it in undisturbed.said if it.loss is not None] == list(range(1, 16))
    assert result.adapter.startswith(b"GGUF")
    assert len(result.adapter) < 4_000_000
    assert result.report.peak_rss < 3 << 30


async def serve(result: AdapterResult, pairs: list[Pair]) -> list[tuple[Lesson, ChatReply]]:
    """What the engine answers with the adapter, and the tokens of it."""
    model = LlamaModel(SMOL, context=512, threads=1)
    try:
        await model.add_adapter(result.hash, result.adapter)
        served: list[tuple[Lesson, ChatReply]] = []
        async with TokenReader(model) as reader:
            for pair in pairs:
                asked = ChatRequest(pair.messages, max_tokens=30, adapter=result.hash)
                reply = await model.chat(asked)
                served.append((await reader.read(pair.messages, reply.text), reply))
        return served
    finally:
        await model.close()


def judge_by_torch(run: Run, lessons: list[Lesson]) -> list[dict[str, list[float]]]:
    """Log-probabilities by torch, with the checkpoint that was exported."""
    state = max((run.folder / "checkpoints").glob("*/trainer_state.json"), key=os.path.getmtime)
    best = json.loads(state.read_text())["best_model_checkpoint"]
    program = Path(__file__).with_name("torch_side.py")
    done = subprocess.run(
        [sys.executable, program, run.folder, best],
        input=json.dumps([[lesson.prompt, lesson.answer] for lesson in lessons]),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_server_says_what_torch_would_say(undisturbed: Run) -> None:
    """Held-out prompts: the same tokens, but for near ties, with nearly the same probability."""
    served = asyncio.run(serve(undisturbed.result, make_pairs(12, first=200)))
    judged = judge_by_torch(undisturbed, [lesson for lesson, _ in served])

    gaps = [best - own for it in judged for own, best in zip(it["own"], it["best"], strict=True)]
    assert max(gaps) < 0.5
    assert sum(gap == 0 for gap in gaps) > 0.95 * len(gaps)
    for (_, reply), said in zip(served, judged, strict=True):
        words = said["own"][:-1] if reply.complete else said["own"]
        assert reply.logprob == pytest.approx(sum(words) / len(words), abs=0.06)


def test_held_to_the_schema_it_says_what_it_was_taught(undisturbed: Run) -> None:
    """The grammar does not force other tokens than those trained on; most teams are right."""

    async def ask() -> list[bool]:
        model = LlamaModel(
            SMOL, context=512, threads=1, adapters=lambda _: undisturbed.result.adapter
        )
        right: list[bool] = []
        for pair in make_pairs(9, first=300):
            asked = ChatRequest(
                pair.messages, schema=SCHEMA, max_tokens=30, adapter=undisturbed.result.hash
            )
            right.append(json.loads(pair.completion)["team"] in (await model.chat(asked)).text)
        await model.close()
        return right

    assert sum(asyncio.run(ask())) >= 8


def test_killed_it_goes_on_and_ends_the_same(undisturbed: Run, tmp_path: Path) -> None:
    """After kill -9 of the child between checkpoints: a typed failure, then the very same adapter."""

    def kill(progress: Progress) -> None:
        if progress.step >= 8:
            os.kill(int((tmp_path / "lock").read_text()), signal.SIGKILL)

    with pytest.raises(TrainingFailed) as caught:
        train(tmp_path, tell=kill)

    assert caught.value.reason is TrainingFailure.CRASHED
    again = train(tmp_path)
    assert again.report.resumed
    assert again.dev_loss == pytest.approx(undisturbed.result.dev_loss, rel=1e-4)
    assert train(tmp_path).hash == again.hash


def test_too_little_memory_is_a_typed_failure(tmp_path: Path) -> None:
    """The child is ended before the machine suffers."""
    with pytest.raises(TrainingFailed) as caught:
        train(tmp_path, budget=TrainBudget(seconds=600, threads=1, memory=300 << 20))

    assert caught.value.reason is TrainingFailure.OUT_OF_MEMORY
