"""Values spelled as YAML on one line, as a person would write them in a definition."""

from __future__ import annotations

import json
from typing import Any

from pantheon.ids import Json

HEADER = "# yaml-language-server: $schema=../.pantheon/schema/pantheon.v1.json\n"
"""For a file one folder below the project's."""


def read_value(text: str) -> Json:
    """The value that a piece of YAML stands for. Raises ValueError with what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml: Any = YAML(typ="safe", pure=True)
    try:
        value: Json = yaml.load(text)
    except YAMLError as error:
        problem = getattr(error, "problem", None) or type(error).__name__
        raise ValueError(str(problem)) from None
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("it holds a date, or itself; quote what is text") from None
    return value
