"""The night's watch over all agents: alarms, and suggestions that a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pantheon.errors import Busy, EnvironmentFault, PantheonError

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.models import Embedder
    from pantheon.spec import AgentDef
    from pantheon.store import Alarm, Night, Store


@dataclass(frozen=True, slots=True)
class WatchFigures:
    """What the watch found; `failed` says why some of it could not be looked at."""

    alarms: tuple[Alarm, ...] = ()
    suggestions: int = 0
    failed: str = ""

    @property
    def stepped_back(self) -> tuple[str, ...]:
        """Agents whose specialist stepped back because of an alarm of this night."""
        back = {alarm.agent for alarm in self.alarms if alarm.detail.get("stepped_back")}
        return tuple(sorted(back))

    def to_json(self) -> JsonObject:
        """For the night's summary."""
        return {
            "alarms": [alarm.id for alarm in self.alarms],
            "suggestions": self.suggestions,
            "failed": self.failed or None,
        }


def watch_all(
    store: Store,
    agents: Mapping[str, AgentDef],
    embedder: Embedder,
    night: Night,
    *,
    now: float,
    seed: int,
) -> WatchFigures:
    """Look at every agent; what goes wrong is written down and must not stop the lessons."""
    from pantheon.learn.drift import suggest, watch_night

    try:
        alarms = watch_night(store, agents, embedder, now, seed, night=night.id)
        ideas = suggest(store, agents, embedder, now, seed=seed)
    except (EnvironmentFault, Busy):
        raise
    except Exception as error:  # noqa: BLE001
        reason = error.message if isinstance(error, PantheonError) else repr(error)
        return WatchFigures(failed=reason)
    return WatchFigures(alarms, len(ideas))
