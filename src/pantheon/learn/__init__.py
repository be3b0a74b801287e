"""From examples to a specialist that keeps its promise: train, calibrate, gate, watch.

The statistics are pure functions of rows and vectors; they know no store and no file. Around
them: `curate` makes examples of what happened, `teach` gives one agent its lesson, `promote`,
`rollback` and `sync_lock` decide what answers, `watch` has a specialist step back. Nothing heavy is
imported until a name that needs it is used: what merely looks at the lock file needs no numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_MODULES: dict[str, tuple[str, ...]] = {
    "_audit_monitor": ("AuditMonitor",),
    "_bounds": ("rows_needed", "upper_bound"),
    "_calibrate": ("Calibration", "CurvePoint", "calibrate", "pick_by_point_estimate"),
    "_curate": ("CurationReport", "Known", "curate", "keep"),
    "_features": ("verbalise",),
    "_fit": ("Candidate", "Judged", "fit", "train_and_judge"),
    "_gate": ("GateResult", "GateRules", "Standing", "gate"),
    "_groups": ("group_texts",),
    "_intervals": ("Interval", "clopper_pearson", "wilson"),
    "_lesson": ("Tonight", "teach"),
    "_load": ("load_specialist",),
    "_lock": (
        "LOCK_NAME",
        "Lock",
        "LockEntry",
        "parse_lock",
        "read_lock",
        "render_lock",
        "sync_lock",
        "write_lock",
    ),
    "_paired": ("Paired", "e_value", "mid_p"),
    "_promote": ("promote", "rollback"),
    "_proposal": ("Proposal", "propose", "safe_name"),
    "_rows": ("Drawn", "Embed", "Prediction", "Promise", "Row", "Settings"),
    "_select": ("Selection", "select"),
    "_specialist": ("Specialist",),
    "_splits": ("Split", "assign_split", "drawn_like_traffic", "rows_in"),
    "_vectors": ("VectorCache",),
    "_watch": ("promise_of", "watch"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "AuditMonitor",
    "Calibration",
    "Candidate",
    "CurationReport",
    "CurvePoint",
    "Drawn",
    "Embed",
    "GateResult",
    "GateRules",
    "Interval",
    "Judged",
    "Known",
    "LOCK_NAME",
    "Lock",
    "LockEntry",
    "Paired",
    "Prediction",
    "Promise",
    "Proposal",
    "Row",
    "Selection",
    "Settings",
    "Specialist",
    "Split",
    "Standing",
    "Tonight",
    "VectorCache",
    "assign_split",
    "calibrate",
    "clopper_pearson",
    "curate",
    "drawn_like_traffic",
    "e_value",
    "fit",
    "gate",
    "group_texts",
    "keep",
    "load_specialist",
    "mid_p",
    "parse_lock",
    "pick_by_point_estimate",
    "promise_of",
    "promote",
    "propose",
    "read_lock",
    "render_lock",
    "rollback",
    "rows_in",
    "rows_needed",
    "safe_name",
    "select",
    "sync_lock",
    "teach",
    "train_and_judge",
    "upper_bound",
    "verbalise",
    "watch",
    "wilson",
    "write_lock",
]
