"""The sections that a project is made of: its files, then what lies over them, then parameters.

Order: files < environment < this machine's file < settings. The last word has who is nearest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pantheon.spec import _keys as keys
from pantheon.spec._diagnostic import InvalidProject
from pantheon.spec._fields import Fields
from pantheon.spec._include import NAMED, check_version, read_files
from pantheon.spec._model import ParameterDef
from pantheon.spec._overlay import (
    FOLDER,
    VARIABLE,
    Overrides,
    find_environment,
    is_null,
    known_sections,
    lay_over,
    local_file,
    merge,
    merge_entry,
    read_settings,
    spell_out,
    wrong_section,
)
from pantheon.spec._parameters import Filler, names_in, read_parameters
from pantheon.spec._source import (
    UNPLACED,
    Entry,
    Findings,
    Table,
    Written,
    did_you_mean,
)
from pantheon.spec._yaml import is_blank, parse_yaml, read_text


@dataclass(slots=True)
class Composed:
    """Entries by section and name, with nothing left open."""

    sections: dict[str, dict[str, Entry]]
    files: tuple[Path, ...]
    """Every file that was read, the first one first."""
    overlays: tuple[str, ...] = ()
    parameters: Mapping[str, ParameterDef] = field(default_factory=dict[str, ParameterDef])
    filler: Filler | None = None


def compose(
    file: Path, overrides: Overrides, variables: Mapping[str, str], findings: Findings
) -> Composed:
    """Read a project's files and all that lies over them.

    Raises:
        NotFound: there is no environment of that name.
        InvalidProject: a parameter has no value that fits.
    """
    root = file.absolute().parent
    overlays = _find_overlays(file, root, overrides, variables)
    reader = read_files(file, root, findings)
    named = _parameters_named(reader.sections)
    composer = _Composer(reader.sections, findings)
    names = [composer.lay_file(path, name) for path, name in overlays]
    if overrides.settings:
        composer.lay_settings(overrides.settings)
        names.append("--set")
    if not composer.sections.get("agents") and not findings.failed:
        message = "The project defines no agent."
        fix = "write `agents: {name: {input: {text: string}, output: {answer: string}}}`"
        findings.error("no-agents", reader.start, message, fix)
    read = (*reader.files, *(path.resolve() for path, _ in overlays))
    composed = Composed(composer.sections, read, tuple(names))
    fill_parameters(composed, composer.values, findings)
    if composed.filler is not None:
        composed.filler.used |= named
    return composed


def _parameters_named(sections: dict[str, dict[str, Entry]]) -> set[str]:
    """Those that the project's own files use, also where an overlay puts something else."""
    if "parameters" not in sections:
        return set()
    entries = (
        e for name, found in sections.items() if name != "parameters" for e in found.values()
    )
    return set[str]().union(*(names_in(entry.value) for entry in entries))


def fill_parameters(composed: Composed, values: Mapping[str, Entry], findings: Findings) -> None:
    """Put the values of the parameters where they are named."""
    declared = composed.sections.get("parameters", {})
    before = findings.errors
    composed.parameters = read_parameters(declared, values, findings)
    composed.filler = Filler(composed.parameters, findings)
    composed.filler.fill_sections(composed.sections)
    if findings.errors > before:
        # What is made of a value that is missing would be a mistake of its own, everywhere.
        raise InvalidProject(findings.diagnostics)


def report_unused(composed: Composed, findings: Findings) -> None:
    """A parameter that nothing names does nothing."""
    used = composed.filler.used if composed.filler else set[str]()
    for name in composed.parameters:
        if name not in used:
            place = composed.sections["parameters"][name].key.place
            message = f"The parameter `{name}` is never used."
            fix = f"write `${{parameters.{name}}}` where it belongs, or remove it"
            findings.warn("unused-parameter", place, message, fix)


