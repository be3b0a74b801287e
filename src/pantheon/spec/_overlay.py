"""Overlays: what an environment, a machine or an argument changes about a project.

Mappings merge key by key; anything else takes the place of what was there; `null` removes. Every
key and value keeps the place where it was written, so that a mistake points to the file, or the
argument, that made it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pantheon.errors import NotFound
from pantheon.spec import _keys as keys
from pantheon.spec._libyaml import MAX_NESTING
from pantheon.spec._source import (
    Entry,
    Findings,
    Items,
    Place,
    Scalar,
    SourceFile,
    Table,
    Written,
    describe,
    did_you_mean,
)
from pantheon.spec._yaml import parse_yaml

FOLDER = "environments"
VARIABLE = "PANTHEON_ENV"
_ENVIRONMENT = re.compile(r"\w[\w.-]{0,63}")
_STEP = re.compile(
    r'(?:(?P<dot>^|\.)(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s."=\[\]]+)))|\[(?P<at>\d+)\]'
)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What is laid over a project's own files."""

    environment: str | None = None
    """Name of a file in `environments/`."""
    settings: tuple[str, ...] = ()
    """`PATH=VALUE`, as given with `--set`."""
    local: bool = True
    """Whether the file meant for this machine counts."""


NOTHING = Overrides(local=False)


# -------------------------------------------------------------------------------- files


def find_environment(root: Path, name: str, *, source: str = "--env") -> Path:
    """The overlay of an environment.

    Raises:
        NotFound: there is none of that name; those that there are are named.
    """
    folder = root / FOLDER
    file = folder / f"{name}.yaml"
    if _ENVIRONMENT.fullmatch(name) and file.is_file():
        return file
    known = sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []
    fix = did_you_mean(name, known) if known else f"create `{FOLDER}/{name}.yaml`"
    hint = fix if _ENVIRONMENT.fullmatch(name) or known else "a name has letters, digits, `-`, `_`"
    raise NotFound(f"There is no environment `{name}` (from {source}).", hint=hint)


def local_file(file: Path) -> Path:
    """The overlay of this machine: `pantheon.local.yaml` beside `pantheon.yaml`."""
    return file.with_name(f"{file.stem}.local{file.suffix}")


def overlays_of(file: Path) -> tuple[Path, ...]:
    """Every file that can be laid over a project, whether it is just now or not."""
    folder = file.absolute().parent / FOLDER
    environments = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    own = local_file(file.absolute())
    return (*environments, *((own,) if own.is_file() else ()))


def is_overlay(path: Path, root: Path) -> bool:
    """Whether a file is laid over the project instead of being a part of it."""
    return path.parent == root / FOLDER or (path.parent == root and path.stem.endswith(".local"))


# ------------------------------------------------------------------------------ merging


def is_null(written: Written) -> bool:
    """Whether nothing is written there."""
    return isinstance(written, Scalar) and written.value is None


def merge(base: Written, over: Written) -> Written:
    """What an overlay makes of a value."""
    if not (isinstance(base, Table) and isinstance(over, Table)):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        known = entries.get(key)
        if known is None:
            entries[key] = entry
        elif is_null(entry.value):
            del entries[key]
        else:
            entries[key] = merge_entry(known, entry)
    return Table(entries, base.place)


def merge_entry(base: Entry, over: Entry) -> Entry:
    """The merged value, under the key whose place says most."""
    value = merge(base.value, over.value)
    return over if value is over.value else Entry(base.key, value)


# ----------------------------------------------------------------------------- settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One `PATH=VALUE`, every step of its path with its place."""

    steps: tuple[Scalar, ...]
    """Keys are text, positions in lists are numbers."""
    value: Written


def read_settings(arguments: tuple[str, ...], findings: Findings) -> list[Setting]:
    """The settings that can be understood; line N of `--set` is the Nth argument."""
    lines = tuple(" ".join(re.split(r"[\r\n\x85\u2028\u2029]", text)) for text in arguments)
    source = SourceFile("--set", lines)
    found = (_read_setting(source, number, findings) for number in range(len(lines)))
    return [setting for setting in found if setting is not None]


def _read_setting(source: SourceFile, number: int, findings: Findings) -> Setting | None:
    text = source.lines[number]
    steps: list[Scalar] = []
    position = 0
    while (match := _STEP.match(text, position)) is not None:
        steps.append(_read_step(match, source, number))
        position = match.end()
    if not 0 < len(steps) <= MAX_NESTING or not text.startswith("=", position):
        place = Place(source, number, min(position, max(0, len(text) - 1)))
        message = f"`{text[:60]}` is no setting: PATH=VALUE is."
        fix = "write for example `--set agents.triage.promise.disagreement=0.1`"
        findings.error("bad-setting", place, message, fix)
        return None
    value = _read_value(source, number, position + 1, findings)
    return None if value is None else Setting(tuple(steps), value)


