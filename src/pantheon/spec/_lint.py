"""The project's own word on what the linter says: rules it does not want, and how grave others are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pantheon.errors import Where
from pantheon.spec import _keys as keys
from pantheon.spec._diagnostic import Severity
from pantheon.spec._fields import Fields
from pantheon.spec._source import Entry, Findings, Scalar, Table

_LEVELS: Mapping[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}


@dataclass(frozen=True, slots=True)
class LintDef:
    """What `lint:` says; which rules there are is the linter's business."""

    ignore: Mapping[str, str] = field(default_factory=dict[str, str])
    """Rule → why it is not wanted here."""
    levels: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    """Rule → how grave it is here."""
    places: Mapping[str, Where] = field(default_factory=dict[str, Where])
    """Where each rule is named."""


NO_WORD = LintDef()


def read_lint(entry: Entry | None, findings: Findings) -> LintDef:
    """The section, or its absence."""
    if entry is None:
        return NO_WORD
    fields = Fields.read(entry.value, "`lint`", findings, keys.LINT)
    if fields is None:
        return NO_WORD
    levels: dict[str, Severity] = {}
    places: dict[str, Where] = {}
    for key, level in _LEVELS.items():
        for name in fields.names(key):
            levels[name.text] = level
            places[name.text] = name.place.where
    return LintDef(_read_ignored(fields, places), levels, places)


def _read_ignored(fields: Fields, places: dict[str, Where]) -> dict[str, str]:
    written = fields.get("ignore")
    if written is None:
        return {}
    if not isinstance(written, Table):
        fields.wrong_type("ignore", written, "a mapping from rule to reason")
        return {}
    found: dict[str, str] = {}
    for name, entry in written.entries.items():
        reason = entry.value
        if not isinstance(reason, Scalar) or not reason.text.strip():
            message = f"Why `{name}` is ignored is not said."
            fields.reject(entry.key.place, message, f"write `{name}: the reason`")
            continue
        found[name] = reason.text
        places[name] = entry.key.place.where
    return found
