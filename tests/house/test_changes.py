"""Notes on changes are named so that a release can collect them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_fragment_has_a_name_a_known_kind_and_a_sentence() -> None:
    """`NAME.KIND.md`, with a kind that the release knows and text that ends like prose."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]
    kinds = "|".join(kind["directory"] for kind in settings["type"])
    named = re.compile(rf"[a-z0-9-]+\.({kinds})\.md")

    fragments = [path for path in (ROOT / "changes").iterdir() if path.name != "README.md"]

    assert [path.name for path in fragments if not named.fullmatch(path.name)] == []
    assert [path.name for path in fragments if not path.read_text().rstrip().endswith(".")] == []
