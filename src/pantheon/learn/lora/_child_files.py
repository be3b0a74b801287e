"""What the child leaves in its folder, written whole or not at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pantheon.learn.lora._result import TrainingFailure

ADAPTER = "adapter.gguf"
REPORT = "report.json"
FAILURE = "failure.json"
PROGRESS = "progress.jsonl"
LOG = "log.txt"
CHECKPOINTS = "checkpoints"


@dataclass(frozen=True, slots=True)
class Said:
    """A failure that the child saw itself."""

    reason: TrainingFailure
    message: str


def write_whole(path: Path, data: bytes) -> None:
    """The file has its name only when it is complete."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)


def write_json(path: Path, value: Any) -> None:
    """A dataclass as JSON."""
    write_whole(path, TypeAdapter(dict[str, Any]).dump_json(asdict(value)))
