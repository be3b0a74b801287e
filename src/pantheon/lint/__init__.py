"""Doubts about definitions that load: rules, suppressions with reasons, fixes, SARIF.

And the catalogue of everything that may be found, the loader's mistakes included. May use spec and
editing. The rules are linear in the size of the project and read nothing but its files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.lint._catalogue import Entry, Example, catalogue, find_entry
    from pantheon.lint._check import Checked, check, lint_project, severities
    from pantheon.lint._explain import KeyHelp, explain_key, known_paths
    from pantheon.lint._finding import Edit, Finding
    from pantheon.lint._fix import Fixed, plan_fixes
    from pantheon.lint._sarif import to_sarif
    from pantheon.lint._slip import is_slip

_MODULES: dict[str, tuple[str, ...]] = {
    "_catalogue": ("Entry", "Example", "catalogue", "find_entry"),
    "_check": ("Checked", "check", "lint_project", "severities"),
    "_explain": ("KeyHelp", "explain_key", "known_paths"),
    "_finding": ("Edit", "Finding"),
    "_fix": ("Fixed", "plan_fixes"),
    "_sarif": ("to_sarif",),
    "_slip": ("is_slip",),
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
    "Checked",
    "Edit",
    "Entry",
    "Example",
    "Finding",
    "Fixed",
    "KeyHelp",
    "catalogue",
    "check",
    "explain_key",
    "find_entry",
    "is_slip",
    "known_paths",
    "lint_project",
    "plan_fixes",
    "severities",
    "to_sarif",
]
