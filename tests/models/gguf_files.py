"""GGUF files of a few bytes, written by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

Value: TypeAlias = "int | float | bool | str | list[str] | list[int]"
_TYPES = {"<I": 4, "<f": 6, "<Q": 10}
META: Mapping[str, Value] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.license": "mit",
    "general.file_type": 7,
    "llama.context_length": 2048,
    "tokenizer.ggml.tokens": ["a", "bc", ""],
    "tokenizer.ggml.token_type": [1, 2, 3],
}


def text(value: str) -> bytes:
    """A text with its length."""
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def typed(value: Value) -> bytes:
    """A value with its type."""
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + text(value)
        case [str(), *_]:
            items = b"".join(text(str(item)) for item in value)
            return struct.pack("<IIQ", 9, 8, len(value)) + items
        case _:
            numbers = [int(item) for item in value]
            return struct.pack(f"<IIQ{len(numbers)}I", 9, 4, len(numbers), *numbers)


def gguf(
    meta: Mapping[str, Value] | None = None, *, version: int = 3, cut: int = 0, fill: bytes = b"x"
) -> bytes:
    """A model with one tensor of 64 numbers (F32); `cut`: bytes missing at its end."""
    entries = META if meta is None else meta
    pairs = b"".join(text(key) + typed(value) for key, value in entries.items())
    tensor = text("weight") + struct.pack("<IQQIQ", 2, 8, 8, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(entries)) + pairs + tensor
    padded = head + b"\0" * (-len(head) % 32)
    whole = padded + fill * 256
    return whole[: len(whole) - cut]
