"""One measurement in a process of its own, which prints a line of JSON last."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """The process ended otherwise than expected; says the last thing that it said."""


def ask(
    *command: str | Path,
    environment: Mapping[str, str] | None = None,
    patience: float = 900.0,
    expected: int = 0,
) -> dict[str, Any]:
    """What a command found; nothing when it was expected to die. Raises Failed."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"took longer than {patience:.0f} s") from None
    if done.returncode != expected:
        said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise Failed(said[-1])
    return {} if expected else json.loads(done.stdout.strip().splitlines()[-1])
