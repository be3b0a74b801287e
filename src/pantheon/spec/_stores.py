"""What nodes share: the keys of a flow's `context`, the project's `memory`, how long runs are kept."""

from __future__ import annotations

from typing import Literal

from pantheon.ids import Json, JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._contract import read_type
from pantheon.spec._draft import KeyDraft
from pantheon.spec._fields import Fields
from pantheon.spec._model import (
    MemoryDef,
    Retention,
)
from pantheon.spec._source import Entry, Findings, Scalar, Table, Written, to_json
from pantheon.spec._syntax import NAME
from pantheon.spec._validate import validate_value

_SCOPE: dict[str, Literal["flow", "agent", "user"]] = {
    "flow": "flow",
    "agent": "agent",
    "user": "user",
}


def read_context(fields: Fields) -> dict[str, KeyDraft]:
    """The keys that the nodes of a flow share."""
    found: dict[str, KeyDraft] = {}
    for entry in _entries(fields, "context"):
        key = _read_key(entry, fields.findings)
        if key is not None and _check_key(entry.key, fields.findings):
            found[entry.key.text] = key
    return found


def _entries(fields: Fields, key: str) -> list[Entry]:
    written = fields.get(key)
    if isinstance(written, Table):
        return list(written.entries.values())
    if written is not None:
        fields.wrong_type(key, written, "a mapping from name to type")
    return []


def _check_key(key: Scalar, findings: Findings) -> bool:
    if NAME.fullmatch(key.text) and len(key.text) <= 64:
        return True
    message = f"`{key.text}` is no name for a key: letters, digits, `_` and `-` are."
    findings.error("bad-name", key.place, message, "call it for example `draft`")
    return False


def _read_key(entry: Entry, findings: Findings) -> KeyDraft | None:
    """A type alone, or `{type, initial, read, write}`."""
    name, written = entry.key.text, entry.value
    if not _is_full(written):
        return KeyDraft(entry.key, read_type(written, name, findings))
    fields = Fields.read(written, f"the key `{name}`", findings, keys.CONTEXT_KEY)
    assert fields is not None
    schema = _read_type(fields, name)
    return KeyDraft(
        key=entry.key,
        schema=schema,
        initial=_read_initial(fields, schema),
        readers=fields.names("read") if fields.get("read") is not None else None,
        writers=fields.names("write") if fields.get("write") is not None else None,
    )


def _is_full(written: Written) -> bool:
    """Whether it says more than a type; a JSON Schema may have a `type` too."""
    if not isinstance(written, Table):
        return False
    ours = {"initial", "read", "write"} & set(written.entries)
    return bool(ours) or set(written.entries) == {"type"}


def _read_type(fields: Fields, name: str) -> JsonObject:
    written = fields.require("type", "say what it holds: `type: string`")
    return read_type(written, name, fields.findings) if written is not None else {}


def _read_initial(fields: Fields, schema: JsonObject) -> Json:
    """The first value, which must fit the type; nothing fits any."""
    written = fields.get("initial")
    if written is None:
        return None
    value = to_json(written)
    for problem in validate_value(schema, value)[:1]:
        message = f"`initial` of {fields.owner} does not fit its type: {problem}."
        fields.reject(written.place, message, "change the type, or the value")
    return value


def read_memory(entries: dict[str, Entry], findings: Findings) -> dict[str, MemoryDef]:
    """The `memory` section."""
    found: dict[str, MemoryDef] = {}
    for name, entry in entries.items():
        owner = f"memory `{name}`"
        fields = Fields.read(entry.value, owner, findings, keys.MEMORY)
        if not _check_key(entry.key, findings) or fields is None:
            continue
        fields.require("scope", "say whose it is: `scope: flow`, `agent` or `user`")
        schema = _read_type(fields, name)
        scope = fields.choice("scope", _SCOPE) or "flow"
        found[name] = MemoryDef(scope, schema, _read_initial(fields, schema))
    return found


def read_retention(entry: Entry | None, findings: Findings) -> Retention:
    """The `store` section."""
    fields = Fields.read(entry.value, "the store", findings, keys.STORE) if entry else None
    return Retention(fields.duration("keep_runs")) if fields else Retention()
