"""What the process of the crash test does: deploy, and be killed at a given moment of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from pantheon.clock import SystemClock
from pantheon.releases import deploy, sync_releases
from pantheon.store import Store
from tests.releases.world import World

WHY = "the change that is killed"


def deploy_until(folder: str, statement: int) -> None:
    """Deploy the flow `hello`, and kill this process before its n-th statement to the database."""
    _deploy(World(Path(folder), SystemClock()), _countdown(statement))


def deploy_until_pinned(folder: str) -> None:
    """Deploy, and kill this process when the lock file is written and nothing is committed."""
    world = World(Path(folder), SystemClock())
    before = world.lock.read_bytes() if world.lock.exists() else b""

    def watch(statement: str) -> None:
        now = world.lock.read_bytes() if world.lock.exists() else b""
        if statement.startswith("COMMIT") and now != before:
            os.kill(os.getpid(), signal.SIGKILL)

    _deploy(world, watch)


def _deploy(world: World, watch: Callable[[str], None]) -> None:
    project = world.project
    with Store.open(world.root / ".pantheon" / "pantheon.db", clock=world.clock) as store:
        sync_releases(store, world.lock)
        store._database._connection.set_trace_callback(watch)
        deploy(store, project, ["hello", "greet"], order=world.order(WHY))
        store._database._connection.set_trace_callback(None)


def _countdown(statement: int) -> Callable[[str], None]:
    left = statement

    def watch(sql: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return watch
