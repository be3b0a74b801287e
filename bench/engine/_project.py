"""The three workloads as a project: a real `pantheon.yaml`, written into an empty folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.engine._timing import LENGTH, SHORT, WIDTH

HEAD = """\
agents:
  step:
    input: {n: integer, msg: string}
    output: {n: integer, msg: string}
    tiers: [{python: "noop:step"}]
  wrong:
    input: {n: integer, msg: string}
    output: {n: integer, msg: string}
    tiers: [{python: "noop:wrong"}]
flows:
  wrong:
    input: {n: integer, msg: string}
    nodes:
      n0: {agent: wrong, in: {n: input.n, msg: input.msg}}
    output: {n: n0.n}
"""


def write_project(folder: Path) -> Path:
    """Flows chain100, chain10, fan, and wrong (its agent breaks its contract); returns the file."""
    shutil.copy(Path(__file__).with_name("_noop.py"), folder / "noop.py")
    file = folder / "pantheon.yaml"
    flows = [*_chain(LENGTH), *_chain(SHORT), *_fan(WIDTH)]
    file.write_text(HEAD + "".join(f"  {line}\n" for line in flows))
    return file


def _chain(length: int) -> Iterator[str]:
    """Each node reads from the one before."""
    yield from _begin(f"chain{length}")
    for i in range(length):
        yield _step(f"n{i}", f"n{i - 1}" if i else "input")
    yield f"  output: {{n: n{length - 1}.n}}"


def _fan(width: int) -> Iterator[str]:
    """One node, many that read from it, a merge, and one that reads from the merge."""
    yield from _begin("fan")
    yield _step("first", "input")
    branches = [f"m{i}" for i in range(width)]
    for name in branches:
        yield _step(name, "first")
    yield f"    all: {{merge: {{from: [{', '.join(branches)}], policy: all}}}}"
    yield _step("last", "all.m0")
    yield "  output: {n: last.n}"


def _begin(name: str) -> Iterator[str]:
    yield f"{name}:"
    yield "  input: {n: integer, msg: string}"
    yield "  nodes:"


def _step(name: str, source: str) -> str:
    return f"    {name}: {{agent: step, in: {{n: {source}.n, msg: {source}.msg}}}}"
