"""Looking at processes from outside, as Linux shows them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pantheon.clock import SystemClock


def members(group: int) -> list[int]:
    """Processes of a group that still run; zombies have ended."""
    found: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = _status(folder)
            if fields and fields[0] != "Z" and int(fields[2]) == group:
                found.append(int(folder.name))
    return found


def exists(pid: int) -> bool:
    """Whether there is such a process, even as a zombie."""
    return Path(f"/proc/{pid}").exists()


def _status(folder: Path) -> list[str]:
    """State, parent and group of a process: what follows its name in parentheses."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


async def gone(group: int, *, within: float = 5.0) -> bool:
    """Whether nothing of the group runs any longer; killing takes the kernel a moment."""
    clock = SystemClock()
    until = clock.elapsed() + within
    while members(group):
        if clock.elapsed() > until:
            return False
        await asyncio.sleep(0.01)
    return True


async def written(file: Path, *, within: float = 10.0) -> str:
    """The text of a file as soon as there is some."""
    clock = SystemClock()
    until = clock.elapsed() + within
    while not (text := _text_of(file)):
        assert clock.elapsed() < until, f"{file} was not written"
        await asyncio.sleep(0.01)
    return text


def _text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""
