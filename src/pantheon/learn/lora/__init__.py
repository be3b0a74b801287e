"""LoRA adapters for the embedded language model: trained here at night, served by hash.

What is heavy (torch, transformers, peft, trl) is an optional extra, `pantheon[train]`, and is only
ever loaded in a child process: its memory is given back, and a crash in it is a typed failure.
"""

from __future__ import annotations

from pantheon.learn.lora._job import Pair, Settings, TrainBudget, split_dev
from pantheon.learn.lora._result import (
    AdapterResult,
    Progress,
    TrainingFailed,
    TrainingFailure,
    missing_packages,
)
from pantheon.learn.lora._train import train_adapter

__all__ = [
    "AdapterResult",
    "Pair",
    "Progress",
    "Settings",
    "TrainBudget",
    "TrainingFailed",
    "TrainingFailure",
    "missing_packages",
    "split_dev",
    "train_adapter",
]
