"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from pathlib import Path


def describe() -> dict[str, str]:
    """Processor, cores, memory, system, Python, SQLite, load, and where databases lie."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "databases": _file_system(tempfile.gettempdir()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def _file_system(folder: str) -> str:
    """Kind of file system of a folder: what a commit costs depends on it."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    path = Path(folder).resolve()
    holding = [(len(at), kind) for _, at, kind, *_ in mounts if path.is_relative_to(at)]
    return max(holding)[1] if holding else "unknown"
