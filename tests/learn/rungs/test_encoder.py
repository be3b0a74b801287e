"""The fine-tuned encoder: served as it was trained, judged by encoders that did not see the row."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

import numpy as np
import pytest

from pantheon.clock import FakeClock
from pantheon.errors import InputError
from pantheon.learn import Around, Promise, Specialist, Task, Tools, load_model
from pantheon.learn.encoder import Lesson as Texts
from pantheon.learn.encoder import TuneSettings, tune_encoder
from pantheon.learn.encoder._job import WHOLE
from pantheon.learn.rungs._encoder import EncoderModel, EncoderRung, tuned_embedder
from pantheon.learn.rungs._machine import MachineRung
from pantheon.models import MINILM, MiniLmEmbedder, locate
from tests.learn.worlds import draw_rows, embed

TOP = "encoder.layer.5.output.dense.bias"
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


def tools(space: str = "all-minilm-l6-v2") -> Tools:
    """An embedder without weights under the name of the real one."""
    return Tools(embed, space, lambda a, b: a == b, FakeClock())


def task() -> Task:
    """One label of four."""
    return Task("a", {}, {}, "label", Promise(0.05, 0.95))


@pytest.mark.model
def test_other_weights_give_other_vectors_and_the_same_ones_the_same() -> None:
    """A tuned weight takes the place of the published one of its name, in the usual engine."""
    texts = ["where is my card", "what is the weather"]
    plain = MiniLmEmbedder(threads=1).embed(texts)
    zero, moved = np.zeros(384, np.float16), np.full(384, 0.1, np.float16)
    tuned, space = tuned_embedder({TOP: moved})
    again, same_space = tuned_embedder({TOP: moved})
    _, other_space = tuned_embedder({TOP: zero})

    assert np.abs(tuned(texts) - plain).max() > 0.001
    assert np.allclose(np.linalg.norm(tuned(texts), axis=1), 1, atol=1e-5)
    assert tuned is again
    assert space == same_space != other_space


@pytest.mark.model
def test_a_model_is_the_same_after_it_was_kept() -> None:
    """Bytes hold the machine and the changed weights; the same contents give the same bytes."""
    weights = {TOP: np.full(384, 0.1, np.float16)}
    space = tuned_embedder(weights)[1]
    inner = asyncio.run(MachineRung().train(draw_rows(200), task(), tools(space))).model
    assert isinstance(inner, Specialist)
    model = EncoderModel(inner, weights)
    back = load_model(model.dumps(), Around(embed, "all-minilm-l6-v2"))

    assert back.kind == "encoder"
    assert back.dumps() == model.dumps()
    with pytest.raises(InputError):
        load_model(model.dumps()[:-40], Around(embed, "all-minilm-l6-v2"))


def test_it_says_what_it_needs() -> None:
    """Answers that come again, enough examples, the embedder it can tune, and the extra."""
    rung, rows = EncoderRung(), draw_rows(300)

    assert "Too few answers" in str(rung.unfit(task(), draw_rows(1), tools()))
    assert "are worth tuning" in str(rung.unfit(task(), rows[:100], tools()))
    assert "Another embedder" in str(rung.unfit(task(), rows, tools("words")))
    if find_spec("torch") is None:
        assert "not installed" in str(rung.unfit(task(), rows, tools()))


@needs_torch
@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(600)
def test_what_is_served_is_what_was_tuned() -> None:
    """Torch and the usual engine agree on unseen texts, and tuning pulls the answers apart."""
    texts = [f"my {w} is lost {n}" for n in range(20) for w in ("card", "loan")]
    rest = ("the loan was lost", "a card is gone")
    lesson = Texts(
        (*texts, "card", "loan", *rest),
        tuple(n % 2 for n in range(40)),
        2,
        tuple(n // 2 % 2 for n in range(40)),
    )
    settings = TuneSettings(epochs=2, layers=1, threads=1)
    tuned = asyncio.run(tune_encoder(lesson, settings, seconds=500))
    served, _ = tuned_embedder(tuned.weights)

    assert sorted(tuned.vectors) == [WHOLE, 0, 1]
    assert np.abs(served(rest) - tuned.vectors[WHOLE][-2:]).max() < 5e-3
    plain = MiniLmEmbedder(threads=1).embed(rest)
    assert served(rest)[0] @ served(rest)[1] < plain[0] @ plain[1]
    assert not np.allclose(tuned.vectors[0], tuned.vectors[1])
    assert (locate(MINILM) / "model.safetensors").is_file()
