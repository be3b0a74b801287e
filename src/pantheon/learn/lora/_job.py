"""What an adapter is trained on, and how: a plain JSON file between parent and child."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from pantheon.ids import ContentHash, JsonObject, hash_json
from pantheon.learn._rows import hash_unit
from pantheon.models import Message

JOB = "job.json"


@dataclass(frozen=True, slots=True)
class Pair:
    """One exchange to learn.

    - messages: what the request will hold when the adapter is served, word for word
    - completion: what the model is to answer (`pantheon.models.spell` for an answer to a schema)
    - group: near-duplicates share it; a group is never in training and development at once
    """

    messages: tuple[Message, ...]
    completion: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """How an adapter is trained.

    - rank, alpha: of the low-rank update B A, which counts alpha / rank times (Hu et al. 2022)
    - learning_rate: at its height; it rises over the first steps and falls to nothing at the end
    - epochs: at most; batch: examples per step
    - evaluations: looks at the development set in each epoch; each also writes a checkpoint
    - patience: looks without an improvement after which training stops
    - dev_limit: examples of the development set that are looked at
    - max_tokens: longer exchanges are left out, and counted
    """

    rank: int = 8
    alpha: int = 16
    learning_rate: float = 1e-3
    epochs: float = 3.0
    batch: int = 16
    evaluations: int = 2
    patience: int = 2
    dev_limit: int = 64
    max_tokens: int = 512
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainBudget:
    """What a training may take: seconds by the clock, threads, bytes, and how far it steps back.

    Training ends well when the time is up, with the best adapter so far. More memory is not
    asked for than there is; a child that takes more all the same is ended.
    """

    seconds: float = 1800.0
    threads: int | None = None
    """None: all cores but one, at least one."""
    memory: int = 3 << 30
    nice: int = 10


@dataclass(frozen=True, slots=True)
class Job:
    """Everything the child needs."""

    weights: str
    base: str
    """Names the base: the SHA-256 of its file where it is known, else its size and name."""
    pairs: tuple[Pair, ...]
    dev: tuple[Pair, ...]
    settings: Settings
    budget: TrainBudget = field(default_factory=TrainBudget)

    def key(self) -> ContentHash:
        """Equal for jobs that train the same adapter, whatever they may take for it."""
        whole: JsonObject = TypeAdapter(Job).dump_python(self, mode="json")
        return hash_json({key: whole[key] for key in ("base", "pairs", "dev", "settings")})

    def write(self, folder: Path) -> None:
        """Into the folder, whole or not at all; only its owner may read it."""
        partial = folder / f"{JOB}.part"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
        partial.replace(folder / JOB)


def read_job(folder: Path) -> Job:
    """What was written there."""
    return TypeAdapter(Job).validate_json((folder / JOB).read_bytes())


def split_dev(
    pairs: Sequence[Pair], share: float = 0.1, *, seed: int = 0
) -> tuple[list[Pair], list[Pair]]:
    """Training and development set: whole groups, by a coin that falls the same every night."""
    train: list[Pair] = []
    dev: list[Pair] = []
    for pair in pairs:
        group = pair.group or pair.messages[-1].content
        (dev if hash_unit("lora-dev", seed, group) < share else train).append(pair)
    return train, dev
