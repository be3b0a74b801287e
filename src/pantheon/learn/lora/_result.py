"""How a training went: the adapter, or a typed failure; and what is heard of it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import Literal, TypeAlias

from pantheon.errors import ExitCode, PantheonError
from pantheon.ids import ContentHash

PACKAGES = ("torch", "transformers", "peft", "trl", "gguf")
Stopped: TypeAlias = Literal["patience", "epochs", "time"]


class TrainingFailure(StrEnum):
    """Every way in which a training can give no adapter."""

    NO_PACKAGES = "no_packages"
    NO_WEIGHTS = "no_weights"
    BAD_DATA = "bad_data"
    OUT_OF_MEMORY = "out_of_memory"
    OUT_OF_TIME = "out_of_time"
    CRASHED = "crashed"


class TrainingFailed(PantheonError):
    """There is no adapter; `reason` says why, for programs."""

    kind = "environment"
    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, reason: TrainingFailure, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of a training's journal. Losses are mean nats per token of the completions."""

    step: int
    steps: int
    """At most: it may stop earlier."""
    seconds: float
    loss: float | None = None
    dev_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What the child says of a training that ended well.

    - base_loss, dev_loss: on the development set, of the base alone and with the adapter
    - trained_on, dropped: exchanges used, and left out for their length
    - seconds, cpu_seconds, peak_rss: of this process; a resumed training says only its last part
    """

    base_loss: float
    dev_loss: float
    steps: int
    stopped: Stopped
    trained_on: int
    dropped: int
    resumed: bool
    seconds: float
    cpu_seconds: float
    peak_rss: int
    """Bytes."""
    device: str


@dataclass(frozen=True, slots=True)
class AdapterResult:
    """A trained adapter."""

    adapter: bytes
    """A GGUF file."""
    hash: ContentHash
    base: str
    report: Report

    @property
    def dev_loss(self) -> float:
        """Mean nats per token on the development set."""
        return self.report.dev_loss

    @property
    def base_loss(self) -> float:
        """The same of the base without the adapter."""
        return self.report.base_loss

    @property
    def steps(self) -> int:
        """Updates made."""
        return self.report.steps

    @property
    def seconds(self) -> float:
        """By the clock."""
        return self.report.seconds


def missing_packages() -> tuple[str, ...]:
    """Of the optional extra `train`; empty when adapters can be trained here."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)