def _find_overlays(
    file: Path, root: Path, overrides: Overrides, variables: Mapping[str, str]
) -> list[tuple[Path, str]]:
    """The overlay files with their names for users, in the order they are laid."""
    found: list[tuple[Path, str]] = []
    given = overrides.environment
    name = variables.get(VARIABLE, "") if given is None else given
    if name:
        path = find_environment(root, name, source=VARIABLE if given is None else "--env")
        found.append((path, f"{FOLDER}/{path.name}"))
    local = local_file(root / file.name)
    if overrides.local and local.is_file():
        found.append((local, local.name))
    return found


@dataclass(slots=True)
class _Composer:
    sections: dict[str, dict[str, Entry]]
    findings: Findings
    values: dict[str, Entry] = field(default_factory=dict[str, Entry])
    """Of parameters, set by overlays."""

    def lay_file(self, path: Path, name: str) -> str:
        """Lay one file over what is there; its name."""
        source = read_text(path, name, self.findings)
        if source is None or is_blank(source):
            return name
        written = parse_yaml(source, self.findings)
        if written is not None:
            fields = Fields.read(written, "the overlay", self.findings, keys.PROJECT)
            if fields is not None:
                self.lay(fields.table)
        return name

    def lay_settings(self, arguments: tuple[str, ...]) -> None:
        """Lay the settings over what is there, one after the other."""
        for setting in read_settings(arguments, self.findings):
            first = setting.steps[0]
            if first.text not in keys.PROJECT:
                message = f"`{first.text}` is not a key of the project."
                fix = did_you_mean(first.text, known_sections())
                self.findings.error("unknown-key", first.place, message, fix)
                continue
            overlay = spell_out(setting, self.as_table(), self.findings)
            if overlay is not None:
                self.lay(overlay)

    def as_table(self) -> Table:
        """The sections as one mapping, as if they stood in one file."""
        entries: dict[str, Entry] = {}
        for name, section in self.sections.items():
            for entry in section.values():
                entries[name] = (
                    entry if name not in NAMED else Entry(entry.key, Table(section, UNPLACED))
                )
        return Table(entries, UNPLACED)

    def lay(self, overlay: Table) -> None:
        """Change the sections by an overlay."""
        check_version(Fields(overlay, "the overlay", self.findings))
        for name, entry in overlay.entries.items():
            if name == "include":
                message = "An overlay changes what is there: it includes nothing."
                fix = "put the `include` into pantheon.yaml"
                self.findings.error("bad-overlay", entry.key.place, message, fix)
            elif is_null(entry.value):
                self.sections.pop(name, None)
            elif name == "parameters":
                self.lay_parameters(entry.value)
            elif name in NAMED:
                self.lay_named(name, entry.value)
            elif name in keys.PROJECT and name != "version":
                self.lay_single(name, entry)

    def lay_named(self, name: str, over: Written) -> None:
        """Change definitions by their names."""
        if isinstance(over, Table):
            known = self.sections.get(name, {})
            self.sections[name] = lay_over(name, known, over, self.findings)
        else:
            wrong_section(name, over, self.findings)

    def lay_single(self, name: str, over: Entry) -> None:
        """Change a section that there is only one of."""
        known = self.sections.get(name, {}).get(name)
        self.sections[name] = {name: over if known is None else merge_entry(known, over)}

    def lay_parameters(self, over: Written) -> None:
        """Set values; a mapping is a declaration, since no value is one."""
        if not isinstance(over, Table):
            wrong_section("parameters", over, self.findings)
            return
        declared = self.sections.setdefault("parameters", {})
        for name, entry in over.entries.items():
            known = declared.get(name)
            if is_null(entry.value):
                self.values.pop(name, None)
            elif not isinstance(entry.value, Table):
                self.values[name] = entry
            elif known is not None and isinstance(known.value, Table):
                declared[name] = Entry(known.key, merge(known.value, entry.value))
            else:
                declared[name] = entry
