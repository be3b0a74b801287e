"""Who runs a run: one process at a time; a dead one's work can be taken over at once."""

from __future__ import annotations

import itertools
import os
import platform
from contextlib import suppress
from pathlib import Path

from pantheon.errors import Busy
from pantheon.ids import RunId
from pantheon.store import Lease, Store

LEASE_SECONDS = 60.0
"""Matters only for owners on other machines: on this one a process is seen to be alive or dead."""
RENEW_SECONDS = 20.0
_DEAD = frozenset("ZX")
"""States of a process that will never run again."""
_COUNTER = itertools.count(1)


def new_owner() -> str:
    """Names this process and one runtime in it: `host/pid/start/number`."""
    pid = os.getpid()
    return f"{platform.node()}/{pid}/{_started(pid)}/{next(_COUNTER)}"


def take(store: Store, run: RunId, owner: str) -> None:
    """Get the right to run a run. Busy when somebody who may be alive has it."""
    held = store.runs.lease_of(run)
    if held is None or held.owner == owner:
        taken = store.runs.lease(run, owner, LEASE_SECONDS)
    elif _is_over(held, store.clock.now()):
        taken = store.runs.seize(run, owner, LEASE_SECONDS, held_by=held.owner)
    else:
        taken = False
    if not taken:
        held = store.runs.lease_of(run)
        raise Busy(
            f"Run {run} is being executed by {_describe(held.owner) if held else 'somebody'}.",
            hint=f"Follow it: pantheon runs events {run} --follow. Or stop that process first.",
        )


def is_held(store: Store, run: RunId) -> bool:
    """Whether somebody who may be alive executes a run."""
    held = store.runs.lease_of(run)
    return held is not None and not _is_over(held, store.clock.now())


def orphans(store: Store) -> list[RunId]:
    """Runs that somebody executed who is certainly gone, the oldest first.

    A run that was interrupted gave its lease back: whoever did that decides when it goes on.
    """
    runs = reversed(store.runs.list(limit=None, state="running"))
    held = ((run.id, store.runs.lease_of(run.id)) for run in runs)
    now = store.clock.now()
    return [run for run, lease in held if lease is not None and _is_over(lease, now)]


def _is_over(lease: Lease, now: float) -> bool:
    """A process of this machine is seen to be dead; others have until their lease ends."""
    here = lease.owner.partition("/")[0] == platform.node()
    return _is_dead(lease.owner) if here else lease.until < now


def _is_dead(owner: str) -> bool:
    """Whether that process of this machine certainly does not run any longer."""
    _, pid, started, _ = owner.split("/")
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; tells it from a later one with its number.

    Empty when there is no such process, or one that its parent has not buried yet; without /proc,
    `alive` stands for the time.
    """
    with suppress(OSError, IndexError):
        state, *facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in _DEAD else facts[18]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"


def _describe(owner: str) -> str:
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    return f"process {pid}" if host == platform.node() else f"process {pid} on {host}"
