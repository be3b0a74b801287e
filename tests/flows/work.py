"""Functions that the python-tier agents of these tests call, and what they remember."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from pantheon.agents import current_request
from pantheon.clock import Clock, FakeClock

CALLS: Counter[str] = Counter()
"""How often each key was called; cleared before every test."""
ORDER: list[str] = []
"""What began and ended, in order."""
CLOCK: list[Clock] = [FakeClock()]
"""The clock of the running test."""
GATE: list[asyncio.Event] = []
"""What `gated` waits for."""


async def add(a: int, b: int) -> dict[str, int]:
    """The sum."""
    return {"n": a + b}


async def step(n: int, key: str = "step") -> dict[str, int]:
    """One more."""
    CALLS[key] += 1
    return {"n": n + 1}


async def traced(name: str, n: int = 0, seconds: float = 0.0) -> dict[str, int]:
    """Takes its time and notes when it began and ended."""
    CALLS[name] += 1
    ORDER.append(f"{name} begins")
    for _ in range(int(seconds)):
        await asyncio.sleep(0)
    ORDER.append(f"{name} ends")
    return {"n": n + 1}


async def flaky(key: str, failures: int) -> dict[str, int]:
    """Fails so many times, then answers."""
    CALLS[key] += 1
    if CALLS[key] <= failures:
        raise ValueError(f"failure {CALLS[key]} of {failures}")
    return {"n": CALLS[key]}


async def boom(key: str = "boom") -> dict[str, int]:
    """Never works."""
    CALLS[key] += 1
    raise ValueError("boom")


async def slow(seconds: float) -> dict[str, int]:
    """Takes seconds of the test's clock."""
    CALLS["slow"] += 1
    await CLOCK[0].sleep(seconds)
    return {"n": 1}


async def stuck() -> dict[str, int]:
    """Never ends."""
    CALLS["stuck"] += 1
    await asyncio.Event().wait()
    return {"n": 1}


async def gated() -> dict[str, int]:
    """Goes on when the test says so."""
    CALLS["gated"] += 1
    await GATE[0].wait()
    return {"n": 1}


async def odd_is_wrong(n: int) -> dict[str, int]:
    """Refuses odd numbers."""
    CALLS[f"item {n}"] += 1
    if n % 2:
        raise ValueError(f"{n} is odd")
    return {"n": n * 10}


def prefer_longer(input: object, local: dict[str, str], cloud: dict[str, str]) -> str:
    """A comparer: the longer team name is better."""
    return "local" if len(local["team"]) >= len(cloud["team"]) else "cloud"


async def say_local(text: str) -> dict[str, str]:
    """The local path of a cross-check."""
    CALLS["local"] += 1
    return {"team": "local " + text}


async def judge(input: dict[str, object], a: dict[str, str], b: dict[str, str]) -> dict[str, str]:
    """A judge that likes what begins with `local`."""
    CALLS["judge"] += 1
    return {"better": "a" if a["team"].startswith("local") else "b"}


async def noted(node: str, path: str, n: int = 0, fail: bool = False) -> dict[str, int]:
    """Appends a line to a file before answering: a side effect that a crash cannot undo."""
    with Path(path).open("a") as file:  # noqa: ASYNC230 (must be on disk when this returns)
        file.write(f"{node}\n")
    await asyncio.sleep(0.0005)
    if fail:
        raise ValueError(f"{node} fails")
    return {"n": n + 1}


async def act(name: str, turns: int, failures: int, values: list[object]) -> dict[str, object]:
    """Takes some turns of the loop, fails so many times, then gives its name and what it got."""
    CALLS[name] += 1
    for _ in range(turns):
        await asyncio.sleep(0)
    if CALLS[name] <= failures:
        raise ValueError(f"{name} fails")
    return {"from": name, "got": values}


async def timed(value: object, seconds: float = 0.0, key: str = "timed") -> dict[str, object]:
    """Takes seconds of the test's clock, then gives a value."""
    CALLS[key] += 1
    ORDER.append(f"{key} begins")
    await CLOCK[0].sleep(seconds)
    ORDER.append(f"{key} ends")
    return {"value": value}


async def grow(n: int = 0, key: str = "grow", failures: int = 0) -> dict[str, object]:
    """One more, and whether three is reached; fails so many times at first."""
    CALLS[key] += 1
    if CALLS[key] <= failures:
        raise ValueError("not yet")
    return {"n": n + 1, "ok": n + 1 >= 3}


async def late_boom(turns: int) -> dict[str, int]:
    """Fails after so many turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    raise ValueError("boom")


async def refuse() -> dict[str, int]:
    """Notes the key it was given, then fails."""
    ORDER.append(current_request().idempotency_key)
    raise ValueError("no")


async def note_key() -> dict[str, int]:
    """Notes the key it was given."""
    ORDER.append(current_request().idempotency_key)
    return {"n": 1}


HOOKS: dict[str, Callable[[float], Awaitable[dict[str, int]]]] = {}
"""What `hooked` does, by name."""


async def hooked(name: str, seconds: float) -> dict[str, int]:
    """Does what a test wants."""
    return await HOOKS[name](seconds)


async def leaks(n: int) -> dict[str, int]:
    """Lets a cancellation out that nobody asked for."""
    raise asyncio.CancelledError


async def wrap(x: object) -> dict[str, object]:
    """Wraps what it got once more."""
    return {"x": x}


def meddle(input: dict[str, object], output: dict[str, object]) -> bool:
    """A validator that writes into what it checks."""
    output["n"] = "changed"
    return True


def spoil(input: dict[str, object], local: dict[str, str], cloud: dict[str, str]) -> str:
    """A comparer that writes into what it compares."""
    local["team"] = "spoiled"
    return "local"
