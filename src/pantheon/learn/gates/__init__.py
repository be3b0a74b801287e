"""What stands between a candidate and the traffic, and the budgets that keep it honest.

- `EProcess`, `weigh`: evidence that a challenger is better (or not worse), grown over nights on
  fresh requests
- `contest`, `challenge_for`: a night's part in that
- `decide`, `budget_left`: one false-discovery budget over all agents
- `usable`, `record_look`: the ledger of the holdout
- `find_leaks`, `set_aside`: near-duplicates between what was seen and what is tested
- `review_canary`: probation, settled or rolled back by a confidence sequence
- `shadow`, `fresh_rows`: what versions say of requests they never saw
- `over_seeds`: several seeds where one would be luck
"""

from pantheon.learn.gates._agent_night import AgentNight
from pantheon.learn.gates._answers import Answering, Answers, Outcome, ask
from pantheon.learn.gates._canary import SHARE, review_canary
from pantheon.learn.gates._challenge import MARGIN, Challenge, Test, Weighed, standing, weigh
from pantheon.learn.gates._contest import (
    challenge_for,
    challenger,
    contest,
    rung_of,
    times_taken_back,
)
from pantheon.learn.gates._evalues import EProcess, log_growth, stakes
from pantheon.learn.gates._fdr import ALPHA, Budget, budget_left, decide, level, share
from pantheon.learn.gates._ledger import (
    Holdout,
    allowed_bits,
    inspect,
    record_look,
    told_bits,
    usable,
)
from pantheon.learn.gates._moves import Move, move_of
from pantheon.learn.gates._probation import (
    Probation,
    Verdict,
    log_breach,
    lower_limit,
    review,
    rows_to_settle,
)
from pantheon.learn.gates._quarantine import ALIKE, Leaks, find_leaks, set_aside
from pantheon.learn.gates._seeds import SEEDS, Seeded, Spread, over_seeds, spread_of
from pantheon.learn.gates._shadow import fresh_rows, keep_shadow, recall_shadow, shadow, unasked

__all__ = [
    "ALIKE",
    "ALPHA",
    "MARGIN",
    "SEEDS",
    "SHARE",
    "Answering",
    "Answers",
    "AgentNight",
    "Budget",
    "Challenge",
    "EProcess",
    "Holdout",
    "Leaks",
    "Move",
    "Outcome",
    "Probation",
    "Seeded",
    "Spread",
    "Test",
    "Verdict",
    "Weighed",
    "allowed_bits",
    "ask",
    "budget_left",
    "challenge_for",
    "times_taken_back",
    "challenger",
    "contest",
    "decide",
    "find_leaks",
    "fresh_rows",
    "inspect",
    "keep_shadow",
    "level",
    "log_breach",
    "log_growth",
    "lower_limit",
    "move_of",
    "over_seeds",
    "recall_shadow",
    "record_look",
    "review",
    "review_canary",
    "rows_to_settle",
    "rung_of",
    "set_aside",
    "shadow",
    "share",
    "spread_of",
    "stakes",
    "standing",
    "told_bits",
    "unasked",
    "usable",
    "weigh",
]
