"""Large values by content: written once, compressed where that helps, checked by their hash."""

from __future__ import annotations

import json
import json.encoder
import zlib
from collections.abc import Callable
from typing import Any, Final

from pantheon.clock import Clock
from pantheon.errors import InputError, NotFound, StoreFault
from pantheon.ids import ContentHash, Json, hash_bytes
from pantheon.store._database import Database

INLINE_LIMIT: Final = 1024
"""JSON texts up to this many characters stay in their row."""
_LEVEL: Final = 3
_WORTH_IT: Final = 0.9
_FRESH: Final = 3600.0
"""Seconds for which a blob that is put again need not be marked anew; well below the day for which
a compaction spares what was put, because the row that is to hold it may be on its way."""


class Blobs:
    """Bytes by content hash."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._behind: Blobs | None = None

    def borrow(self, other: Blobs) -> None:
        """From now on read what is not here from another store, which must stay open."""
        self._behind = other

    def put(self, data: bytes) -> ContentHash:
        """Keep `data` (once, however often it is put) and name it."""
        name, now = hash_bytes(data), self._clock.now()
        if self._renew(name, now):
            return name
        packed = zlib.compress(data, _LEVEL)
        codec, kept = ("zlib", packed) if len(packed) < _WORTH_IT * len(data) else ("raw", data)
        self._database.write(
            "INSERT OR IGNORE INTO blobs (hash, size, codec, data, at) VALUES (?, ?, ?, ?, ?)",
            (name, len(data), codec, kept, now),
        )
        return name

    def _renew(self, name: ContentHash, now: float) -> bool:
        """Whether the blob is here, and will be when its next row is written."""
        at = self._database.scalar("SELECT at FROM blobs WHERE hash = ?", (name,))
        if at is None or now - at < _FRESH:
            return at is not None
        return self._database.write("UPDATE blobs SET at = ? WHERE hash = ?", (now, name)) > 0

    def has(self, name: ContentHash) -> bool:
        """Whether the blob is kept here."""
        return self._database.row("SELECT 1 FROM blobs WHERE hash = ?", (name,)) is not None

    def get(self, name: ContentHash) -> bytes:
        """The bytes. NotFound when they were never kept; StoreFault when they are damaged."""
        row = self._database.row("SELECT codec, data FROM blobs WHERE hash = ?", (name,))
        if row is None and self._behind is not None:
            return self._behind.get(name)
        if row is None:
            raise NotFound(
                f"There is no blob {name} in {self._database.path}.",
                hint="It belongs to another database, or this one was cut: restore a backup.",
            )
        return _unpack(name, codec=row[0], data=row[1])

    def names(self) -> list[ContentHash]:
        """All hashes, sorted."""
        return [ContentHash(r[0]) for r in self._database.rows("SELECT hash FROM blobs ORDER BY 1")]


def _unpack(name: ContentHash, *, codec: str, data: bytes) -> bytes:
    try:
        return zlib.decompress(data) if codec == "zlib" else bytes(data)
    except zlib.error as error:
        raise StoreFault(
            f"The blob {name} is damaged: {error}.",
            hint="Restore a backup of the database.",
        ) from error


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)


def _prepared(encoder: json.JSONEncoder) -> Callable[[Json], str]:
    """`encoder.encode` without making its inner parts anew for every value: half the time."""
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode  # an interpreter without the C accelerator
    chunks = make(
        None, encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False
    )
    return lambda value: "".join(chunks(value, 0))


_encode = _prepared(_ENCODER)
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def encode_json(value: Json) -> str:
    """JSON text of a value, keys in their own order; always encodable as UTF-8."""
    try:
        text = _encode(value)
        if not text.isascii():
            text.encode()
    except UnicodeEncodeError:
        return _encode_ascii(value)  # half a surrogate pair: only an escape can spell it
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"A value cannot be written as JSON: {error}.",
            hint="Use objects, lists, texts, finite numbers, true, false and null, not nested "
            "a thousand deep.",
        ) from error
    return text


class Values:
    """JSON in columns: small ones as text, large ones as the hash of a blob."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def pack(self, value: Json) -> str | None:
        """What goes into the column; None (JSON null) is NULL."""
        if value is None:
            return None
        text = encode_json(value)
        if len(text) <= INLINE_LIMIT:
            return text
        return self._blobs.put(text.encode())

    def unpack(self, column: str | None) -> Json:
        """The value of a column."""
        if column is None:
            return None
        if column.startswith("b2:"):
            return _decoded(ContentHash(column), self._blobs.get(ContentHash(column)))
        return json.loads(column)


def _decoded(name: ContentHash, data: bytes) -> Json:
    try:
        return json.loads(data)
    except ValueError as error:
        raise StoreFault(
            f"The blob {name} is damaged: it holds no JSON ({error}).",
            hint="Restore a backup of the database.",
        ) from error
