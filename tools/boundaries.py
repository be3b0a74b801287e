"""A package's modules are its own affair: outside `pantheon.x` nobody imports `pantheon.x._y`.

import-linter guards the direction of imports; this guards their depth. Tests of a package may look
inside it: `tests/x/` counts as inside `pantheon.x`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src/pantheon", "tests", "bench", "tools", "examples")


def find_trespasses(path: str, source: str) -> list[str]:
    """Imports in one file, named by its path from the root, that reach into another package."""
    home = _home_of(path)
    return [
        f"{path}:{line}: imports {module}, which is private to pantheon.{_owner(module)}"
        for line, module in _imported_modules(source, path)
        if _is_private(module) and _owner(module) != home
    ]


def _home_of(path: str) -> str:
    """The package that a file belongs to: `flows` for src/pantheon/flows/… and tests/flows/…."""
    parts = Path(path).parts
    after = parts[2:] if parts[:2] == ("src", "pantheon") else parts[1:]
    return after[0] if after else ""


def _imported_modules(source: str, path: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def _is_private(module: str) -> bool:
    names = module.split(".")
    dunder = [name.startswith("__") for name in names]
    private = [name.startswith("_") for name in names]
    return names[0] == "pantheon" and any(
        hidden and not special for hidden, special in zip(private, dunder, strict=True)
    )


def _owner(module: str) -> str:
    return module.split(".")[1]


def main() -> int:
    """Print every trespass; 1 when there is one."""
    faults: list[str] = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            faults += find_trespasses(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    print("".join(f"{fault}\n" for fault in faults), end="")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
