"""Functions of the random flows; each leaves a line in a file that no crash can take back."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from pantheon.agents import current_request
from pantheon.ids import Json, JsonObject, canonical_json

TURN = 0.0005
"""Seconds of one turn of a function that takes its time."""
_BEGIN, _END = b'{"of": ', b"}\n"
LARGE = 4000
"""Characters of a large output: more than stays in its row."""


@dataclass(frozen=True)
class Effect:
    """That a function was called: where, how often before, on whose shoulders."""

    node: str
    index: int
    attempt: int
    key: str
    name: str
    """The node whose definition it was: another than `node` when it stands in."""
    sources: tuple[str, ...]
    """Nodes beside it that must have ended before it began."""

    @property
    def place(self) -> tuple[str, int]:
        return self.node, self.index

    @property
    def call(self) -> tuple[str, int, int, str]:
        return self.node, self.index, self.attempt, self.name


class Effects:
    """The file; `on_write` is given each line and may die instead of returning it."""

    def __init__(self, path: Path, on_write: Callable[[int, bytes], bytes]) -> None:
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_RDWR, 0o600)
        self._on_write = on_write
        if os.fstat(self._file).st_size:
            os.write(self._file, b"\n")  # the last line may have been cut in two

    def leave(self, name: str, sources: list[str]) -> None:
        """One line, in one write, for the call that is under way."""
        request = current_request()
        facts = [request.node, request.index, request.attempt, request.idempotency_key]
        line = json.dumps({"of": [*facts, name, sources]}).encode() + b"\n"
        os.write(self._file, self._on_write(self._file, line))


FILE: list[Effects] = []
"""That of this process."""


def read_effects(path: Path, start: int = 0) -> list[Effect]:
    """The calls behind a position of the file; a line that was cut in two stands for none."""
    if not path.exists():
        return []
    found: list[Effect] = []
    for line in path.read_bytes()[start:].splitlines(keepends=True):
        if line.endswith(_END):  # one that was cut in two may stand before another one
            node, index, attempt, key, name, sources = json.loads(line[line.rindex(_BEGIN) :])["of"]
            found.append(Effect(node, index, attempt, key, name, tuple(sources)))
    return found


def leave(name: str, sources: list[str], fails: int = 0) -> None:
    """The effect of a call; raises in its first `fails` attempts."""
    FILE[0].leave(name, sources)
    if current_request().attempt <= fails:
        raise ValueError(f"{name} fails")


async def take(turns: int) -> None:
    """Let others go on for a while."""
    for turn in range(turns):
        await asyncio.sleep(TURN * (turn % 2))


def digest(value: Json) -> int:
    """A number that depends on all of a value."""
    return crc32(canonical_json(value).encode()) % 1000


async def act(
    name: str,
    sources: list[str] | None = None,
    values: Json = None,
    turns: int = 0,
    fails: int = 0,
    large: bool = False,
) -> JsonObject:
    """Gives a number that depends on all it was given."""
    await take(turns // 2)
    leave(name, sources or [], fails)
    await take(turns - turns // 2)
    made: JsonObject = {"n": digest(values), "by": name}
    return made | ({"text": f"{name} " * (LARGE // len(name))} if large else {})


def act_in_thread(
    name: str,
    sources: list[str],
    values: Json,
    turns: int = 0,
    fails: int = 0,
    large: bool = False,
) -> JsonObject:
    """The same, in a thread."""
    leave(name, sources, fails)
    time.sleep(TURN * turns)
    return {"n": digest(values), "by": name, "text": "x" * (LARGE if large else 1)}


async def stuck(name: str, sources: list[str], values: Json) -> JsonObject:
    """Never ends."""
    leave(name, sources)
    await asyncio.Event().wait()
    return {"n": digest(values)}


async def give(
    name: str, sources: list[str], values: Json, n: int, turns: int = 0, fails: int = 0
) -> JsonObject:
    """Gives a number, whatever it was given."""
    await take(turns)
    leave(name, sources, fails)
    return {"n": n}


async def count(name: str, sources: list[str], values: list[int], turns: int) -> JsonObject:
    """One more than the first value."""
    await take(turns)
    leave(name, sources)
    return {"n": values[0] + 1}


async def plan(name: str, sources: list[str], values: Json, wide: int) -> JsonObject:
    """A plan: some nodes side by side, and one behind them."""
    leave(name, sources)
    names = [f"{name}x{i}" for i in range(wide)]
    side: list[Json] = [
        {"name": x, "agent": "planned", "in": {"name": {"value": x}, "values": {"value": i}}}
        for i, x in enumerate(names)
    ]
    last: JsonObject = {"name": {"value": f"{name}z"}, "values": {"from": f"{names[0]}.n"}}
    behind: JsonObject = {
        "name": f"{name}z",
        "agent": "planned",
        "in": last,
        "after": list[Json](names),
    }
    return {"plan": {"nodes": [*side, behind], "output": f"{name}z"}}
