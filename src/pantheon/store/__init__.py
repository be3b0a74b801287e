"""One SQLite file that remembers everything: runs, answers, examples, versions, queue, reviews."""

from __future__ import annotations

from pantheon.store._answers import Answers, Audits, FeedbackLog
from pantheon.store._blobs import Blobs
from pantheon.store._commits import Commits
from pantheon.store._database import Durability
from pantheon.store._journal import Events, Journal
from pantheon.store._learning import Channels, Examples, Looks, Monitors, Versions
from pantheon.store._nights import Nights
from pantheon.store._queue import Inbox, Queue
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
from pantheon.store._runs import Definitions, Lease, Runs
from pantheon.store._store import Store, Verification

__all__ = [
    "AnswerRow",
    "Answers",
    "Audit",
    "Audits",
    "Blobs",
    "Cause",
    "ChannelMove",
    "Channels",
    "Commits",
    "Definitions",
    "Drawn",
    "Durability",
    "Event",
    "Events",
    "Example",
    "Examples",
    "Feedback",
    "FeedbackLog",
    "Inbox",
    "InboxItem",
    "Journal",
    "Lease",
    "Lesson",
    "Looks",
    "Monitors",
    "Night",
    "Nights",
    "NodeResult",
    "NodeState",
    "Queue",
    "QueueItem",
    "Run",
    "RunState",
    "Runs",
    "Source",
    "Split",
    "Store",
    "Verification",
    "Version",
    "Versions",
]
