"""A package's modules are its own affair: outside `pantheon.x` nobody imports `pantheon.x._y`.

import-linter guards the direction of imports; this guards their depth. Tests of a package may look
inside it: `tests/x/` counts as inside `pantheon.x`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.sources import Source, read

FOLDERS = ("src/pantheon", "tests", "bench", "tools", "examples")


def find_trespasses(source: Source) -> list[str]:
    """Imports in one file that reach into another package."""
    home = _home_of(source.path)
    return [
        f"{source.path}:{line}: imports {module}, which is private to pantheon.{_owner(module)}"
        for line, module in _imported_modules(source.tree)
        if _is_private(module) and _owner(module) != home
    ]


def _home_of(path: str) -> str:
    """The package that a file belongs to: `flows` for src/pantheon/flows/… and tests/flows/…."""
    parts = Path(path).parts
    after = parts[2:] if parts[:2] == ("src", "pantheon") else parts[1:]
    return after[0] if after else ""


def _imported_modules(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
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
    sources = (source for folder in FOLDERS for source in read(folder))
    faults = [fault for source in sources for fault in find_trespasses(source)]
    print("".join(f"{fault}\n" for fault in faults), end="")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
