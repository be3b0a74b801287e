"""The embedder against sentence-transformers' own vectors, and against hostile texts."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pantheon.errors import WeightsFault
from pantheon.models import MiniLmEmbedder, embedder
from pantheon.models._minilm import _GRAPH, _batches
from pantheon.models._weights import MINILM, locate

REFERENCE: dict[str, Any] = json.loads(
    Path(__file__).with_name("minilm_reference.json").read_text("utf-8")
)
TEXTS: list[str] = [row["text"] for row in REFERENCE["rows"]]
VECTORS = np.array([row["vector"] for row in REFERENCE["rows"]], np.float32)


@pytest.mark.model
def test_vectors_equal_those_of_sentence_transformers() -> None:
    """Cosine of 0.99999 or more with the reference on every text, the cut and empty included."""
    found = MiniLmEmbedder(threads=1).embed(TEXTS)

    cosines = np.sum(found * VECTORS, axis=1) / np.linalg.norm(VECTORS, axis=1)
    assert np.min(cosines) >= 0.99999
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


@pytest.mark.model
def test_a_vector_does_not_depend_on_its_neighbours() -> None:
    """Alone, in a batch of very different lengths, or in another order: the same to 1e-5."""
    together = MiniLmEmbedder(threads=1).embed(TEXTS)
    backwards = MiniLmEmbedder(threads=1).embed(TEXTS[::-1])[::-1]
    alone = np.concatenate([MiniLmEmbedder(threads=1).embed([text]) for text in TEXTS[1:4]])

    assert np.allclose(together, backwards, atol=1e-5)
    assert np.allclose(together[1:4], alone, atol=1e-5)


@pytest.mark.model
@pytest.mark.parametrize("text", ["", "\ud800 lone", "\0\0", "x" * 1_000_000, "ab " * 1_000_000])
def test_any_text_has_a_unit_vector(text: str) -> None:
    """Empty, unencodable and huge texts are embedded like any other."""
    vector = embedder().embed([text])

    assert vector.shape == (1, 384)
    assert np.isclose(np.linalg.norm(vector), 1.0, atol=1e-5)


@pytest.mark.model
def test_remembered_texts_are_safe_from_their_users() -> None:
    """Writing into a returned array changes no later answer."""
    model = MiniLmEmbedder(threads=1)
    first = model.embed(["the same text", "the same text"])
    kept = first.copy()
    first[:] = 0.0

    assert np.array_equal(model.embed(["the same text", "the same text"]), kept)


def test_no_texts_have_no_vectors() -> None:
    """An empty list needs no weights."""
    assert MiniLmEmbedder().embed([]).shape == (0, 384)


def test_one_embedder_serves_the_process() -> None:
    """The factory always returns the same instance."""
    assert embedder() is embedder()


def test_missing_weights_are_a_clear_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the file and the command that fetches it."""
    monkeypatch.setenv("PANTHEON_CACHE", str(tmp_path))

    with pytest.raises(WeightsFault, match=r"model\.safetensors is missing") as caught:
        MiniLmEmbedder().embed(["text"])

    assert "python -m pantheon.models.fetch" in caught.value.hint


def test_batches_hold_texts_of_like_length() -> None:
    """Every text is in exactly one batch, and a padded batch stays within the limit."""
    lengths = [3, 256, 10, 3, 200, 7] * 40

    batches = list(_batches(lengths))

    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[i] for i in batch) <= 1024 for batch in batches)
    assert all(
        max(lengths[i] for i in left) <= min(lengths[i] for i in right)
        for left, right in pairwise(batches)
    )


@pytest.mark.model
def test_the_graph_is_the_one_its_script_writes() -> None:
    """The generated file in the package is exactly what `tests.models.minilm_graph` makes."""
    pytest.importorskip("onnx", reason="onnx is only needed to write the graph")
    from tests.models.minilm_graph import build

    assert _GRAPH.read_bytes() == build(locate(MINILM) / "model.safetensors")
