"""Who streams a run that falls back sees all of both runs, however slow they read."""

from __future__ import annotations

import asyncio

from pantheon.api._channel import Channel
from pantheon.ids import RunId
from pantheon.store import Event


def events(run: str, count: int) -> list[Event]:
    """What happens in one run."""
    return [
        Event(n, RunId(run), float(n), "node_finished", f"n{n}", {}) for n in range(1, count + 1)
    ]


def test_a_reader_who_fell_behind_gets_the_rest_of_the_first_run_first() -> None:
    """Nothing is lost where one run takes the place of another, and nothing comes twice."""
    kept = {"r1": events("r1", 9), "r2": events("r2", 7)}

    def read_back(run: RunId, after: int) -> list[Event]:
        return [event for event in kept[run] if event.seq > after]

    async def read() -> list[tuple[str, int]]:
        channel = Channel(read_back, held=3)
        for event in (*kept["r1"], *kept["r2"]):
            channel.put(event)
        channel.end()
        taken: list[tuple[str, int]] = []
        while (event := await channel.take()) is not None:
            taken.append((event.run, event.seq))
        return taken

    wanted = [(event.run, event.seq) for run in kept.values() for event in run]
    assert asyncio.run(read()) == wanted
