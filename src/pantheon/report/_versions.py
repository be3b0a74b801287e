"""Versions by the names people use, and what answered when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.report._clean import NAME, clean
from pantheon.report._model import VersionRef

if TYPE_CHECKING:
    from pantheon.report._past import Past
    from pantheon.store import Version


def deployed_at(past: Past, agent: str, at: float) -> VersionRef | None:
    """What the agent's stable channel pointed at, at a moment."""
    moves = [m for m in past.store.channels.history(agent) if m.channel == "stable" and m.at <= at]
    found = past.versions.get(moves[-1].version or "") if moves else None
    return refer(found) if found else None


def refer(version: Version) -> VersionRef:
    """A version by the names the report uses."""
    return VersionRef(
        agent=clean(version.agent, NAME),
        number=version.number,
        hash=version.hash,
        artifact=version.artifact,
        cause=version.cause,
        created=version.created,
    )
