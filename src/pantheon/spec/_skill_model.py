"""What an agent is told besides its task: files of context, and skills it may make use of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, cast

from pantheon.ids import JsonObject


@dataclass(frozen=True, slots=True)
class ContextFile:
    """A text that stands in the agent's prompts, such as an AGENTS.md."""

    path: str
    """From the project's folder; no part of the agent's hash, unlike the text."""
    text: str


@dataclass(frozen=True, slots=True)
class SkillFile:
    """A file beside a SKILL.md: never run, and read only by a template that names it."""

    path: str
    """From the skill's folder: `references/forms.md`."""
    hash: str
    """SHA-256 of its bytes."""
    text: str | None = None
    """Of a document in `references/`."""


@dataclass(frozen=True, slots=True)
class Skill:
    """A folder with a SKILL.md: when it is of use, and the instructions for those who need them."""

    path: str
    """The folder, from the project's."""
    name: str
    description: str
    body: str
    license: str | None = None
    compatibility: str | None = None
    allowed_tools: str | None = None
    """As written; it permits nothing here."""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    files: tuple[SkillFile, ...] = ()

    @property
    def references(self) -> dict[str, str]:
        """The documents in `references/` by their names there."""
        texts = {file.path: file.text for file in self.files}
        return {
            path.removeprefix("references/"): text
            for path, text in texts.items()
            if text is not None
        }


def list_skills(skills: Iterable[Skill]) -> str:
    """The `<available_skills>` of Agent Skills: names and descriptions, no instructions."""
    lines = ["<available_skills>"]
    for skill in skills:
        lines.append("<skill>")
        place = f"{skill.path}/SKILL.md"
        parts = {"name": skill.name, "description": skill.description, "location": place}
        for tag, text in parts.items():
            lines += [f"<{tag}>", escape(text), f"</{tag}>"]
        lines.append("</skill>")
    return "\n".join([*lines, "</available_skills>"])


def context_to_json(file: ContextFile) -> JsonObject:
    """For `context_from_json`."""
    return {"path": file.path, "text": file.text}


def context_from_json(body: Any) -> ContextFile:
    """What `context_to_json` was given."""
    return ContextFile(body["path"], body["text"])


def skill_to_json(skill: Skill) -> JsonObject:
    """For `skill_from_json`; what is absent is left out."""
    optional = {
        "license": skill.license,
        "compatibility": skill.compatibility,
        "allowed_tools": skill.allowed_tools,
        "metadata": dict(skill.metadata) or None,
    }
    body: JsonObject = {
        "path": skill.path,
        "name": skill.name,
        "description": skill.description,
        "body": skill.body,
        "files": [_file_to_json(file) for file in skill.files],
    }
    present = {key: value for key, value in optional.items() if value is not None}
    return {**body, **cast("JsonObject", present)}


def _file_to_json(file: SkillFile) -> JsonObject:
    body: JsonObject = {"path": file.path, "hash": file.hash}
    return body if file.text is None else {**body, "text": file.text}


def skill_from_json(body: Any) -> Skill:
    """What `skill_to_json` was given."""
    files = tuple(SkillFile(f["path"], f["hash"], f.get("text")) for f in body["files"])
    fields: dict[str, Any] = {**body, "files": files}
    return Skill(**fields)
