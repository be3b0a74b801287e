"""The first file and all that it includes, as one set of sections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pantheon.spec import _keys as keys
from pantheon.spec._fields import Fields
from pantheon.spec._overlay import is_overlay
from pantheon.spec._source import Entry, Findings, Place, Scalar, SourceFile, Table, did_you_mean
from pantheon.spec._template import files_beside, resolve_inside
from pantheon.spec._yaml import parse_yaml, read_text

MAX_FILES = 2_000
_MAX_LENGTH = 16 << 20
"""Of all files together."""
NAMED = ("parameters", "models", "memory", "agents", "flows")
"""Sections with definitions by name; of the others there is one each."""


def read_files(file: Path, root: Path, findings: Findings) -> FileReader:
    """A file and all that it includes."""
    reader = FileReader(root, findings)
    reader.read(file, file.name)
    return reader


def files_of(file: Path) -> tuple[Path, ...]:
    """A project's own files, the first one first, whatever else may be wrong in them."""
    return tuple(read_files(file, file.absolute().parent, Findings()).files)


def check_version(fields: Fields) -> None:
    """Record a version of the format that this program does not read."""
    version = fields.text("version")
    if version is not None and version != "1":
        message = f"This program reads version 1 of the file format, not `{version}`."
        fix = "write `version: 1`" if version < "2" else "update the program"
        fields.findings.error("bad-version", fields.place("version"), message, fix)


def first_of(sections: dict[str, dict[str, Entry]], name: str) -> Entry | None:
    """A section that there is only one of."""
    return next(iter(sections.get(name, {}).values()), None)


class FileReader:
    """Reads files, each once, and puts their definitions together."""

    def __init__(self, root: Path, findings: Findings) -> None:
        self.root = root
        self.findings = findings
        self.sections: dict[str, dict[str, Entry]] = {}
        self.files: list[Path] = []
        self.size = 0
        self.start = Place(SourceFile("pantheon.yaml", ()), 0, 0)
        """Where the first file starts that holds anything."""

    def read(self, file: Path, name: str) -> None:
        """Read one file, then what it includes; a file is read once."""
        resolved = file.resolve()
        if resolved in self.files:
            return
        self.files.append(resolved)
        source = read_text(file, name, self.findings)
        if source is None or self.is_too_much(source):
            return
        written = parse_yaml(source, self.findings)
        if written is None:
            return
        if not self.sections:
            self.start = written.place
        fields = Fields.read(written, "the project", self.findings, keys.PROJECT)
        if fields is not None:
            check_version(fields)
            self.add_sections(fields)
            self.follow(fields)

    def is_too_much(self, source: SourceFile) -> bool:
        """Whether the files together are larger than any project is; told once."""
        before = self.size
        self.size += sum(map(len, source.lines))
        if before <= _MAX_LENGTH < self.size:
            message = f"The files together hold more than {_MAX_LENGTH >> 20} million characters."
            fix = "include less; recorded work belongs in a stream file"
            self.findings.error("too-large", Place(source, 0, 0), message, fix)
        return self.size > _MAX_LENGTH

    def add_sections(self, fields: Fields) -> None:
        for key in keys.PROJECT:
            if key not in (*NAMED, "include") and fields.get(key) is not None:
                self.add(key, fields.table.entries[key])
        for key in NAMED:
            value = fields.get(key)
            if isinstance(value, Table):
                for entry in value.entries.values():
                    self.add(key, entry)
            elif value is not None:
                fields.wrong_type(key, value, "a mapping from name to definition")

    def add(self, section: str, entry: Entry) -> None:
        """Add a definition, unless another file already has one of that name."""
        known = self.sections.setdefault(section, {})
        name = entry.key.text
        if name in known:
            if section != "version":
                first = known[name].key.place.where
                what = f"{section.removesuffix('s')} `{name}`" if section in NAMED else section
                message = f"The {what} is already defined at {first}."
                self.findings.error("duplicate-key", entry.key.place, message, "keep one of them")
            return
        known[name] = entry

    def follow(self, fields: Fields) -> None:
        """Read what the file includes."""
        for name in fields.names("include"):
            for file in self.find(name):
                if len(self.files) >= MAX_FILES:
                    message = f"A project has at most {MAX_FILES:,} files."
                    self.findings.error("too-large", name.place, message, "put several in one")
                    return
                self.read(file, str(file.relative_to(self.root.resolve())))

    def find(self, name: Scalar) -> Iterator[Path]:
        """The files an include names, all inside the project."""
        base = resolve_inside(self.root, name.text)
        if base is None or "\0" in name.text:
            message = f"The include `{name.text}` lies outside the project."
            fix = "move it below the folder of pantheon.yaml and write the path from there"
            self.findings.error("outside-project", name.place, message, fix)
        elif "*" in name.text:
            yield from self.find_all(name)
        elif is_overlay(base, self.root.resolve()):
            message = f"`{name.text}` lies over the project: it is no part of it."
            fix = "remove the include; `--env NAME` lays `environments/NAME.yaml` over the project"
            self.findings.error("bad-include", name.place, message, fix)
        elif base.is_file():
            yield base
        else:
            known = files_beside(self.root, base, "*.yaml")
            message = f"There is no file `{name.text}` to include."
            fix = did_you_mean(name.text, known, otherwise="write its path from this folder")
            self.findings.error("missing-file", name.place, message, fix)

    def find_all(self, name: Scalar) -> list[Path]:
        """The files that match a pattern."""
        root = self.root.resolve()
        try:
            matches = sorted(p.resolve() for p in root.glob(name.text) if p.is_file())
        except (ValueError, NotImplementedError, OSError):
            matches = []
        inside = [p for p in matches if p.is_relative_to(root) and not is_overlay(p, root)]
        if not inside:
            message = f"No file matches the include `{name.text}`."
            fix = "write for example `agents/*.yaml`"
            self.findings.error("missing-file", name.place, message, fix)
        return inside
