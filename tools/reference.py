"""The reference pages that are written from the code, so that they cannot be wrong.

`python -m tools.reference` says which pages are stale; `--write` writes them.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pantheon.cli import command_tree
from tools import reference_cli, reference_diagnostics, reference_errors, reference_schema

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": reference_cli.render,
    "cli-json.schema.json": reference_cli.render_json,
    "exit-codes.md": reference_errors.render,
    "diagnostics.md": reference_diagnostics.render,
    "configuration.md": reference_schema.render,
    "pantheon.schema.json": reference_schema.render_json,
}
SHOWN = 20


def compare(name: str, fresh: str, folder: Path = FOLDER) -> list[str]:
    """How the page on disk differs from what the code says; nothing when it does not."""
    path = folder / name
    if not path.exists():
        return [f"docs/reference/{name} is not written yet; `./run docs` writes it"]
    old = path.read_text(encoding="utf-8")
    if old == fresh:
        return []
    changes = difflib.unified_diff(
        old.splitlines(), fresh.splitlines(), "written", "now", "", "", 0
    )
    return [f"docs/reference/{name} is stale; `./run docs` mends it", *list(changes)[:SHOWN]]


def write(name: str, fresh: str, folder: Path = FOLDER) -> None:
    """Write a page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(fresh, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Compare all pages, or with `--write` write them; 1 when one is stale or help is missing."""
    faults = reference_cli.find_missing_help(command_tree())
    for name, render in PAGES.items():
        if "--write" in arguments:
            write(name, render())
        else:
            faults += compare(name, render())
    print("".join(f"{fault}\n" for fault in faults), end="")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
