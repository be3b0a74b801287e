"""The keys `context` and `skills` of an agent: AGENTS.md and SKILL.md, read inside the project.

A skill is checked by the rules of Agent Skills: its front matter, its name, its folder. Its scripts
are counted among its files by their hashes and are never run.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pantheon.ids import hash_bytes
from pantheon.spec import _keys as keys
from pantheon.spec._fields import Fields, read_text
from pantheon.spec._model import CloudTier, PromptTier, Tier
from pantheon.spec._skill_model import ContextFile, Skill, SkillFile
from pantheon.spec._source import (
    Findings,
    Place,
    Scalar,
    SourceFile,
    Table,
    Written,
    to_json,
)
from pantheon.spec._template import find_inside, resolve_inside, variables_of
from pantheon.spec._yaml import parse_yaml
from pantheon.spec._yaml import read_text as read_file

MAX_NAME = 64
MAX_DESCRIPTION = 1024
MAX_COMPATIBILITY = 500
MAX_CONTEXT = 64 << 10
"""Characters of one context file, of one SKILL.md and of one reference: more is no prompt."""
MAX_FILES = 200
_MAX_BYTES = 16 << 20
_TEXTS = {".md", ".txt"}
_LINES = "license", "compatibility", "allowed-tools"
_GUIDANCE = "context", "skills"


@dataclass(frozen=True, slots=True)
class GuidanceReader:
    """Reads what agents are told besides their tasks."""

    root: Path
    findings: Findings

    # ------------------------------------------------------------------------------- context

    def context(self, fields: Fields) -> tuple[ContextFile, ...]:
        """The texts of the files under `context`."""
        found = (self._context_file(name) for name in fields.names("context"))
        return tuple(file for file in found if file is not None)

    def _context_file(self, name: Scalar) -> ContextFile | None:
        path = self._nearest(name) if "/" not in name.text else name.text
        source = self._open(path, name, "file") if path is not None else None
        if source is None:
            return None
        text = "\n".join(source.lines).strip()
        if len(text) > MAX_CONTEXT:
            message = f"`{path}` holds {len(text):,} characters; as context {MAX_CONTEXT:,} may be."
            self.findings.error("too-large", name.place, message, "keep what the agent must know")
            return None
        return ContextFile(path or "", text)

    def _nearest(self, name: Scalar) -> str | None:
        """A bare name is looked for where the agent is defined, then in each folder above."""
        folder = PurePosixPath(name.place.file.name).parent
        inside = "<" not in folder.name and not folder.is_absolute() and ".." not in folder.parts
        folder = folder if inside else PurePosixPath()
        for place in (folder, *folder.parents):
            path = str(place / name.text)
            file = resolve_inside(self.root, path)
            if file is not None and file.is_file():
                return path
        return name.text

    def _open(self, path: str, name: Scalar, what: str) -> SourceFile | None:
        file = find_inside(self.root, path, name, what, self.findings, otherwise="create it")
        return None if file is None else read_file(file, path, self.findings)

    # -------------------------------------------------------------------------------- skills

    def skills(self, fields: Fields) -> tuple[Skill, ...]:
        """The skills in the folders under `skills`, each name once."""
        found: dict[str, Skill] = {}
        for name in fields.names("skills"):
            skill = self._skill(name)
            if skill is not None and skill.name in found:
                message = f"{fields.owner[0].upper()}{fields.owner[1:]} has `{skill.name}` twice."
                self.findings.error("bad-skill", name.place, message, "keep one of them")
            elif skill is not None:
                found[skill.name] = skill
        return tuple(found.values())

    def _skill(self, name: Scalar) -> Skill | None:
        folder = name.text.rstrip("/").removesuffix("/SKILL.md")
        source = self._open(f"{folder}/{self._file_name(folder)}", name, "skill")
        if source is None:
            return None
        before = self.findings.errors
        fields, body = self._front_matter(source)
        if fields is None:
            return None
        files = tuple(self._files(folder, name))
        skill = self._read(fields, folder, body, files)
        return skill if self.findings.errors == before else None

    def _file_name(self, folder: str) -> str:
        """`SKILL.md`; `skill.md` where only that is there."""
        file = resolve_inside(self.root, f"{folder}/skill.md")
        other = resolve_inside(self.root, f"{folder}/SKILL.md")
        lower = file is not None and file.is_file() and not (other and other.is_file())
        return "skill.md" if lower else "SKILL.md"

    def _front_matter(self, source: SourceFile) -> tuple[Fields | None, str]:
        """The fields between the two lines `---`, and the text after them."""
        lines = [line.rstrip() for line in source.lines]
        start = Place(source, 0, 0, max(1, len(source.lines[0])))
        if lines[0] != "---" or "---" not in lines[1:]:
            wrong = "does not start with" if lines[0] != "---" else "never closes"
            message = f"`{source.name}` {wrong} its front matter: fields between two lines `---`."
            fix = "start with `---`, `name: …`, `description: …`, `---`"
            self.findings.error("bad-skill", start, message, fix)
            return None, ""
        end = lines.index("---", 1)
        text = "\n".join(["", *source.lines[1:end]])
        front = SourceFile(source.name, source.lines[:end])  # brackets in the text are no YAML
        written = parse_yaml(front, self.findings, text=text) if text.strip() else None
        body = "\n".join(source.lines[end + 1 :]).strip()
        written = Table({}, start) if written is None and not text.strip() else written
        if written is None:
            return None, body
        return Fields.read(written, f"the skill `{source.name}`", self.findings, keys.SKILL), body

    def _read(
        self, fields: Fields, folder: str, body: str, files: tuple[SkillFile, ...]
    ) -> Skill | None:
        name = fields.require("name", f"write `name: {PurePosixPath(folder).name}`")
        about = fields.require("description", "say what it does and when it is of use")
        if not isinstance(name, Scalar) or about is None:
            return None
        self._check_name(name, PurePosixPath(folder).name)
        description = self._text(fields, "description", MAX_DESCRIPTION)
        if len(body) > MAX_CONTEXT:
            message = f"The instructions hold {len(body):,} characters; {MAX_CONTEXT:,} may be."
            fix = "move details into files of `references/`"
            self.findings.error("too-large", fields.table.place, message, fix)
        license, compatibility, tools = (
            self._text(fields, key, MAX_COMPATIBILITY if key == "compatibility" else None)
            for key in _LINES
        )
        return Skill(
            path=folder,
            name=unicodedata.normalize("NFKC", name.text.strip()),
            description=description or "",
            body=body,
            license=license,
            compatibility=compatibility,
            allowed_tools=tools,
            metadata=self._metadata(fields),
            files=files,
        )

    def _text(self, fields: Fields, key: str, most: int | None) -> str | None:
        text = (fields.text(key) or "").strip()
        place = fields.place(key)
        if key in fields and not text and fields.get(key) is not None:
            self.findings.error("bad-skill", place, f"`{key}` is empty.", "write a sentence")
        if most is not None and len(text) > most:
            message = f"`{key}` has {len(text):,} characters; {most:,} may be."
            self.findings.error("bad-skill", place, message, "shorten it")
        return text or None

    def _check_name(self, name: Scalar, folder: str) -> None:
        """The rules of Agent Skills: short, lower case, letters, digits and single hyphens."""
        text = unicodedata.normalize("NFKC", name.text.strip())
        plain = "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())
        fix = f"call it `{plain[:MAX_NAME].strip('-') or 'skill'}`"
        if problem := _wrong_in(text):
            self.findings.error("bad-skill", name.place, f"The name `{text}` {problem}.", fix)
        elif unicodedata.normalize("NFKC", folder) != text:
            message = f"The skill `{text}` lies in the folder `{folder}`."
            fix = f"rename the folder to `{text}`, or the skill to `{folder}`"
            self.findings.error("bad-skill", name.place, message, fix)

    def _metadata(self, fields: Fields) -> dict[str, str]:
        """Keys and texts; numbers are taken as written."""
        value = fields.get("metadata")
        if value is None:
            return {}
        if not isinstance(value, Table):
            fields.wrong_type("metadata", value, "a mapping from text to text")
            return {}
        owner = "each value of `metadata`"
        return {key: _as_text(entry.value, owner) for key, entry in value.entries.items()}

    def _files(self, folder: str, name: Scalar) -> Iterator[SkillFile]:
        """Every file beside the SKILL.md, in order; links that lead out of the skill are left."""
        base = resolve_inside(self.root, folder)
        paths = sorted(_walk(base)) if base is not None else []
        if len(paths) > MAX_FILES:
            message = f"The skill `{folder}` holds {len(paths):,} files; {MAX_FILES} may be."
            self.findings.error("too-large", name.place, message, "name the skill's own folder")
            return
        for path in paths:
            assert base is not None
            file = base / path
            if path.lower() != "skill.md" and file.resolve().is_relative_to(base):
                yield _read_file(file, path)


def told_by(fields: Fields) -> tuple[str, ...]:
    """What the agent's templates may name because it has such a key."""
    return tuple(key for key in _GUIDANCE if fields.get(key) is not None)


