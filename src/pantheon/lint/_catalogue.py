"""Everything that may be found in a project: number, name, why it matters, an example of each side.

The texts lie beside this module in YAML, since their examples are YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from pantheon.spec import Severity

PRELUDE = "agents: {write: {input: {text: string}, output: {text: string}, tiers: [prompt]}}\n"
"""What an example without agents takes for granted."""
_FILES = ("files", "agents", "flows", "lint")


@dataclass(frozen=True, slots=True)
class Example:
    """A small project, and what lies beside it."""

    text: str
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other files by their names."""
    settings: tuple[str, ...] = ()
    """Values of `--set`."""

    @property
    def whole(self) -> str:
        """The project file, with the agents that are taken for granted."""
        return (
            self.text
            if self.text.startswith(("agents:", "#")) or "\nagents:" in self.text
            else PRELUDE + self.text
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of finding."""

    number: str
    """`P101`: stable, never used for anything else."""
    name: str
    """`no-description`: how it is shown and written."""
    title: str
    why: str
    bad: Example | None
    """None where none can be shown; `skip` says why."""
    good: Example | None
    skip: str = ""
    grade: Severity = "error"
    """Of what the loader tells; rules say it themselves."""
    mends: bool = False
    """Whether `pantheon validate --fix` may mend it."""

    @property
    def rule(self) -> bool:
        """Whether the linter finds it, not the loader."""
        return self.number >= "P100"


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every entry, by number."""
    found = [entry for name in _FILES for entry in _read(name)]
    return tuple(sorted(found, key=lambda entry: entry.number))


@cache
def _by_word() -> Mapping[str, Entry]:
    return {word: entry for entry in catalogue() for word in (entry.number, entry.name)}


def find_entry(word: str) -> Entry | None:
    """The entry of a number or a name."""
    known = _by_word()
    return known.get(word.strip()) or known.get(word.strip().upper()) or known.get(word.lower())


def words() -> tuple[str, ...]:
    """Every number and name."""
    return tuple(_by_word())


def _read(name: str) -> list[Entry]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files("pantheon.lint") / "catalogue" / f"{name}.yaml").read_text("utf-8")
    return [_entry(number, raw) for number, raw in yaml.load(text, loader).items()]  # noqa: S506


def _entry(number: str, raw: Mapping[str, Any]) -> Entry:
    return Entry(
        number=number,
        name=raw["name"],
        title=raw["title"],
        why=raw["why"],
        bad=_example(raw, "bad", ""),
        good=_example(raw, "good", "good_"),
        skip=raw.get("skip", ""),
        grade=raw.get("grade", "error"),
        mends=raw.get("mends", False),
    )


def _example(raw: Mapping[str, Any], key: str, prefix: str) -> Example | None:
    if key not in raw:
        return None
    settings = tuple(raw.get(f"{prefix}settings", ()))
    return Example(raw[key], raw.get(f"{prefix}files", {}), settings)
