"""What a GGUF file says of itself: read from its head, never more than that.

The layout is that of ggml-org/ggml, docs/gguf.md: a magic, counts, typed key-value pairs, then one
entry for each tensor; little-endian. A file may come from anywhere, so nothing it says is believed
before it is checked: every count must fit into the bytes that are left, long values are skipped
unread, and whatever does not add up is one `GgufFault`.
"""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from pantheon.text import clean

MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MOST_ITEMS: Final = 1 << 24
"""Items of one array whose lengths must be read one by one; vocabularies have up to 2^18."""
_MOST_PAIRS: Final = 1 << 16
_MOST_TENSORS: Final = 1 << 18
_LONGEST_KEY: Final = 1 << 16
_LONGEST_TEXT: Final = 1 << 12
"""Bytes of a text that is kept; chat templates are longer, and skipped."""
_DEEPEST: Final = 4
_LARGEST_CONTEXT: Final = 1 << 31
_BOOLEAN, _TEXT, _ARRAY = 7, 8, 9

_FORMATS: Final[Mapping[int, str]] = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f",
    _BOOLEAN: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_FILE_TYPES: Final[Mapping[int, str]] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M",
    30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip
"""`general.file_type`: the mixture that most tensors are kept in."""
_TENSOR_TYPES: Final[Mapping[int, str]] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
    10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
    17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S",
    23: "IQ4_XS", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip

Value: TypeAlias = int | float | bool | str | None
"""None: an array or a long text, which was skipped."""


class GgufFault(Exception):
    """The file is no whole GGUF file; the message is the reason, to follow a colon."""


@dataclass(frozen=True, slots=True)
class Gguf:
    """What a model file says of itself; None where it says nothing."""

    architecture: str | None
    kind: str
    """`general.type`: `model`, or `adapter`, `mmproj`, … for files that only go with one."""
    title: str | None
    licence: str | None
    quantisation: str
    context: int | None
    """Longest input and output together, in tokens."""
    parameters: int
    tensors: int
    parts: int
    """Files that the model was split into; 1 for a whole one."""


def read_gguf(path: Path) -> Gguf:
    """What the file says. Raises GgufFault, or OSError when it cannot be read at all."""
    with path.open("rb") as source:
        return parse_gguf(source, size=os.fstat(source.fileno()).st_size)


def parse_gguf(source: BinaryIO, *, size: int) -> Gguf:
    """The same of an open file of `size` bytes, which can be sought in."""
    reader = _Reader(source, size)
    tensors, pairs = _read_head(reader)
    known = dict(_read_pair(reader) for _ in range(pairs))
    entries = [_read_tensor(reader) for _ in range(tensors)]
    _check_data(reader, known, entries)
    architecture = _text(known, "general.architecture")
    return Gguf(
        architecture=architecture,
        kind=_text(known, "general.type") or "model",
        title=_text(known, "general.name"),
        licence=_text(known, "general.license"),
        quantisation=_quantisation(known, entries),
        context=_context(known, architecture),
        parameters=sum(entry.parameters for entry in entries),
        tensors=tensors,
        parts=_whole(known, "split.count", most=1 << 16) or 1,
    )