def check_guidance(
    fields: Fields, tiers: Iterable[Tier], inputs: Collection[str], findings: Findings
) -> None:
    """Say where context or skills would never be seen: templates of the agent do not name them."""
    templates = [tier.template for tier in tiers if isinstance(tier, PromptTier | CloudTier)]
    written = [variables_of(text) for text in templates if text is not None]
    for key in told_by(fields):
        message = fix = ""
        if written and len(written) == len(templates) and not any(key in n for n in written):
            message = f"No template of {fields.owner} names `{key}`, so no model sees it."
            fix = f"write `{{{{ {key} }}}}` where it belongs"
        elif written and key in inputs:
            message = f"In templates of {fields.owner}, `{key}` is its input field."
            fix = f"rename the input field, or leave out `{key}:`"
        if message:
            findings.warn("unseen-guidance", fields.place(key), message, fix)


def _walk(base: Path) -> Iterator[str]:
    """Files below a folder; it stops once there are far too many."""
    count = 0
    for folder, folders, names in os.walk(base):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__pycache__")
        for name in names:
            count += 1
            if count > 10 * MAX_FILES:
                return
            if not name.startswith("."):
                yield (Path(folder) / name).relative_to(base).as_posix()


def _read_file(file: Path, path: str) -> SkillFile:
    """Its hash, and its text where it is a document that a prompt may show."""
    try:
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            return SkillFile(path, "")
        data = file.read_bytes()
    except OSError:
        return SkillFile(path, "")
    document = path.startswith("references/") and file.suffix.lower() in _TEXTS
    if not document or len(data) > MAX_CONTEXT:
        return SkillFile(path, hash_bytes(data))
    try:
        return SkillFile(path, hash_bytes(data), data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return SkillFile(path, hash_bytes(data))


def _wrong_in(name: str) -> str | None:
    if len(name) > MAX_NAME:
        return f"has {len(name)} characters; {MAX_NAME} may be"
    if name != name.lower():
        return "must be in lower case"
    if not all(c.isalnum() or c == "-" for c in name):
        return "may hold only letters, digits and hyphens"
    if name.startswith("-") or name.endswith("-") or "--" in name or not name:
        return "may hold only single hyphens, between letters and digits"
    return None


def _as_text(value: Written, owner: str) -> str:
    if isinstance(value, Scalar):
        return value.text
    return read_text(value, owner, Findings()) or str(to_json(value))
