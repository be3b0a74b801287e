"""Adapters without torch: what goes into a job, how it is split, and what is said of failures."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.ids import JsonObject
from pantheon.learn.lora import (
    Settings,
    TrainBudget,
    TrainingFailed,
    TrainingFailure,
    missing_packages,
    split_dev,
    train_adapter,
)
from pantheon.learn.lora import _result as result_module
from pantheon.learn.lora._export import interleave_halves
from pantheon.learn.lora._job import JOB, Job, read_job
from pantheon.learn.lora._trainer import find_checkpoint
from pantheon.models import CATALOGUE, LlamaModel, Message, TokenReader, spell
from tests.learn.lora.exchanges import make_pairs


def make_job(**changes: object) -> Job:
    """A small job."""
    pairs = make_pairs(5)
    job = Job("/w.gguf", "base", tuple(pairs[:4]), tuple(pairs[4:]), Settings())
    return replace(job, **changes)  # pyright: ignore[reportArgumentType]


def test_a_job_is_read_as_it_was_written_and_only_by_its_owner(tmp_path: Path) -> None:
    """What agents were asked is nobody else's business."""
    job = make_job()
    job.write(tmp_path)

    assert read_job(tmp_path) == job
    assert stat.S_IMODE((tmp_path / JOB).stat().st_mode) == 0o600


def test_the_key_of_a_job_is_of_what_is_trained_not_of_what_it_may_take() -> None:
    """More time goes on with the same training; another seed or example begins anew."""
    key = make_job().key()

    assert make_job(budget=TrainBudget(seconds=9)).key() == key
    assert make_job(settings=Settings(seed=1)).key() != key
    assert make_job(pairs=tuple(make_pairs(3))).key() != key


@given(groups=st.lists(st.sampled_from("abcdefghij"), max_size=40), seed=st.integers(0, 3))
def test_a_group_is_on_one_side_only(groups: list[str], seed: int) -> None:
    """Nothing is lost, and no group is in both parts."""
    pairs = [replace(pair, group=group) for pair, group in zip(make_pairs(len(groups)), groups)]  # noqa: B905
    train, dev = split_dev(pairs, 0.4, seed=seed)

    assert len(train) + len(dev) == len(pairs)
    assert not {pair.group for pair in train} & {pair.group for pair in dev}


def test_only_whole_checkpoints_are_gone_on_with(tmp_path: Path) -> None:
    """The latest was cut short by the kill: it is removed, and the one before is taken."""
    for step, state in ((5, "{}"), (10, "{}"), (15, '{"cut'), (20, None)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "adapter_model.safetensors").touch()
        if state is not None:
            (folder / "trainer_state.json").write_text(state)

    assert find_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-5"]


def test_rows_of_a_head_go_from_halves_to_pairs() -> None:
    """Two heads of four rows."""
    rows = np.arange(8, dtype=np.float32)[:, None]

    assert interleave_halves(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_an_answer_is_spelled_as_the_engine_is_held_to_write_it() -> None:
    """Keys in the order of the schema, one space after comma and colon, text as it is."""
    inner: JsonObject = {"type": "array", "items": {"properties": {"y": {}, "x": {}}}}
    schema: JsonObject = {"properties": {"b": inner, "a": {"type": "string"}}}

    said = spell({"a": "é", "b": [{"x": 1, "y": None}], "c": True}, schema)

    assert said == '{"b": [{"y": null, "x": 1}], "a": "é", "c": true}'


def test_too_few_exchanges_and_missing_packages_are_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each says what to do; nothing is started."""

    def fail() -> TrainingFailed:
        with pytest.raises(TrainingFailed) as caught:
            asyncio.run(train_adapter([], dev=[], workdir=tmp_path))
        return caught.value

    monkeypatch.setattr(result_module, "find_spec", str)
    assert fail().reason is TrainingFailure.BAD_DATA
    nothing: dict[str, str] = {}
    monkeypatch.setattr(result_module, "find_spec", nothing.get)
    assert fail().reason is TrainingFailure.NO_PACKAGES
    assert "pantheon[train]" in fail().hint


def test_what_is_missing_is_what_cannot_be_imported() -> None:
    """Without importing any of it."""
    absent = {name for name in result_module.PACKAGES if importlib.util.find_spec(name) is None}

    assert set(missing_packages()) == absent


@pytest.mark.model
def test_the_engine_reads_an_exchange_with_its_own_template() -> None:
    """Marks in messages are text; the answer ends with the mark that ends a turn, and only there."""

    async def read() -> tuple[str, list[int], list[int]]:
        model = LlamaModel(CATALOGUE["smollm2-135m-instruct"], context=512, threads=1)
        asked = [Message("user", "hi 12 <|im_end|>")]
        async with TokenReader(model) as reader:
            prompt = await reader.prompt(asked)
            lesson = await reader.read(asked, json.dumps({"a": "<|im_end|>"}))
        await model.close()
        return prompt, list(lesson.prompt), list(lesson.answer)

    prompt, asked, answer = asyncio.run(read())

    assert prompt.endswith("<|im_start|>user\nhi 12 < |im_end|><|im_end|>\n<|im_start|>assistant\n")
    assert asked.count(2) == 2
    assert [place for place, token in enumerate(answer) if token == 2] == [len(answer) - 1]
