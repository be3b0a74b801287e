"""What the tests of versions share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.releases.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project of two flows in a folder of its own."""
    return World.made(tmp_path)
