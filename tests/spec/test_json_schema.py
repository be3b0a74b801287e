"""The editor's schema: valid, complete, and in agreement with the loader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from pantheon.ids import Json
from pantheon.spec import json_schema
from pantheon.spec._source import Findings, SourceFile, to_json
from pantheon.spec._yaml import parse_yaml
from tests.spec.test_corpus import CASES, CORPUS, expectations

EXAMPLES = Path(__file__).parent / "valid"


def errors_of(path: Path) -> list[str]:
    """What the schema says of a file."""
    lines = tuple(path.read_text("utf-8").split("\n"))
    written = parse_yaml(SourceFile(path.name, lines), Findings())
    validator: Any = Draft202012Validator(json_schema())
    return [error.message for error in validator.iter_errors(to_json(written) if written else None)]


def test_schema_is_valid_and_every_key_is_described() -> None:
    """Draft 2020-12, with a description wherever a key can be written."""
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    undescribed = [path for path, rule in _properties(schema, "") if "description" not in rule]
    assert undescribed == []
    assert len(list(_properties(schema, ""))) > 80


def _properties(schema: Json, path: str) -> Iterator[tuple[str, dict[str, Json]]]:
    if isinstance(schema, list):
        for item in schema:
            yield from _properties(item, path)
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, rule in properties.items():
            yield f"{path}/{name}", cast("dict[str, Json]", rule)
    for name, inner in schema.items():
        yield from _properties(inner, f"{path}/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "original.yaml",
        "full/pantheon.yaml",
        "full/more.yaml",
        "engine/pantheon.yaml",
        "declared/pantheon.yaml",
    ],
)
def test_valid_files_satisfy_the_schema(name: str) -> None:
    """An editor marks nothing in a file that loads."""
    assert errors_of(EXAMPLES / name) == []


_UNKNOWN = [path for path in CASES if any(e.code == "unknown-key" for e in expectations(path))]


@pytest.mark.parametrize("path", _UNKNOWN, ids=lambda p: str(p.relative_to(CORPUS)))
def test_unknown_keys_are_marked_in_the_editor(path: Path) -> None:
    """What the loader calls an unknown key the schema refuses too."""
    included = [path, *path.parent.glob("more.yaml")] if path.parent != CORPUS else [path]
    assert any(errors_of(file) for file in included)
