"""The `flows` section in the full form → drafts."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.spec import _keys as keys
from pantheon.spec._constants import (
    ANY_OBJECT,
)
from pantheon.spec._contract import read_contract
from pantheon.spec._draft import FlowDraft
from pantheon.spec._fields import Fields, check_name
from pantheon.spec._model import (
    AgentDef,
)
from pantheon.spec._nodes import NodeReader
from pantheon.spec._source import Entry, Findings


def read_flow(
    entry: Entry, agents: Mapping[str, AgentDef | None], findings: Findings
) -> FlowDraft | None:
    """One flow; None where nothing can be made of it. An agent that is None is itself wrong."""
    owner = f"flow `{entry.key.text}`"
    fields = Fields.read(entry.value, owner, findings, keys.FLOW)
    if not check_name(entry.key, "flow", findings) or fields is None:
        return None
    given = fields.require("input", "say what it is given: `input: {text: string}`")
    draft = FlowDraft(
        name=entry.key.text,
        key=entry.key,
        input=read_contract(given, findings) if given else ANY_OBJECT,
        description=fields.text("description") or "",
        examples=fields.texts("examples"),
        timeout=fields.duration("timeout"),
        priority=_read_priority(fields),
    )
    NodeReader(agents, findings).read_parts(fields, draft)
    return draft


def _read_priority(fields: Fields) -> int:
    number = fields.number("priority", -1000, 1000)
    if number is not None and not number.is_integer():
        message = f"`priority` of {fields.owner} must be a whole number."
        fields.reject(fields.place("priority"), message, f"write {round(number)}")
    return int(number or 0)
