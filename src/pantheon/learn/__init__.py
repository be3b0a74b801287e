"""From examples to a specialist that keeps its promise: train, calibrate, gate, watch.

The statistics are pure functions of rows and vectors; they know no store and no file. Around
them: `curate` makes examples of what happened, `teach` gives one agent its lesson, `promote`,
`rollback` and `sync_lock` decide what answers, `watch` has a specialist step back. Nothing heavy is
imported until a name that needs it is used: what merely looks at the lock file needs no numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.learn._asking import Generative, ask_rows, predict
    from pantheon.learn._audit_monitor import AuditMonitor
    from pantheon.learn._bad_cases import (
        ASKED_AGAIN,
        LABELLED_AGAIN,
        BadCase,
        find_bad_cases,
    )
    from pantheon.learn._bounds import rows_needed, upper_bound
    from pantheon.learn._calibrate import Calibration, CurvePoint, calibrate, pick_by_point_estimate
    from pantheon.learn._candidate import Candidate
    from pantheon.learn._certainty import Certainty, fit_certainty
    from pantheon.learn._channels import canary_of
    from pantheon.learn._curate import CurationReport, Known, curate, keep
    from pantheon.learn._features import verbalise
    from pantheon.learn._fit import fit, train_and_judge
    from pantheon.learn._gate import GateResult, GateRules, Standing, gate
    from pantheon.learn._groups import group_texts
    from pantheon.learn._intervals import Interval, clopper_pearson, wilson
    from pantheon.learn._ladder import Attempt, Climb, certify, choose, climb
    from pantheon.learn._lesson import teach
    from pantheon.learn._load import Around, load_model, load_specialist
    from pantheon.learn._lock import sync_lock
    from pantheon.learn._numeric import t_quantile
    from pantheon.learn._paired import Paired, e_value, mid_p
    from pantheon.learn._promote import end_probation, promote, rollback, try_out
    from pantheon.learn._proposal import Proposal, propose, safe_name
    from pantheon.learn._reliability import Reliability, measure_sources
    from pantheon.learn._rows import Drawn, Embed, Prediction, Promise, Row, Settings
    from pantheon.learn._rung import Judged, Rung, RungModel, Tools, Trained, random_rows
    from pantheon.learn._same import Sameness, same_labels, sameness
    from pantheon.learn._select import Selection, select
    from pantheon.learn._specialist import Specialist
    from pantheon.learn._splits import Split, assign_split, drawn_like_traffic, rows_in
    from pantheon.learn._task import RECURRING, Shape, Task, infer_shape
    from pantheon.learn._tonight import Tonight, World, task_of
    from pantheon.learn._vectors import VectorCache
    from pantheon.learn._watch import promise_of, watch
    from pantheon.learn.rungs import all_rungs

_MODULES: dict[str, tuple[str, ...]] = {
    "_audit_monitor": ("AuditMonitor",),
    "_bounds": ("rows_needed", "upper_bound"),
    "_calibrate": ("Calibration", "CurvePoint", "calibrate", "pick_by_point_estimate"),
    "_channels": ("canary_of",),
    "_curate": ("CurationReport", "Known", "curate", "keep"),
    "_features": ("verbalise",),
    "_asking": ("Generative", "ask_rows", "predict"),
    "_bad_cases": ("ASKED_AGAIN", "BadCase", "LABELLED_AGAIN", "find_bad_cases"),
    "_candidate": ("Candidate",),
    "_certainty": ("Certainty", "fit_certainty"),
    "_fit": ("fit", "train_and_judge"),
    "_ladder": ("Attempt", "Climb", "certify", "choose", "climb"),
    "_reliability": ("Reliability", "measure_sources"),
    "_rung": ("Judged", "Rung", "RungModel", "Tools", "Trained", "random_rows"),
    "_task": ("RECURRING", "Shape", "Task", "infer_shape"),
    "rungs": ("all_rungs",),
    "_gate": ("GateResult", "GateRules", "Standing", "gate"),
    "_groups": ("group_texts",),
    "_intervals": ("Interval", "clopper_pearson", "wilson"),
    "_lesson": ("teach",),
    "_tonight": ("Tonight", "World", "task_of"),
    "_load": ("Around", "load_model", "load_specialist"),
    "_lock": ("sync_lock",),
    "_numeric": ("t_quantile",),
    "_paired": ("Paired", "e_value", "mid_p"),
    "_promote": ("end_probation", "promote", "rollback", "try_out"),
    "_proposal": ("Proposal", "propose", "safe_name"),
    "_rows": ("Drawn", "Embed", "Prediction", "Promise", "Row", "Settings"),
    "_same": ("Sameness", "same_labels", "sameness"),
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
    "ASKED_AGAIN",
    "Around",
    "Attempt",
    "AuditMonitor",
    "BadCase",
    "Calibration",
    "Candidate",
    "Certainty",
    "Climb",
    "CurationReport",
    "CurvePoint",
    "Drawn",
    "Embed",
    "GateResult",
    "GateRules",
    "Generative",
    "Interval",
    "Judged",
    "Known",
    "LABELLED_AGAIN",
    "Paired",
    "Prediction",
    "Promise",
    "Proposal",
    "RECURRING",
    "Reliability",
    "Row",
    "Rung",
    "RungModel",
    "Sameness",
    "Selection",
    "Settings",
    "Shape",
    "Specialist",
    "Split",
    "Standing",
    "Task",
    "Tonight",
    "Tools",
    "Trained",
    "VectorCache",
    "World",
    "all_rungs",
    "ask_rows",
    "assign_split",
    "calibrate",
    "canary_of",
    "certify",
    "choose",
    "climb",
    "clopper_pearson",
    "curate",
    "drawn_like_traffic",
    "e_value",
    "end_probation",
    "find_bad_cases",
    "fit",
    "fit_certainty",
    "gate",
    "group_texts",
    "infer_shape",
    "keep",
    "load_model",
    "load_specialist",
    "measure_sources",
    "mid_p",
    "pick_by_point_estimate",
    "predict",
    "promise_of",
    "promote",
    "propose",
    "random_rows",
    "rollback",
    "rows_in",
    "rows_needed",
    "safe_name",
    "same_labels",
    "sameness",
    "select",
    "sync_lock",
    "t_quantile",
    "task_of",
    "teach",
    "train_and_judge",
    "try_out",
    "upper_bound",
    "verbalise",
    "watch",
    "wilson",
]
