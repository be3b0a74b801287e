"""What every test gets: no secrets, no colours, a home of its own, and repeatable Hypothesis runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import platformdirs
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pathlib import Path

# Before numpy is imported: two test workers with a thread per core each only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Weights are fetched once per machine, so the cache is found before HOME moves.
os.environ.setdefault("PANTHEON_CACHE", platformdirs.user_cache_dir("pantheon", appauthor=False))

# No deadline: a loaded machine is not a bug. In CI the examples are the same in every run.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

SECRETS = ("_API_KEY", "_TOKEN", "_SECRET", "CLOUD_KEY")
GIT_IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with nothing in it, shared by the tests of one worker."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, empty_home: Path) -> None:
    """The same surroundings on every machine: settings of the person who runs the tests are gone."""
    for name in list(os.environ):
        from_user = name.startswith("PANTHEON_") and name != "PANTHEON_CACHE"
        if from_user or name.startswith("XDG_") or name.endswith(SECRETS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(empty_home))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name, value in GIT_IDENTITY.items():
        monkeypatch.setenv(name, value)
