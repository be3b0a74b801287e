"""The agents of the benchmarks: async functions that do nothing but answer."""

from __future__ import annotations

import os
import signal

CALLS = [0]


async def step(n: int, msg: str) -> dict[str, object]:
    """One more, and the same 32 characters."""
    return {"n": n + 1, "msg": msg}


async def wrong(n: int, msg: str) -> dict[str, object]:
    """An answer that breaks the contract."""
    return {"n": str(n), "msg": msg}


async def step_or_die(n: int, msg: str) -> dict[str, object]:
    """The same; the call whose number BENCH_KILL_AT gives kills the process."""
    CALLS[0] += 1
    if CALLS[0] == int(os.environ.get("BENCH_KILL_AT", "0")):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"n": n + 1, "msg": msg}
