"""Vectors are computed once in a process, and a promoted specialist comes back from its bytes."""

from __future__ import annotations

import numpy as np
import pytest

from pantheon.errors import InputError
from pantheon.learn import VectorCache, load_specialist
from pantheon.models import HashEmbedder

PLAIN = HashEmbedder(16)


def test_a_text_is_embedded_once() -> None:
    """Asked again, alone or among others, it is remembered; the vectors are the embedder's."""
    cache = VectorCache(PLAIN)

    first = cache.embed(["a card", "a refund", "a card"])
    again = cache.embed(["a refund", "something new"])

    assert cache.computed == 3
    assert np.array_equal(first, PLAIN.embed(["a card", "a refund", "a card"]))
    assert np.array_equal(again, PLAIN.embed(["a refund", "something new"]))
    assert (cache.id, cache.dimension) == (PLAIN.id, 16)


def test_the_least_recently_used_goes_first() -> None:
    """What was asked for lately stays."""
    cache = VectorCache(PLAIN, capacity=2)
    cache.embed(["one"])
    cache.embed(["two"])
    cache.embed(["one"])
    cache.embed(["three"])

    cache.embed(["one", "three"])
    assert cache.computed == 3
    cache.embed(["two"])
    assert cache.computed == 4


def test_no_texts_no_vectors() -> None:
    """The shape is right even so."""
    assert VectorCache(PLAIN).embed([]).shape == (0, 16)


def test_a_memory_over_a_memory_is_the_same_one() -> None:
    """Nothing is remembered twice."""
    cache = VectorCache(PLAIN)

    assert VectorCache.over(cache) is cache
    assert VectorCache.over(PLAIN).embed(["x"]).shape == (1, 16)


def test_damaged_bytes_are_an_input_error() -> None:
    """Not a traceback: the agent then asks the next tier."""
    with pytest.raises(InputError):
        load_specialist(b"no specialist", embedder=PLAIN)
