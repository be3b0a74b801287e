"""From examples to a specialist that keeps its promise: train, calibrate, gate, watch.

The statistics are pure functions of rows and vectors; they know no store and no file. Around
them: `curate` makes examples of what happened, `teach` gives one agent its lesson, `promote`,
`rollback` and `sync_lock` decide what answers, `watch` has a specialist step back.
"""

from __future__ import annotations

from pantheon.learn._audit_monitor import AuditMonitor
from pantheon.learn._bounds import rows_needed, upper_bound
from pantheon.learn._calibrate import Calibration, CurvePoint, calibrate, pick_by_point_estimate
from pantheon.learn._curate import CurationReport, Known, curate, keep
from pantheon.learn._features import verbalise
from pantheon.learn._fit import Candidate, Judged, fit, train_and_judge
from pantheon.learn._gate import GateResult, GateRules, Standing, gate
from pantheon.learn._groups import group_texts
from pantheon.learn._intervals import Interval, clopper_pearson, wilson
from pantheon.learn._lesson import Tonight, teach
from pantheon.learn._load import load_specialist
from pantheon.learn._lock import (
    LOCK_NAME,
    Lock,
    LockEntry,
    parse_lock,
    read_lock,
    render_lock,
    sync_lock,
    write_lock,
)
from pantheon.learn._paired import Paired, e_value, mid_p
from pantheon.learn._promote import promote, rollback
from pantheon.learn._proposal import Proposal, propose, safe_name
from pantheon.learn._rows import Drawn, Embed, Prediction, Promise, Row, Settings
from pantheon.learn._select import Selection, select
from pantheon.learn._specialist import Specialist
from pantheon.learn._splits import Split, assign_split, drawn_like_traffic, rows_in
from pantheon.learn._vectors import VectorCache
from pantheon.learn._watch import promise_of, watch

__all__ = [
    "CurationReport",
    "Known",
    "curate",
    "keep",
    "Tonight",
    "teach",
    "train_and_judge",
    "load_specialist",
    "LOCK_NAME",
    "Lock",
    "LockEntry",
    "parse_lock",
    "read_lock",
    "render_lock",
    "sync_lock",
    "write_lock",
    "promote",
    "rollback",
    "Proposal",
    "propose",
    "safe_name",
    "Selection",
    "select",
    "VectorCache",
    "promise_of",
    "watch",
    "AuditMonitor",
    "Calibration",
    "Candidate",
    "CurvePoint",
    "Drawn",
    "Embed",
    "GateResult",
    "GateRules",
    "Interval",
    "Judged",
    "Paired",
    "Prediction",
    "Promise",
    "Row",
    "Settings",
    "Specialist",
    "Split",
    "Standing",
    "assign_split",
    "calibrate",
    "clopper_pearson",
    "drawn_like_traffic",
    "e_value",
    "fit",
    "gate",
    "group_texts",
    "mid_p",
    "pick_by_point_estimate",
    "rows_in",
    "rows_needed",
    "upper_bound",
    "verbalise",
    "wilson",
]
