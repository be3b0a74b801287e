"""The project's first file, so that it reads a folder of definitions."""

from __future__ import annotations

from ruamel.yaml import YAML

from pantheon.editing import set_value


def included(text: str, pattern: str) -> str:
    """The text of a `pantheon.yaml` with the pattern under `include`; comments are kept."""
    body = YAML(typ="safe", pure=True).load(text)
    known = body.get("include", []) if isinstance(body, dict) else []
    names = [known] if isinstance(known, str) else list(known)
    return text if pattern in names else set_value(text, ("include",), [*names, pattern])
