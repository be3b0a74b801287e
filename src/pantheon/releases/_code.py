"""The source files behind a version: functions, validators and programs in the project's folder.

Modules are found by reading, never by importing: what they import is followed by their syntax.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pantheon.spec import AgentDef, CommandTier, FlowDef, PythonTier

MOST_FILES: Final = 2000
"""Of one version; a program that imports more is not followed further."""


def functions_of(agents: Iterable[AgentDef], flows: Iterable[FlowDef]) -> frozenset[str]:
    """Every `module:function` that the agents and flows call."""
    found = set[str]()
    for agent in agents:
        found |= {tier.function for tier in agent.tiers if isinstance(tier, PythonTier)}
        found |= set(agent.validators)
    for flow in flows:
        found |= set(_compared_by(flow))
    return frozenset(found)


def _compared_by(flow: FlowDef) -> Iterator[str]:
    pending = [flow]
    while pending:
        for node in pending.pop().nodes.values():
            if node.cross_check is not None and node.cross_check.compare is not None:
                yield node.cross_check.compare
            if node.body is not None:
                pending.append(node.body)


def words_of(agents: Iterable[AgentDef]) -> frozenset[str]:
    """Every argument of a program that an agent runs; some name files of the project."""
    tiers = (tier for agent in agents for tier in agent.tiers if isinstance(tier, CommandTier))
    return frozenset(word for tier in tiers for word in tier.argv)


class SourceFiles:
    """The files of one project's folder, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._read: dict[str, bytes | None] = {}

    def behind(self, functions: Iterable[str], words: Iterable[str]) -> dict[str, bytes]:
        """Path → content of the modules that define the functions, of the modules of the project
        that these import, and of the files that the words name.
        """
        found: dict[str, bytes] = {}
        pending = [
            *(p for name in functions for p in self._modules(name.partition(":")[0])),
            *self._named(words),
        ]
        while pending and len(found) < MOST_FILES:
            path = pending.pop()
            content = None if path in found else self._content(path)
            if content is None:
                continue
            found[path] = content
            if path.endswith(".py"):
                pending += self._imports(path, content)
        return dict(sorted(found.items()))

    def _named(self, words: Iterable[str]) -> Iterator[str]:
        for word in words:
            path = self._root / word
            try:
                inside = path.resolve().is_relative_to(self._root) and path.is_file()
            except (OSError, ValueError):
                continue  # no path at all
            if inside:
                yield path.resolve().relative_to(self._root).as_posix()

    def _content(self, path: str) -> bytes | None:
        if path not in self._read:
            try:
                self._read[path] = (self._root / path).read_bytes()
            except OSError:
                self._read[path] = None
        return self._read[path]

    def _modules(self, name: str) -> list[str]:
        """The files of a module of the project, and of the packages around it."""
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts) or parts[0] in sys.stdlib_module_names:
            return []
        found: list[str] = []
        for depth in range(1, len(parts) + 1):
            stem = "/".join(parts[:depth])
            for path in (f"{stem}/__init__.py", f"{stem}.py"):
                if (self._root / path).is_file():
                    found.append(path)
                    break
        return found

    def _imports(self, path: str, content: bytes) -> list[str]:
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError, RecursionError):
            return []  # whoever calls it is told
        package = path.removesuffix("/__init__.py").removesuffix(".py").split("/")
        if not path.endswith("/__init__.py"):
            package = package[:-1]
        names = (name for node in ast.walk(tree) for name in _imported(node, package))
        return [file for name in names for file in self._modules(name)]


def _imported(node: ast.AST, package: list[str]) -> Iterator[str]:
    """Names of modules that a statement may import."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        kept = len(package) - node.level + 1
        base = package[: max(kept, 0)] if node.level else []
        stem = ".".join([*base, *([node.module] if node.module else [])])
        if stem:
            yield stem
        yield from (f"{stem}.{alias.name}" if stem else alias.name for alias in node.names)
