"""Nothing in the repository names the machine it was made on, a package index, or unfinished work."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that must not appear, what it means, and the files where it may."""

    name: str
    pattern: re.Pattern[str]
    allowed: tuple[str, ...] = ()


# Each pattern is written so that it does not match its own line here.
RULES = (
    Rule(
        "a path of one machine",
        re.compile(r"(?<![\w.~/$}\-])/(?:home|Users|root|work|opt|mnt|srv)/[\w.\-]"),
    ),
    Rule(
        "the address of a package index",
        re.compile(
            r"https?://[^\s\"']*/simple\b|\b(?:extra-)?index-ur[l]\b[ =]|\bfind-link[s]\b[ =]"
        ),
    ),
    Rule("unfinished work", re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b")),
)


def find_leaks(path: str, text: str) -> Iterator[str]:
    """Every line of a text file that one of the rules forbids."""
    for number, line in enumerate(text.splitlines(), 1):
        for rule in RULES:
            if path not in rule.allowed and rule.pattern.search(line):
                yield f"{path}:{number}: {rule.name}: {line.strip()[:90]}"


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file that is or would be committed; binary files are passed over."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or path.stat().st_size > LARGEST:
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def main() -> int:
    """Print every leak; 1 when there is one."""
    leaks = [leak for name, text in texts() for leak in find_leaks(name, text)]
    print("".join(f"{leak}\n" for leak in leaks), end="")
    return int(bool(leaks))


if __name__ == "__main__":
    sys.exit(main())
