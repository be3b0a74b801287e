"""How many threads arithmetic may use without standing in its own way."""

from __future__ import annotations

import os
from pathlib import Path

_SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


def physical_cores() -> int:
    """Cores this process may use, hyper-threads counted once; at least 1."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    return max(1, len({_core_of(cpu) for cpu in allowed}))


def spare_cores() -> int:
    """All cores but one, so that whoever waits for the answer can still do something."""
    return max(1, physical_cores() - 1)


def _core_of(cpu: int) -> str:
    """The CPUs that share this CPU's core; only itself where the system does not tell."""
    try:
        return Path(_SIBLINGS.format(cpu)).read_text("ascii").strip()
    except OSError:
        return str(cpu)
