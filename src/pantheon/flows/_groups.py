"""Errors of tasks that ran together: the one that made the others end."""

from __future__ import annotations

from typing import cast


def first_of(error: BaseException) -> BaseException:
    """What happened first; the rest of a group was only cancelled because of it."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
