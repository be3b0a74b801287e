"""Versions and stores that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

from pantheon.clock import FakeClock
from pantheon.ids import ContentHash, JsonObject, hash_json
from pantheon.store import Store, Version


def open_store(path: Path | None = None) -> Store:
    """A store on a fake clock, in memory unless a path is given."""
    return Store.open(path or ":memory:", clock=FakeClock())


def add_version(
    store: Store, agent: str, number: int, *, parent: ContentHash | None = None
) -> Version:
    """A candidate version whose artifact is a blob of a few bytes."""
    evidence: JsonObject = {"summary": f"evidence {number}", "risk": {"upper": 0.04, "n": 120}}
    version = Version(
        hash=hash_json([agent, number]),
        agent=agent,
        number=number,
        parent=parent,
        cause="night",
        created=store.clock.now(),
        state="candidate",
        evidence=evidence,
        artifact=store.blobs.put(f"artifact {agent} {number}".encode()),
        night="n1",
    )
    store.versions.add(version)
    return version
