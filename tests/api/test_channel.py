"""Between a run and its reader: bounded, in order, and nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pantheon.api._channel import LONGEST, Channel
from pantheon.ids import RunId
from pantheon.store import Event

RUN = RunId("r0")


def happening(seq: int) -> Event:
    """An event that the store keeps."""
    return Event(seq, RUN, 0.0, "node_started", "a", {})


def piece(text: str, node: str = "a", seq: int = 0) -> Event:
    """Tokens, which it does not."""
    return Event(seq, RUN, 0.0, "tokens", node, {"text": text})


class Scene:
    """A channel whose store holds every event that was put, and what was read from it."""

    def __init__(self, held: int) -> None:
        self.kept: list[Event] = []
        self.channel = Channel(self.read_back, held=held)

    def read_back(self, run: RunId, seq: int) -> list[Event]:
        return [event for event in self.kept if event.seq > seq]

    def put(self, *seqs: int) -> None:
        for seq in seqs:
            self.kept.append(happening(seq))
            self.channel.put(self.kept[-1])

    async def take(self, count: int) -> list[int]:
        taken = [await self.channel.take() for _ in range(count)]
        return [event.seq for event in taken if event is not None]


def told(channel: Channel) -> list[str]:
    """The texts of all events that are there."""

    async def read() -> list[str]:
        channel.end()
        texts: list[str] = []
        while (event := await channel.take()) is not None:
            texts.append(str(event.data.get("text", event.seq)))
        return texts

    return asyncio.run(read())


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(1, 5))
def test_a_reader_of_any_speed_gets_every_event_once_and_in_order(
    rhythm: Sequence[int], held: int
) -> None:
    """However many come before it reads again; what did not fit comes from the store."""

    async def read() -> None:
        scene, number, seen = Scene(held), 0, list[int]()
        for step in rhythm:
            scene.put(*range(number + 1, number + step + 1))
            number += step
            if number > len(seen):
                seen += await scene.take(1)
        scene.channel.end()
        seen += await scene.take(number - len(seen))

        assert seen == list(range(1, number + 1))
        assert await scene.channel.take() is None

    asyncio.run(read())


def test_no_more_than_so_many_events_are_held() -> None:
    """A reader who does not read costs no memory."""
    scene = Scene(held=3)
    scene.put(*range(1, 1001))

    assert len(scene.channel._events) == 3


def test_what_the_run_has_not_told_yet_is_not_read_from_the_store() -> None:
    """An event is shown once it is safe on disk, also to a reader who fell behind."""

    async def read() -> None:
        scene = Scene(held=1)
        scene.put(1, 2)
        scene.kept.append(happening(3))
        assert await scene.take(2) == [1, 2]
        scene.channel.put(scene.kept[-1])
        assert await scene.take(1) == [3]

    asyncio.run(read())


def test_pieces_of_one_text_that_nobody_has_taken_are_joined() -> None:
    """Another text, or an event between, begins a new one."""
    channel = Channel(lambda run, seq: [])
    for event in (
        piece("a"),
        piece("b"),
        piece("c", "other"),
        piece("d"),
        happening(1),
        piece("e"),
    ):
        channel.put(event)

    assert told(channel) == ["ab", "c", "d", "1", "e"]


def test_tokens_that_nobody_takes_do_not_pile_up() -> None:
    """Joined pieces have a bound, and so has their number."""
    channel = Channel(lambda run, seq: [], held=2)
    for _ in range(10):
        channel.put(piece("x" * LONGEST))

    assert [len(text) for text in told(channel)] == [LONGEST, LONGEST]


def test_a_reader_who_waits_is_told() -> None:
    """Of an event, and of the end."""

    async def read() -> None:
        scene = Scene(held=3)
        taking = asyncio.create_task(scene.take(2))
        await asyncio.sleep(0)
        scene.put(1)
        await asyncio.sleep(0)
        scene.channel.end()
        assert await taking == [1]

    asyncio.run(read())
