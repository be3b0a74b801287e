"""A store in memory, and one in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.store import Store


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when told."""
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> Iterator[Store]:
    """An empty store in memory."""
    with Store.open(":memory:", clock=clock) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a database may be made."""
    return tmp_path / "state" / "pantheon.db"
