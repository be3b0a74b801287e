"""Text files written whole or not at all: a reader, or a crash, sees the old text or the new one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Put a text in the place of a file, in one step; a link stays one.

    A file that is there keeps its mode; a new one gets `mode`. Raises OSError; then what was there
    is still there, and nothing is left beside it.
    """
    target = path.resolve()
    staged = stage_text(target, text, mode=mode)
    try:
        staged.replace(target)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def stage_text(target: Path, text: str, *, mode: int = 0o644) -> Path:
    """Write a text beside the file whose place it is to take, safe on disk; the file it is in.

    Raises OSError; then nothing is left behind.
    """
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    staged = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        staged.chmod(target.stat().st_mode & 0o777 if target.exists() else mode)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    return staged
