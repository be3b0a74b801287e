"""From definitions to engines, the budget they share, and the embedder without weights."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

import pantheon.models
from pantheon.errors import NotFound, UsageError
from pantheon.models import (
    Budget,
    FailureReason,
    HashEmbedder,
    LlamaModel,
    ModelFailure,
    OpenAIModel,
    build_model,
    find_weights,
)
from pantheon.models._threads import physical_cores, spare_cores
from pantheon.spec import ModelDef, Price


def test_an_endpoint_is_built_without_being_asked() -> None:
    """The engine has the definition's name for the model and is remote."""
    model = build_model(
        ModelDef(
            "cloud",
            "openai",
            base_url="https://api.example.com/v1",
            model="big",
            price=Price(2.5, 10.0),
        )
    )

    assert isinstance(model, OpenAIModel)
    assert (model.name, model.kind, model.remote) == ("big", "openai", True)


@pytest.mark.parametrize("weights", [None, "smollm2-135m-instruct"])
def test_the_embedded_model_is_the_default_weights(weights: str | None) -> None:
    """Nothing is loaded yet; it is local."""
    model = build_model(ModelDef("small", "llama.cpp", weights=weights, threads=1))

    assert isinstance(model, LlamaModel)
    assert (model.name, model.kind, model.remote) == ("smollm2-135m-instruct", "llama.cpp", False)


def test_weights_may_be_a_file_beside_the_definition(tmp_path: Path) -> None:
    """A relative path starts at the given folder, an absolute one stays."""
    assert find_weights("my/own.gguf", folder=tmp_path) == tmp_path / "my" / "own.gguf"
    assert find_weights("/models/own.GGUF", folder=tmp_path) == Path("/models/own.GGUF")


def test_unknown_weights_are_not_found() -> None:
    """Neither a name nor a .gguf file."""
    with pytest.raises(NotFound, match="'smollm3'"):
        build_model(ModelDef("small", "llama.cpp", weights="smollm3"))


def test_an_endpoint_needs_an_address_and_a_model() -> None:
    """The error names the definition."""
    with pytest.raises(UsageError, match="'cloud' needs a base_url"):
        build_model(ModelDef("cloud", "openai", model="big"))


def test_a_budget_holds_under_many_threads() -> None:
    """However calls interleave, reservations and spending never exceed the cap."""
    budget = Budget(1.0, spent=0.1)
    refused: list[FailureReason] = []

    def spend() -> None:
        for _ in range(200):
            try:
                budget.reserve(0.01)
            except ModelFailure as failure:
                refused.append(failure.reason)
            else:
                budget.settle(reserved=0.01, spent=0.005)

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(refused) == {FailureReason.BUDGET}
    assert 0.98 <= budget.spent <= 1.0
    assert budget.remaining == pytest.approx(1.0 - budget.spent)


def test_a_budget_without_a_cap_only_counts() -> None:
    """Nothing is refused, all is booked."""
    budget = Budget()
    budget.reserve(1e9)
    budget.settle(reserved=1e9, spent=3.0)

    assert (budget.usd, budget.spent, budget.remaining) == (None, 3.0, float("inf"))


def test_hashed_vectors_follow_spelling() -> None:
    """Unit length, the same for the same text, nearer for like words; no words, no direction."""
    near, same, far, empty = HashEmbedder(256).embed(
        ["card payment declined", "card payments declined", "zebra crossing", " ?! "]
    )

    assert near @ same > 0.7 > 0.3 > near @ far
    assert np.isclose(np.linalg.norm(near), 1.0)
    assert not empty.any()
    assert HashEmbedder(256).id == "hash-256"


def test_there_is_always_a_core_to_use() -> None:
    """At least one, and one fewer where there are several."""
    assert 1 <= spare_cores() <= physical_cores()


def test_every_public_name_is_there() -> None:
    """The lazily loaded names are the ones announced."""
    assert [name for name in pantheon.models.__all__ if not hasattr(pantheon.models, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pantheon.models.nothing  # type: ignore[attr-defined]
