"""The source files behind a version: functions, validators and programs in the project's folder.

Modules are found by reading, never by importing: what they import is followed by their syntax.
"""

from __future__ import annotations

import ast
import posixpath
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

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


class Tree(Protocol):
    """A folder with files, on disk or not; paths are written with `/` from there."""

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    def read(self, path: str) -> bytes | None:
        """Its content, if it can be read."""
        ...

    def named(self, word: str) -> str | None:
        """The path of the file that an argument of a program names, if it names one."""
        ...


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def has(self, path: str) -> bool:
        return (self._root / path).is_file()

    def read(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except OSError:
            return None

    def named(self, word: str) -> str | None:
        path = self._root / word
        try:
            inside = path.resolve().is_relative_to(self._root) and path.is_file()
        except (OSError, ValueError):
            return None  # no path at all
        return path.resolve().relative_to(self._root).as_posix() if inside else None


@dataclass(frozen=True, slots=True)
class Kept:
    """Files that lie elsewhere, under the paths that they had: a version's, or a commit's."""

    paths: Container[str]
    content: Callable[[str], bytes]

    def has(self, path: str) -> bool:
        """Whether it was there."""
        return path in self.paths

    def read(self, path: str) -> bytes | None:
        """What it was."""
        return self.content(path) if path in self.paths else None

    def named(self, word: str) -> str | None:
        """The path that a word is, if there was such a file."""
        path = PurePosixPath(posixpath.normpath(word or ".")).as_posix()
        return path if path in self.paths else None


class SourceFiles:
    """The files of one project's folder, each read once."""

    def __init__(self, where: Path | Tree) -> None:
        self._tree: Tree = _Folder(where) if isinstance(where, Path) else where
        self._read: dict[str, bytes | None] = {}
        self._imported: dict[str, list[str]] = {}

    def of_agent(self, agent: AgentDef) -> dict[str, bytes]:
        """Path → content of what an agent's functions, validators and programs are in."""
        return self.behind(functions_of([agent], ()), words_of([agent]))

    def of_flow(self, flow: FlowDef) -> dict[str, bytes]:
        """The same for what a flow itself calls, besides its agents."""
        return self.behind(functions_of((), [flow]), ())

    def behind(self, functions: Iterable[str], words: Iterable[str]) -> dict[str, bytes]:
        """Path → content of the modules that define the functions, of the modules of the project
        that these import, and of the files that the words name.
        """
        found: dict[str, bytes] = {}
        named = (self._tree.named(word) for word in words)
        pending = [
            *(p for name in functions for p in self._modules(name.partition(":")[0])),
            *(path for path in named if path is not None),
        ]
        while pending and len(found) < MOST_FILES:
            path = pending.pop()
            content = None if path in found else self._content(path)
            if content is None:
                continue
            found[path] = content
            if path.endswith(".py"):
                if path not in self._imported:
                    self._imported[path] = self._imports(path, content)
                pending += self._imported[path]
        return dict(sorted(found.items()))

    def _content(self, path: str) -> bytes | None:
        if path not in self._read:
            self._read[path] = self._tree.read(path)
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
                if self._tree.has(path):
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
