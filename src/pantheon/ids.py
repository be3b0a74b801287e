"""Names for things: content hashes for content, sortable ids for events.

A content hash is tagged with its algorithm so that it can change one day.
"""

from __future__ import annotations

import hashlib
import json
import random
from typing import NewType, TypeAlias

# JSON as Python holds it. Pyright needs the recursion spelled once, here.
Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
JsonObject: TypeAlias = "dict[str, Json]"

ContentHash = NewType("ContentHash", str)
"""`b2:` and 32 hex digits: BLAKE2b-128 of canonical JSON, or of raw bytes."""

RunId = NewType("RunId", str)
"""`r` and 16 base-32 digits: 45 bits of milliseconds, then 35 random bits; sorts by time."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
"""Two digits at a time."""


def canonical_json(value: Json) -> str:
    """The one spelling of a JSON value: keys sorted, no spaces, UTF-8, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def hash_bytes(data: bytes) -> ContentHash:
    """Content hash of raw bytes."""
    return ContentHash("b2:" + hashlib.blake2b(data, digest_size=16).hexdigest())


def hash_json(value: Json) -> ContentHash:
    """Content hash of a JSON value; equal values have equal hashes whatever their key order."""
    return hash_bytes(canonical_json(value).encode("utf-8", "surrogatepass"))


def new_id(prefix: str, *, now: float, rng: random.Random) -> str:
    """A new id that sorts by creation time. `now` is in seconds since the epoch."""
    number = (int(now * 1000) << 35) | rng.getrandbits(35)
    return prefix + "".join([_PAIRS[(number >> shift) & 1023] for shift in range(70, -1, -10)])


def derive_seed(seed: int, *names: object) -> int:
    """A seed for a named part of the work, so that parts do not share random streams."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
