"""One SQLite file that remembers everything: runs, answers, examples, versions, queue, reviews."""

from __future__ import annotations

from pantheon.store._records import (
    AnswerRow,
    Audit,
    Cause,
    ChannelMove,
    Drawn,
    Event,
    Example,
    Feedback,
    InboxItem,
    Lesson,
    Night,
    NodeResult,
    NodeState,
    QueueItem,
    Run,
    RunState,
    Source,
    Split,
    Version,
)

__all__ = [
    "AnswerRow",
    "Audit",
    "Cause",
    "ChannelMove",
    "Drawn",
    "Event",
    "Example",
    "Feedback",
    "InboxItem",
    "Lesson",
    "Night",
    "NodeResult",
    "NodeState",
    "QueueItem",
    "Run",
    "RunState",
    "Source",
    "Split",
    "Version",
]
