"""Arrays and JSON in one file with no pickle in it, byte for byte the same for the same contents."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError

_FORMAT = "pantheon-specialist"
_VERSION = 1
_HEAD = "head.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAX_BYTES = 2**31
_HINT = "Roll back to an earlier version, or let the next night train a new one."


def pack(head: Mapping[str, object], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write `head` (JSON) and `arrays` as an uncompressed zip with fixed dates."""
    stamped = {"format": _FORMAT, "version": _VERSION, **head}
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(stamped, sort_keys=True, ensure_ascii=True, allow_nan=False)
        archive.writestr(zipfile.ZipInfo(_HEAD, _EPOCH), text)
        for name in sorted(arrays):
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), entry.getvalue())
    return whole.getvalue()


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `pack` wrote.

    Raises:
        InputError: the bytes are damaged, foreign, or from a newer program.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise ValueError("too large")
            head = cast("dict[str, Any]", json.loads(archive.read(_HEAD)))
            names = [name for name in archive.namelist() if name != _HEAD]
            arrays = {name.removesuffix(".npy"): _read(archive.read(name)) for name in names}
        _check(head)
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"This specialist cannot be read: {error}.",
            hint=_HINT,
        ) from error
    return head, arrays


def _read(data: bytes) -> NDArray[Any]:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _check(head: dict[str, Any]) -> None:
    if head["format"] != _FORMAT:
        raise ValueError("it is something else")
    if head["version"] > _VERSION:
        raise ValueError("a newer program wrote it")


Fits: TypeAlias = Callable[[dict[str, Any], dict[str, NDArray[Any]]], bool]
"""Whether the parts of an archive belong together; may raise KeyError and the like if not."""


def expect(head: dict[str, Any], arrays: dict[str, NDArray[Any]], fits: Fits) -> None:
    """InputError unless what was unpacked holds what its reader needs."""
    try:
        if fits(head, arrays):
            return
        problem = "its parts do not fit together"
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        problem = str(error) or type(error).__name__
    raise InputError(f"This specialist cannot be read: {problem}.", hint=_HINT)


def kind_of(data: bytes) -> str:
    """Which kind of model the bytes hold; those written before there were several are machines."""
    return str(unpack(data)[0].get("kind", "machine"))
