"""Results of functions are not kept beyond the code that gave them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pantheon import Pantheon

PROJECT = """\
version: 1
agents:
  size:
    input: {text: string}
    output: {size: integer}
    tiers: [{python: "sizes:size"}]
    deterministic: true
"""


async def ask(folder: Path) -> object:
    """What the agent says now, and who gave it."""
    async with Pantheon.open(folder, seed=1) as opened:
        outcome = await opened.ask("size", {"text": "four"})
        return getattr(outcome, "output", None), getattr(outcome, "tier", None)


def test_changed_code_answers_anew(tmp_path: Path) -> None:
    """An equal input is answered from the cache until the file of the function changes."""
    (tmp_path / "pantheon.yaml").write_text(PROJECT)
    (tmp_path / "sizes.py").write_text('def size(text):\n    return {"size": len(text)}\n')
    assert asyncio.run(ask(tmp_path)) == ({"size": 4}, "python")
    assert asyncio.run(ask(tmp_path)) == ({"size": 4}, "cache")
    (tmp_path / "sizes.py").write_text('def size(text):\n    return {"size": 2 * len(text)}\n')
    assert asyncio.run(ask(tmp_path)) == ({"size": 8}, "python")
