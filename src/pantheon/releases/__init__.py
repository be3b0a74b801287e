"""Versions of what people write, and which of them answer.

A version (`Release`) is a flow with all it uses, an agent, a model or a prompt, by the hash of all
that decides how it behaves. Channels (stable, canary, shadow) point at versions of flows and
agents; every change of them is one atomic move of the store and of `pantheon.lock`, with who and
why, and can be undone. May use flows and all below them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.releases._change import Action, Change, Move, Order, Status, sync_releases
    from pantheon.releases._code import Kept, SourceFiles
    from pantheon.releases._deploy import (
        CANARY_SHARE,
        Terms,
        deploy,
        promote,
        retire,
        rollback,
    )
    from pantheon.releases._drafts import Drafts, Written, release_hash
    from pantheon.releases._figures import DELTA, Decision, Figure, Limits, Review, Verdict, review
    from pantheon.releases._find import Reference, find, kind_of, parse_reference
    from pantheon.releases._guards import (
        MEASURES,
        Guard,
        Guards,
        Measure,
        guards_to_json,
        read_guards,
    )
    from pantheon.releases._history import (
        History,
        answered_otherwise,
        current,
        history,
        lineage,
        runs_of,
    )
    from pantheon.releases._lock import (
        LOCK_NAME,
        Lock,
        LockEntry,
        parse_lock,
        read_lock,
        render_lock,
        write_lock,
    )
    from pantheon.releases._model_json import model_from_json, model_to_json
    from pantheon.releases._record import contents_of, load, record
    from pantheon.releases._recorded import recorded_agents
    from pantheon.releases._release import DEPLOYABLE, KINDS, Cause, Kind, Release, as_kind
    from pantheon.releases._run_time import ReleasedVersions
    from pantheon.releases._standing import (
        CHANNELS,
        Channel,
        Pointer,
        Reserve,
        Standing,
        standing_from_json,
        standing_of,
        standing_to_json,
    )
    from pantheon.releases._verify import Check, Drift, verify
    from pantheon.releases._watch import Checked, GuardWatch, check_guards

_MODULES: dict[str, tuple[str, ...]] = {
    "_change": ("Action", "Change", "Move", "Order", "Status", "sync_releases"),
    "_code": ("Kept", "SourceFiles"),
    "_deploy": ("CANARY_SHARE", "Terms", "deploy", "promote", "retire", "rollback"),
    "_drafts": ("Drafts", "Written", "release_hash"),
    "_find": ("Reference", "find", "kind_of", "parse_reference"),
    "_figures": ("DELTA", "Decision", "Figure", "Limits", "Review", "Verdict", "review"),
    "_guards": ("MEASURES", "Guard", "Guards", "Measure", "guards_to_json", "read_guards"),
    "_history": ("History", "answered_otherwise", "current", "history", "lineage", "runs_of"),
    "_lock": (
        "LOCK_NAME",
        "Lock",
        "LockEntry",
        "parse_lock",
        "read_lock",
        "render_lock",
        "write_lock",
    ),
    "_model_json": ("model_from_json", "model_to_json"),
    "_record": ("contents_of", "load", "record"),
    "_recorded": ("recorded_agents",),
    "_release": ("DEPLOYABLE", "KINDS", "Cause", "Kind", "Release", "as_kind"),
    "_run_time": ("ReleasedVersions",),
    "_standing": (
        "CHANNELS",
        "Channel",
        "Pointer",
        "Reserve",
        "Standing",
        "standing_from_json",
        "standing_of",
        "standing_to_json",
    ),
    "_verify": ("Check", "Drift", "verify"),
    "_watch": ("Checked", "GuardWatch", "check_guards"),
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
    "Action",
    "CANARY_SHARE",
    "CHANNELS",
    "Cause",
    "Change",
    "Channel",
    "Check",
    "Checked",
    "DELTA",
    "DEPLOYABLE",
    "Decision",
    "Drafts",
    "Drift",
    "Figure",
    "Guard",
    "GuardWatch",
    "Guards",
    "History",
    "KINDS",
    "Kept",
    "Kind",
    "LOCK_NAME",
    "Limits",
    "Lock",
    "LockEntry",
    "MEASURES",
    "Measure",
    "Move",
    "Order",
    "Pointer",
    "Reference",
    "Release",
    "ReleasedVersions",
    "Reserve",
    "Review",
    "SourceFiles",
    "Standing",
    "Status",
    "Terms",
    "Verdict",
    "Written",
    "answered_otherwise",
    "as_kind",
    "check_guards",
    "contents_of",
    "current",
    "deploy",
    "find",
    "guards_to_json",
    "history",
    "kind_of",
    "lineage",
    "load",
    "model_from_json",
    "model_to_json",
    "parse_lock",
    "parse_reference",
    "promote",
    "read_guards",
    "read_lock",
    "record",
    "recorded_agents",
    "release_hash",
    "render_lock",
    "retire",
    "review",
    "rollback",
    "runs_of",
    "standing_from_json",
    "standing_of",
    "standing_to_json",
    "sync_releases",
    "verify",
    "write_lock",
]
