"""Streams of other shapes than one label, made of the functions of Python's standard library.

    python bench/learning/stdlib.py --out mine/streams

writes `stdlib_number` (how many parameters a function has, from its name, signature and docstring;
same: numeric(1)), `stdlib_labels` (which exceptions it raises, from its source; same:
set_f1(0.8)) and `stdlib_record` (what kind of thing it is, from the beginning of its source; same:
fields). Everything is read with `ast`; nothing is imported or run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sysconfig
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pantheon.ids import Json, JsonObject

SAME = {
    "stdlib_number": "numeric(1)",
    "stdlib_labels": "set_f1(0.8)",
    "stdlib_record": "fields",
}
_SKIPPED = {"test", "tests", "idlelib", "turtledemo", "lib2to3", "site-packages", "encodings"}
_SHOWN = 500
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class _Found:
    """A function, its source, and whether it stands in a class."""

    node: _Function
    source: str
    method: bool


def main() -> None:
    """Write the three streams."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, rows in streams().items():
        lines = [json.dumps(row) for row in rows]
        (args.out / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}: {len(rows)} rows")


def streams(library: Path | None = None) -> dict[str, list[JsonObject]]:
    """Rows of each stream, in an order that mixes the modules; equal texts are kept once."""
    root = library or Path(sysconfig.get_path("stdlib"))
    functions = [found for path in _sources(root) for found in _functions(path)]
    return {
        "stdlib_number": _rows("stdlib_number", map(_number, functions)),
        "stdlib_labels": _rows("stdlib_labels", map(_labels, functions)),
        "stdlib_record": _rows("stdlib_record", map(_record, functions)),
    }


def _rows(name: str, pairs: Iterator[tuple[str, JsonObject] | None]) -> list[JsonObject]:
    kept = {text: output for pair in pairs if pair for text, output in [pair]}
    mixed = sorted(kept, key=lambda text: hashlib.blake2b(text.encode()).digest())
    return [
        {"id": f"{name}-{n:05d}", "input": {"text": text}, "output": kept[text]}
        for n, text in enumerate(mixed[:8000])
    ]


def _sources(root: Path) -> list[Path]:
    found = [path for path in root.rglob("*.py") if not _SKIPPED & set(path.parts)]
    return sorted(found)


def _functions(path: Path) -> Iterator[_Found]:
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (SyntaxError, ValueError, OSError):
        return
    lines = text.splitlines()
    for owner in ast.walk(tree):
        for node in ast.iter_child_nodes(owner):
            if isinstance(node, _Function):
                source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                yield _Found(node, source, isinstance(owner, ast.ClassDef))


def _number(found: _Found) -> tuple[str, JsonObject] | None:
    docstring = ast.get_docstring(found.node)
    if not docstring:
        return None
    arguments = found.node.args
    several = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    text = f"{found.node.name}({ast.unparse(arguments)}): {docstring}"
    return " ".join(text.split())[:_SHOWN], {"parameters": len(several)}


def _labels(found: _Found) -> tuple[str, JsonObject] | None:
    raised = [node.exc for node in ast.walk(found.node) if isinstance(node, ast.Raise)]
    named = [error.func if isinstance(error, ast.Call) else error for error in raised]
    names = sorted({n.id for n in named if isinstance(n, ast.Name) and n.id[:1].isupper()})
    return (" ".join(found.source.split())[:1500], {"raises": list[Json](names)}) if names else None


def _record(found: _Found) -> tuple[str, JsonObject]:
    node = found.node
    inner = list(ast.walk(node))
    values = any(isinstance(n, ast.Return) and n.value is not None for n in inner)
    yields = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in inner)
    output: JsonObject = {
        "kind": "method" if found.method else "function",
        "gives": "several" if yields else "value" if values else "nothing",
        "documented": ast.get_docstring(node) is not None,
        "parameters": min(len(node.args.args), 5),
    }
    if any(isinstance(n, ast.Raise) for n in inner):
        output["raises"] = True
    return " ".join(found.source.split())[:_SHOWN], output


if __name__ == "__main__":
    main()
