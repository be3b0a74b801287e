"""Real YAML files formatted: is every value, comment and anchor still there, and is once enough?

    ./run bench definitions/roundtrip [FOLDER ...] [--json]

Without folders: every `*.yaml` and `*.yml` of the packages installed here and of the project itself.
A file is read, formatted, read again and formatted again. Reported are files that are no YAML to our
reader (refused with a reason), those that were laid out anew whole, those of which only ends of
lines and blank lines were touched, those left as they are, and violations: a value or comment lost,
a second formatting that changes something, an error that is not a typed one, more than 10 seconds.
"""

from __future__ import annotations

import argparse
import json
import site
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pantheon.editing import comments_of, format_text, lines_of, parse
from pantheon.errors import PantheonError

LIMIT = 10.0


def main() -> None:
    """Format every file found, in memory, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    folders = args.folders or [Path(p) for p in (*site.getsitepackages(), Path.cwd())]
    counts: Counter[str] = Counter()
    slowest, size, violations = 0.0, 0, list[str]()
    for text, name in texts(folders):
        size += len(text)
        started = time.perf_counter()
        outcome = check(text)
        taken = time.perf_counter() - started
        slowest = max(slowest, taken)
        counts[outcome if taken < LIMIT else "violation"] += 1
        if outcome == "violation":
            violations.append(name)
    report = {
        "files": sum(counts.values()),
        **counts,
        "characters": size,
        "slowest_s": round(slowest, 2),
        "violations": violations,
    }
    print(json.dumps(report) if args.json else "\n".join(f"{k:<12} {v}" for k, v in report.items()))
    sys.exit(bool(violations))


def texts(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Every distinct text that is UTF-8."""
    seen: set[str] = set()
    for folder in folders:
        for file in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
            try:
                text = file.read_bytes().decode("utf-8-sig")
            except (OSError, UnicodeDecodeError):
                continue
            if text not in seen:
                seen.add(text)
                yield text, str(file)


def check(text: str) -> str:
    """What became of one text."""
    try:
        root = parse(text)
    except PantheonError:
        return "refused"
    formatted = format_text(text)
    again = parse(formatted)
    told = [comment.text for comment in comments_of(lines_of(text), root)]
    kept = [comment.text for comment in comments_of(lines_of(formatted), again)]
    same = (root.meaning if root else None) == (again.meaning if again else None)
    if not same or told != kept or format_text(formatted) != formatted:
        return "violation"
    if formatted == text:
        return "as it was"
    ends = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "ends only" if ends == [x for x in formatted.splitlines() if x.strip()] else "laid out"


if __name__ == "__main__":
    main()
