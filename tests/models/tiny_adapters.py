"""LoRA adapters written by hand: the GGUF format is simple enough for a test to say it itself."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pantheon.ids import ContentHash, hash_bytes

WIDTH = 576
"""Of the default model's layers."""
_FLOAT, _TEXT, _HALF = 6, 8, 1
_ALIGNMENT = 32

Tensors = Mapping[str, NDArray[np.float64]]


def write_adapter(tensors: Tensors, *, architecture: str = "llama", alpha: float = 1.0) -> bytes:
    """The bytes of a GGUF adapter with these tensors in half precision."""
    facts: dict[str, str | float] = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": alpha,
    }
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    for key, value in facts.items():
        head += _text(key)
        if isinstance(value, str):
            head += struct.pack("<I", _TEXT) + _text(value)
        else:
            head += struct.pack("<If", _FLOAT, value)
    data = b""
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        head += _text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        head += struct.pack("<IQ", _HALF, len(data))
        data += _padded(tensor.astype(np.float16).tobytes())
    return _padded(head) + data


def random_adapter(seed: int, *, strength: float = 3.0) -> tuple[ContentHash, bytes]:
    """A rank-1 adapter of the default model that changes what it says; its hash and bytes."""
    draw = np.random.default_rng(seed)
    tensors = {
        f"blk.{layer}.ffn_down.weight.lora_{side}": draw.normal(0, strength, shape) / 12
        for layer in range(10, 20)
        for side, shape in (("a", (1, 1536)), ("b", (WIDTH, 1)))
    }
    data = write_adapter(tensors)
    return hash_bytes(data), data


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
