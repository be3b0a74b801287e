"""A world for each test of the agents."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty project in a folder of its own."""
    world = World(tmp_path)
    yield world
    asyncio.run(world.context.close())
    world.store.close()
