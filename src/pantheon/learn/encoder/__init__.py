"""Fine-tuning the sentence encoder on one agent's answers: its upper layers, and nothing else.

What is heavy (torch) is in the optional extra `pantheon[train]` and only ever loaded in a child
process. What comes out are a few megabytes of changed weights, which the usual engine serves.
"""

from __future__ import annotations

from pantheon.learn.encoder._job import Lesson, TuneSettings
from pantheon.learn.encoder._tune import Tuned, can_tune, tune_encoder

__all__ = ["Lesson", "TuneSettings", "Tuned", "can_tune", "tune_encoder"]
