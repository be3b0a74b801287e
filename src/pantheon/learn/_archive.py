"""Arrays and JSON in one file with no pickle in it, byte for byte the same for the same contents."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pantheon.errors import InputError
from pantheon.learn._features import COLUMNS

_FORMAT = "pantheon-specialist"
_VERSION = 1
_HEAD = "head.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAX_BYTES = 2**31


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
        _check(head, arrays)
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"This specialist cannot be read: {error}.",
            hint="Roll back to an earlier version, or let the next night train a new one.",
        ) from error
    return head, arrays


def _read(data: bytes) -> NDArray[Any]:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _check(head: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    if head["format"] != _FORMAT:
        raise ValueError("it is something else")
    if head["version"] > _VERSION:
        raise ValueError("a newer program wrote it")
    rows, labels = len(arrays["support"]), len(head["labels"])
    if arrays["coefficients"].shape != (rows, labels) or len(arrays["ends"]) != rows + 1:
        raise ValueError("its parts do not fit together")
    columns, ends = arrays["columns"], arrays["ends"]
    inside = bool(((columns >= 0) & (columns < 2 * COLUMNS)).all())
    ordered = ends[0] == 0 and ends[-1] == len(columns) and bool((np.diff(ends) >= 0).all())
    if not inside or not ordered or len(head["ids"]) > rows:
        raise ValueError("its parts do not fit together")
