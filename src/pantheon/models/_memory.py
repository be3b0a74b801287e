"""Memory that was freed, back to the system."""

from __future__ import annotations

import ctypes


def give_back_memory() -> None:
    """What a server held and freed is not kept for later by the C library; only glibc can.

    Without it, half a gigabyte stays with the process after a change of servers.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
