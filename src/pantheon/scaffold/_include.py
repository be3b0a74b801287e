"""The project's first file, so that it reads a folder of definitions."""

from __future__ import annotations

from typing import Any, cast

from ruamel.yaml import YAML

from pantheon.editing import set_value
from pantheon.ids import Json


def included(text: str, pattern: str) -> str:
    """The text of a `pantheon.yaml` with the pattern under `include`; comments are kept."""
    yaml: Any = YAML(typ="safe", pure=True)
    body: Any = yaml.load(text)
    known: Any = cast("dict[str, Any]", body).get("include", [])
    names: list[str] = [known] if isinstance(known, str) else list(known)
    return (
        text if pattern in names else set_value(text, ("include",), list[Json]([*names, pattern]))
    )
