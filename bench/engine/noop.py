"""The agent of the benchmark: an async function that does nothing but answer."""

from __future__ import annotations


async def step(n: int, msg: str) -> dict[str, object]:
    """One more, and the same 32 characters."""
    return {"n": n + 1, "msg": msg}
