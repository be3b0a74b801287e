"""Random LoRA adapters of SmolLM2-135M, as large as trained ones, for timing without any training."""

from __future__ import annotations

import struct

import numpy as np

from pantheon.ids import ContentHash, hash_bytes

LAYERS = 30
SHAPES = {
    "attn_q": (576, 576),
    "attn_k": (192, 576),
    "attn_v": (192, 576),
    "attn_output": (576, 576),
    "ffn_gate": (1536, 576),
    "ffn_up": (1536, 576),
    "ffn_down": (576, 1536),
}
"""Outputs and inputs of the linear layers."""
_FLOAT, _TEXT, _HALF, _ALIGNMENT = 6, 8, 1, 32


def random_adapter(seed: int, *, rank: int = 8) -> tuple[ContentHash, bytes]:
    """The hash and bytes of a GGUF adapter on every linear layer."""
    draw = np.random.default_rng(seed)
    head, data = b"", b""
    for layer in range(LAYERS):
        for name, (outputs, inputs) in SHAPES.items():
            sides = {
                "a": draw.normal(0, inputs**-0.5, (rank, inputs)),
                "b": draw.normal(0, 0.01, (outputs, rank)),
            }
            for side, matrix in sides.items():
                head += _text(f"blk.{layer}.{name}.weight.lora_{side}")
                head += struct.pack("<I2Q", 2, *matrix.shape[::-1])
                head += struct.pack("<IQ", _HALF, len(data))
                data += _padded(matrix.astype(np.float16).tobytes())
    whole = _padded(_facts(rank, tensors=2 * LAYERS * len(SHAPES)) + head) + data
    return hash_bytes(whole), whole


def _facts(rank: int, *, tensors: int) -> bytes:
    texts = {
        "general.architecture": "llama",
        "general.type": "adapter",
        "adapter.type": "lora",
    }
    said = b"GGUF" + struct.pack("<IQQ", 3, tensors, len(texts) + 1)
    for key, value in texts.items():
        said += _text(key) + struct.pack("<I", _TEXT) + _text(value)
    return said + _text("adapter.lora.alpha") + struct.pack("<If", _FLOAT, float(rank))


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
