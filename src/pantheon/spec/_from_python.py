"""Definitions made in Python → a `Project`, by the same readers and the same checks as a file."""

from __future__ import annotations

import linecache
import os
from collections.abc import Mapping
from pathlib import Path

from pantheon.errors import Where
from pantheon.ids import Json, JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._compose import Composed, fill_parameters
from pantheon.spec._diagnostic import InvalidProject
from pantheon.spec._fields import Fields
from pantheon.spec._include import FileReader, check_version
from pantheon.spec._load import _Loader
from pantheon.spec._model import (
    Project,
)
from pantheon.spec._source import (
    UNPLACED,
    Entry,
    Place,
    Scalar,
    SourceFile,
    Table,
    Written,
    from_json,
)


def load_definitions(
    body: JsonObject,
    root: Path,
    *,
    places: Mapping[str, Where] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Project:
    """The project that a mapping spells as `pantheon.yaml` would.

    `root` is where relative paths and `module:function` start. `places` says where each definition
    was made, by section and name (`agents.triage`); without it mistakes are at `<python>`. Raises
    InvalidProject with every mistake found.
    """
    loader = _Loader(root, os.environ if environment is None else environment)
    reader = FileReader(root, loader.findings)
    table = _written(body, places or {})
    fields = Fields.read(table, "the project", loader.findings, keys.PROJECT)
    assert fields is not None
    check_version(fields)
    reader.add_sections(fields)
    reader.follow(fields)
    if not reader.sections.get("agents") and not loader.findings.failed:
        loader.findings.error(
            "no-agents", UNPLACED, "The project defines no agent.", "make one with `agent(…)`"
        )
    composed = Composed(reader.sections, tuple(reader.files))
    fill_parameters(composed, {}, loader.findings)
    project = loader.build(root.absolute(), composed)
    if loader.findings.failed:
        raise InvalidProject(loader.findings.diagnostics)
    return project


def _written(body: JsonObject, places: Mapping[str, Where]) -> Table:
    sections = {
        name: Entry(Scalar(name, UNPLACED, name), _section(name, value, places))
        for name, value in body.items()
    }
    return Table(sections, UNPLACED)


def _section(section: str, value: Json, places: Mapping[str, Where]) -> Written:
    """Named definitions stand where they were made."""
    if not isinstance(value, dict):
        return from_json(value)
    entries: dict[str, Entry] = {}
    for name, definition in value.items():
        where = places.get(f"{section}.{name}")
        place = UNPLACED if where is None else _place(where)
        entries[name] = Entry(Scalar(name, place, name), from_json(definition, place))
    return Table(entries, UNPLACED)


def _place(where: Where) -> Place:
    lines = tuple(line.rstrip("\n") for line in linecache.getlines(where.file))
    text = lines[where.line - 1] if where.line <= len(lines) else ""
    start = len(text) - len(text.lstrip())
    file = SourceFile(Path(where.file).name, lines)
    return Place(file, where.line - 1, start, max(1, len(text) - start))
