"""A stream that needs no data: first lines of the standard library's docstrings, by module.

Modules are read with `ast`; nothing is imported or run.
"""

from __future__ import annotations

import ast
import json
import sysconfig
from pathlib import Path

from recorded import Recorded

from pantheon.learn import VectorCache, group_texts, verbalise
from pantheon.models import embedder

_LEAST = 12
"""Docstrings a module must have to be a topic."""


def docstrings() -> Recorded:
    """The stream, embedded anew."""
    pairs = _read()
    texts = sorted(pairs)
    labels = [json.dumps({"module": pairs[text]}) for text in texts]
    wanted = sorted({*texts, *map(verbalise, labels)})
    vectors = dict(zip(wanted, VectorCache(embedder()).embed(wanted), strict=True))
    ids = [f"doc-{index}" for index in range(len(texts))]
    return Recorded("docstrings", ids, texts, labels, group_texts(texts), vectors)


def _read() -> dict[str, str]:
    """First line of a docstring → the module that it is from; equal lines count once."""
    pairs: dict[str, str] = {}
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("**/[a-z]*.py")):
        if {"test", "tests", "idlelib", "site-packages"} & {*path.parts}:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = [ast.get_docstring(n) for n in ast.walk(tree) if isinstance(n, kinds)]
        lines = {doc.split("\n")[0] for doc in found if doc and len(doc.split("\n")[0]) > 20}
        if len(lines) >= _LEAST:
            for line in sorted(lines):
                pairs.setdefault(line, f"{path.parent.name}.{path.stem}")
    return pairs