class _Reader:
    """Reads forward; asking for more than there is left is a fault, before anything is read."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self._size = size
        self.at = 0

    @property
    def left(self) -> int:
        """Bytes that the file still has."""
        return self._size - self.at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        self._need(count)
        found = self._source.read(count)
        if len(found) != count:
            raise GgufFault("it ends too early")
        self.at += count
        return found

    def skip(self, count: int) -> None:
        """Go on behind them."""
        self._need(count)
        self.at += count
        self._source.seek(self.at)

    def number(self, layout: str) -> int | float | bool:
        """One number of that `struct` layout."""
        (value,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return value

    def count(self, layout: str = "<Q") -> int:
        """One number that is a length or a count."""
        return int(self.number(layout))

    def text(self, longest: int) -> str | None:
        """The next text; None when it is longer than that, and skipped."""
        length = self.count()
        if length > longest:
            self.skip(length)
            return None
        return self.take(length).decode("utf-8", "replace")

    def _need(self, count: int) -> None:
        if count > self.left:
            raise GgufFault("it ends too early, or its head is damaged")


def _read_head(reader: _Reader) -> tuple[int, int]:
    """How many tensors and how many pairs follow."""
    if reader.left < 24 or reader.take(4) != MAGIC:
        raise GgufFault("it does not begin like one")
    version = reader.count("<I")
    if version not in _VERSIONS:
        raise GgufFault(f"version {version} of the format is not known here (2 and 3 are)")
    tensors, pairs = reader.count(), reader.count()
    if tensors > _MOST_TENSORS or pairs > _MOST_PAIRS:
        raise GgufFault(f"{tensors} tensors and {pairs} entries cannot be")
    return tensors, pairs


def _read_pair(reader: _Reader) -> tuple[str, Value]:
    key = reader.text(_LONGEST_KEY)
    if not key:
        raise GgufFault("an entry of its head has no name")
    return key, _read_value(reader, reader.count("<I"))


def _read_value(reader: _Reader, kind: int) -> Value:
    if kind == _TEXT:
        return reader.text(_LONGEST_TEXT)
    if kind == _ARRAY:
        _skip_array(reader, deep=1)
        return None
    return reader.number(_layout(kind))


def _skip_array(reader: _Reader, *, deep: int) -> None:
    kind, length = reader.count("<I"), reader.count()
    if kind not in (_TEXT, _ARRAY):
        reader.skip(struct.calcsize(_layout(kind)) * length)
        return
    if length > min(_MOST_ITEMS, reader.left // 8) or deep >= _DEEPEST:
        raise GgufFault("an array in its head is larger than can be")
    for _ in range(length):
        if kind == _TEXT:
            reader.skip(reader.count())
        else:
            _skip_array(reader, deep=deep + 1)


def _layout(kind: int) -> str:
    layout = _FORMATS.get(kind)
    if layout is None:
        raise GgufFault(f"its head has a value of an unknown type ({kind})")
    return layout


# ---------------------------------------------------------------------------------- tensors


@dataclass(frozen=True, slots=True)
class _Tensor:
    kind: int
    parameters: int
    offset: int


def _read_tensor(reader: _Reader) -> _Tensor:
    if not reader.text(_LONGEST_KEY):
        raise GgufFault("a tensor has no name")
    dimensions = reader.count("<I")
    if dimensions > 8:
        raise GgufFault(f"a tensor cannot have {dimensions} dimensions")
    parameters = prod(reader.count() for _ in range(dimensions))
    if parameters >= 1 << 63:
        raise GgufFault("a tensor is larger than can be")
    return _Tensor(reader.count("<I"), parameters, reader.count())


def _check_data(reader: _Reader, known: Mapping[str, Value], entries: list[_Tensor]) -> None:
    """A download that broke off has a whole head: its last tensor then begins behind its end."""
    alignment = known.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 8 <= alignment <= 1 << 20:
        raise GgufFault("its alignment cannot be")
    begins = -(-reader.at // alignment) * alignment
    last = max((entry.offset for entry in entries if entry.parameters), default=None)
    if last is not None and begins + last >= reader.at + reader.left:
        raise GgufFault("it was cut short: tensors are missing at its end")


# ---------------------------------------------------------------------------------- meanings


def _text(known: Mapping[str, Value], key: str) -> str | None:
    found = known.get(key)
    return clean(found, 120) or None if isinstance(found, str) else None


def _context(known: Mapping[str, Value], architecture: str | None) -> int | None:
    return _whole(known, f"{architecture}.context_length", most=_LARGEST_CONTEXT)


def _whole(known: Mapping[str, Value], key: str, *, most: int) -> int | None:
    found = known.get(key)
    if isinstance(found, bool) or not isinstance(found, int):
        return None
    return found if 0 < found <= most else None


def _quantisation(known: Mapping[str, Value], entries: list[_Tensor]) -> str:
    """As declared; else that of most parameters."""
    declared = known.get("general.file_type")
    if isinstance(declared, int) and declared in _FILE_TYPES:
        return _FILE_TYPES[declared]
    sizes = Counter[int]()
    for entry in entries:
        sizes[entry.kind] += entry.parameters
    if not sizes:
        return "unknown"
    kind = sizes.most_common(1)[0][0]
    return _TENSOR_TYPES.get(kind, f"type {kind}")
