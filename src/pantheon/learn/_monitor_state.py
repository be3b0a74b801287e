"""What is remembered of an agent's watch beside the evidence itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.store import Store


def reset_monitor(store: Store, agent: str) -> None:
    """Begin anew: another version answers. What made an earlier one step back is remembered."""
    since = fresh_since(store, agent)
    store.monitors.set(agent, {} if since is None else {"fresh_since": since})


def fresh_since(store: Store, agent: str) -> float | None:
    """When the agent last stepped back: only what came later tells what its traffic is like now."""
    since = (store.monitors.get(agent) or {}).get("fresh_since")
    return float(since) if isinstance(since, int | float) else None
