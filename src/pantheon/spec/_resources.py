"""What one answer holds while it is made, and what all runs together may hold."""

from __future__ import annotations

from pantheon.spec import _keys as keys
from pantheon.spec._fields import Fields
from pantheon.spec._model import (
    NO_RESOURCES,
    Resources,
)
from pantheon.spec._source import Entry, Findings

_INFINITY = float("inf")


def read_limits(entry: Entry | None, findings: Findings) -> Resources:
    """The `limits` section."""
    fields = Fields.read(entry.value, "the limits", findings, keys.RESOURCES) if entry else None
    return _read(fields) if fields else NO_RESOURCES


def read_resources(agent: Fields, limits: Resources) -> Resources:
    """What an agent asks for, which must be there to be had."""
    owner = f"`resources` of {agent.owner}"
    fields = agent.section("resources", owner, keys.RESOURCES)
    if fields is None:
        return NO_RESOURCES
    asked = _read(fields)
    for key in keys.RESOURCES:
        most, wanted = getattr(limits, key), getattr(asked, key)
        if most and wanted > most:
            message = f"{agent.owner[0].upper()}{agent.owner[1:]} asks for more `{key}` than the"
            message += " `limits` of the project allow, so it could never run."
            fix = "ask for less, or raise `limits`"
            fields.findings.error("starved-agent", fields.place(key), message, fix)
    return asked


def _read(fields: Fields) -> Resources:
    return Resources(
        cpu=fields.number("cpu", 0, _INFINITY) or 0.0,
        memory=fields.size("memory") or 0,
        gpu=fields.number("gpu", 0, _INFINITY) or 0.0,
    )
