"""Values spelled as YAML on one line, as a person would write them in a definition."""

from __future__ import annotations

import io
from typing import Any

from pantheon.ids import Json

HEADER = "# yaml-language-server: $schema=../.pantheon/schema/pantheon.v1.json\n"
"""For a file one folder below the project's."""


def one_line(value: Json) -> str:
    """`{team: {enum: [cards, other]}}`: flow style, quotes only where YAML needs them."""
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.allow_unicode = True
    yaml.width = 1 << 20
    yaml.sort_base_mapping_type_on_output = False
    out = io.StringIO()
    yaml.dump(value, out)
    return out.getvalue().removesuffix("...\n").strip()


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
    return value
