"""A new project: a template's files with what the user has said, and the editor's schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from pantheon.errors import UsageError
from pantheon.scaffold._files import File

TEMPLATES = {
    "support": "A support desk: five agents (rules, functions, a person or a cloud) and a flow.",
    "minimal": "One agent that calls a function, and a flow.",
}
SCHEMA_PATH = ".pantheon/schema/pantheon.v1.json"
_IGNORED = (
    "# What runs leave behind, and the settings of one machine.\n.pantheon/\npantheon.local.yaml\n"
)


@dataclass(frozen=True, slots=True)
class Cloud:
    """An OpenAI-compatible endpoint; the key is named by its environment variable."""

    base_url: str
    model: str
    key_env: str = "CLOUD_KEY"


def project_files(template: str, *, cloud: Cloud | None) -> tuple[File, ...]:
    """Every file of a new project.

    Raises:
        UsageError: there is no such template.
    """
    if template not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        raise UsageError(f"There is no template {template!r}.", hint=f"The templates are: {known}.")
    folder = resources.files("pantheon.scaffold") / "templates" / template
    files = [File(path, _fill(text, cloud)) for path, text in sorted(_texts(folder))]
    wanted = [f for f in files if cloud is not None or f.path != "prompts/reply.j2"]
    return (*wanted, File(".gitignore", _IGNORED, added=True), *schema_files())


def schema_files() -> tuple[File, File]:
    """The schema that editors complete and check by, made anew when the program changes."""
    from pantheon.spec import json_schema

    text = json.dumps(json_schema(), indent=1) + "\n"
    return File(".pantheon/.gitignore", "*\n", renewed=True), File(SCHEMA_PATH, text, renewed=True)


def _texts(folder: Traversable, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += [] if entry.name == "__pycache__" else _texts(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name, entry.read_text(encoding="utf-8")))
    return found


def _fill(text: str, cloud: Cloud | None) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(  # noqa: S701 (YAML and Python, not HTML)
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["quoted"] = json.dumps
    return environment.from_string(text).render(cloud=cloud)
