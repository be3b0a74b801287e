"""The locks in lock/ hold what pyproject.toml asks for: every package, in a version it admits.

A quick look without the network; `./run lock` is what mends it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)", re.MULTILINE)

Pins = Mapping[str, frozenset[Version]]
"""Name → versions; a package may have one version for each range of Pythons."""


def read_pins(lock: str) -> Pins:
    """What the text of a lock file pins."""
    pins: dict[str, set[Version]] = {}
    for match in PINNED.finditer(lock):
        pins.setdefault(canonicalize_name(match["name"]), set()).add(Version(match["version"]))
    return {name: frozenset(versions) for name, versions in pins.items()}


def find_unmet(wanted: Iterable[str], pins: Pins, lock: str) -> Iterator[str]:
    """Requirements that the pins do not meet."""
    for text in wanted:
        requirement = Requirement(text)
        versions = pins.get(canonicalize_name(requirement.name), frozenset())
        if not versions:
            yield f"{lock}: {requirement.name} is not locked; `./run lock` does it"
        elif not all(requirement.specifier.contains(version) for version in versions):
            found = ", ".join(sorted(map(str, versions)))
            yield f"{lock}: {requirement} is asked for, {found} is locked; `./run lock` mends it"


def find_differences(base: Pins, other: Pins, lock: str) -> Iterator[str]:
    """Packages of the base that another lock has in another version."""
    for name, versions in base.items():
        if other.get(name) != versions:
            yield f"{lock}: {name} differs from lock/base.txt; `./run lock` mends it"


def main() -> int:
    """Print what is unmet; 1 when anything is."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = settings["dependency-groups"]
    wanted: list[str] = settings["project"]["dependencies"] + groups["build"]
    base = read_pins((ROOT / "lock" / "base.txt").read_text(encoding="utf-8"))
    developers = read_pins((ROOT / "lock" / "dev.txt").read_text(encoding="utf-8"))
    train = read_pins((ROOT / "lock" / "train.txt").read_text(encoding="utf-8"))
    faults = [
        *find_unmet(wanted, base, "lock/base.txt"),
        *find_unmet(groups["dev"], developers, "lock/dev.txt"),
        *find_unmet(settings["project"]["optional-dependencies"]["train"], train, "lock/train.txt"),
        *find_differences(base, developers, "lock/dev.txt"),
        *find_differences(base, train, "lock/train.txt"),
    ]
    print("".join(f"{fault}\n" for fault in faults), end="")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
