"""One SQLite file that remembers everything: runs, answers, examples, versions, queue, reviews."""

from __future__ import annotations

from pantheon.store._answers import Answers, Audits, FeedbackLog
from pantheon.store._beside import Agreement, ShadowRun, ShadowRuns
from pantheon.store._blobs import Blobs, encode_json
from pantheon.store._cache import Cache
from pantheon.store._commits import Commits
from pantheon.store._compact import Compaction
from pantheon.store._context import ContextWrites
from pantheon.store._database import Durability
from pantheon.store._journal import Counter, Events, Journal, event_of
from pantheon.store._learning import Channels, Examples, Monitors, Versions
from pantheon.store._memory import Memory
from pantheon.store._migrations import SchemaState, read_schema
from pantheon.store._nights import Nights
from pantheon.store._outcomes import Outcome, Outcomes, WhichRuns
from pantheon.store._queue import Inbox, Queue
from pantheon.store._records import (
    AnswerRow,
    Audit,
    CacheEntry,
    Cause,
    ChannelMove,
    ContextWrite,
    Drawn,
    Event,
    Example,
    Feedback,
    InboxItem,
    Lesson,
    MemoryWrite,
    Night,
    NodeResult,
    NodeState,
    QueueItem,
    Run,
    RunState,
    Signal,
    Source,
    Split,
    Timer,
    Version,
)
from pantheon.store._releases import (
    ReleaseIntent,
    ReleaseMove,
    ReleasePart,
    ReleaseRow,
    Releases,
    Tally,
)
from pantheon.store._runs import Definitions, Lease, Runs
from pantheon.store._school import (
    Alarms,
    Decisions,
    EvidenceLog,
    Judgements,
    Looks,
    ShadowPredictions,
    Suggestions,
    Trials,
)
from pantheon.store._school_records import (
    Alarm,
    Decision,
    Evidence,
    Judgement,
    Look,
    ShadowPrediction,
    Suggestion,
    Trial,
    Verdict,
)
from pantheon.store._store import Store, Verification
from pantheon.store._waits import Signals, Timers

__all__ = [
    "Agreement",
    "Alarm",
    "Alarms",
    "AnswerRow",
    "Answers",
    "Audit",
    "Audits",
    "Blobs",
    "Cache",
    "CacheEntry",
    "Cause",
    "ChannelMove",
    "Channels",
    "Commits",
    "Compaction",
    "ContextWrite",
    "ContextWrites",
    "Counter",
    "Decision",
    "Decisions",
    "Definitions",
    "Drawn",
    "Durability",
    "Event",
    "Events",
    "Evidence",
    "EvidenceLog",
    "Example",
    "Examples",
    "Feedback",
    "FeedbackLog",
    "Inbox",
    "InboxItem",
    "Journal",
    "Judgement",
    "Judgements",
    "Lease",
    "Lesson",
    "Look",
    "Looks",
    "Memory",
    "MemoryWrite",
    "Monitors",
    "Night",
    "Nights",
    "NodeResult",
    "NodeState",
    "Outcome",
    "Outcomes",
    "Queue",
    "QueueItem",
    "ReleaseIntent",
    "ReleaseMove",
    "ReleasePart",
    "ReleaseRow",
    "Releases",
    "Run",
    "RunState",
    "Runs",
    "SchemaState",
    "ShadowPrediction",
    "ShadowPredictions",
    "ShadowRun",
    "ShadowRuns",
    "Signal",
    "Signals",
    "Source",
    "Split",
    "Store",
    "Suggestion",
    "Suggestions",
    "Tally",
    "Timer",
    "Timers",
    "Trial",
    "Trials",
    "Verdict",
    "Verification",
    "Version",
    "Versions",
    "WhichRuns",
    "encode_json",
    "event_of",
    "read_schema",
]
