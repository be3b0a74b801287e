"""The quality promise: a specialist that is not worse than the cloud, by people's judgements.

Only where the two say different things can one be better, so only there is a person asked. What
is asked is chosen so that the test moves most; what the test shows holds however often it is
looked at, and in whichever order the judgements come.
"""

from __future__ import annotations

from pantheon.learn.quality._night import (
    newest_version,
    plan_asking,
    shadow_newest,
    widened,
)
from pantheon.learn.quality._pairs import Compared, compare_rows, nights_of
from pantheon.learn.quality._process import (
    REGIONS,
    NightPairs,
    log_evidence,
    loosest,
    most_evidence,
)
from pantheon.learn.quality._queue import Outlook, Wanted, look_ahead, rank_wanted
from pantheon.learn.quality._region import (
    ASKED,
    QualityRegion,
    asked_chances,
    compared_rows,
    quality_region,
    widen,
)
from pantheon.learn.quality._review import (
    Given,
    Question,
    Review,
    compare_agent,
    find_question,
    record_judgement,
    review,
)

__all__ = [
    "ASKED",
    "REGIONS",
    "Compared",
    "Given",
    "NightPairs",
    "Outlook",
    "QualityRegion",
    "Question",
    "Review",
    "Wanted",
    "asked_chances",
    "compare_agent",
    "compare_rows",
    "compared_rows",
    "find_question",
    "log_evidence",
    "look_ahead",
    "loosest",
    "most_evidence",
    "newest_version",
    "nights_of",
    "plan_asking",
    "quality_region",
    "rank_wanted",
    "record_judgement",
    "review",
    "shadow_newest",
    "widen",
    "widened",
]