def _read_step(match: re.Match[str], source: SourceFile, number: int) -> Scalar:
    group = next(name for name in ("quoted", "plain", "at") if match[name] is not None)
    text = match[group]
    place = Place(source, number, match.start(group), max(1, len(text)))
    return Scalar(int(text) if group == "at" else text, place, text, 0)


def _read_value(source: SourceFile, number: int, start: int, findings: Findings) -> Written | None:
    text = source.lines[number][start:]
    if not text.strip():
        return Scalar(None, Place(source, number, start), "")
    before = len(findings.diagnostics)
    written = parse_yaml(source, findings, text="\n" * number + " " * start + text)
    return None if len(findings.diagnostics) > before else written


def spell_out(setting: Setting, base: Written | None, findings: Findings) -> Table | None:
    """The overlay that a setting stands for, over what the project has; None if it fits nowhere."""
    value = _spell_out(setting.steps, setting.value, base, findings, parent="the project")
    return value if isinstance(value, Table) else None


def _spell_out(
    steps: tuple[Scalar, ...],
    value: Written,
    base: Written | None,
    findings: Findings,
    *,
    parent: str,
) -> Written | None:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step.value, int):
        return _spell_item(steps, value, base, findings, parent=parent)
    if isinstance(base, Items):
        message = f"`{parent}` is a list: its items have numbers."
        findings.error("bad-setting", step.place, message, f"write `{parent}[0]` for the first")
        return None
    below = base.get(step.text) if isinstance(base, Table) else None
    inner = _spell_out(rest, value, below, findings, parent=step.text)
    return None if inner is None else Table({step.text: Entry(step, inner)}, step.place)


def _spell_item(
    steps: tuple[Scalar, ...],
    value: Written,
    base: Written | None,
    findings: Findings,
    *,
    parent: str,
) -> Written | None:
    """The whole list, with one item changed."""
    step, number = steps[0], int(steps[0].text[:9])
    if not isinstance(base, Items) or number >= len(base.items):
        there = f"it has {len(base.items)}" if isinstance(base, Items) else "it is not a list"
        there = there if base is not None else "it is not there"
        message = f"`{parent}` has no item [{number}]: {there}."
        findings.error("bad-setting", step.place, message, "count items from 0")
        return None
    old = base.items[number]
    inner = _spell_out(steps[1:], value, old, findings, parent=f"{parent}[{number}]")
    if inner is None:
        return None
    items = [*base.items]
    items[number] = inner if len(steps) == 1 else merge(old, inner)
    if is_null(inner):
        del items[number]
    return Items(tuple(items), base.place)


# ------------------------------------------------------------------------- definitions

_PARTS: dict[str, frozenset[str]] = {
    "models": frozenset({"engine"}),
    "memory": frozenset({"type", "scope"}),
    "agents": frozenset({"input", "output"}),
    "flows": frozenset({"nodes", "tree", "rootInputType"}),
}
"""What a whole definition has at least one of; without, it means to change another."""


def lay_over(
    section: str, base: dict[str, Entry], over: Table, findings: Findings
) -> dict[str, Entry]:
    """The definitions of a section with an overlay's changes."""
    found = dict(base)
    for name, entry in over.entries.items():
        known = found.get(name)
        if known is None and _is_change(section, entry.value):
            noun = section.removesuffix("s")
            message = f"There is no {noun} `{name}` to change."
            fix = did_you_mean(name, base, otherwise="define it in pantheon.yaml first")
            findings.error("nothing-to-change", entry.key.place, message, fix)
        elif known is None:
            found[name] = entry
        elif is_null(entry.value):
            del found[name]
        else:
            found[name] = merge_entry(known, entry)
    return found


def _is_change(section: str, written: Written) -> bool:
    """Whether this is less than a definition."""
    if isinstance(written, Table):
        return not _PARTS.get(section, frozenset()) & set(written.entries)
    return is_null(written)


def wrong_section(name: str, written: Written, findings: Findings) -> None:
    """Record a section that is no mapping."""
    message = f"`{name}` of an overlay must be a mapping, not {describe(written)}."
    fix = "write below it the name of what changes"
    findings.error("wrong-type", written.place, message, fix)


def known_sections() -> list[str]:
    """What an overlay may hold."""
    return [key for key in keys.PROJECT if key != "include"]
