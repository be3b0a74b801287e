"""Group commit: shared by those who write in one turn, safe before anyone goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pantheon.clock import FakeClock
from pantheon.errors import StoreFault
from pantheon.store import Store
from tests.store import samples


def open_store(path: Path) -> Store:
    """Open with a clock that stands still."""
    return Store.open(path, clock=FakeClock())


def add_and_fail(store: Store) -> None:
    """A transaction that writes and then fails."""
    with store.transaction():
        store.answers.add(samples.answer("undone"))
        raise RuntimeError


def test_writers_of_one_turn_share_a_commit(path: Path) -> None:
    """Nothing is visible to others before the commit, everything of the turn after it."""
    seen: list[int] = []

    async def writer(store: Store, other: Store, i: int) -> None:
        store.answers.add(samples.answer(f"a{i}"))
        seen.append(other.answers.count())
        await store.commits.durable()
        seen.append(other.answers.count())
        store.commits.join()

    async def main(store: Store, other: Store) -> None:
        with store.commits.grouped():
            store.commits.fork(5)
            async with asyncio.TaskGroup() as group:
                for i in range(5):
                    group.create_task(writer(store, other, i))

    with open_store(path) as store, open_store(path) as other:
        asyncio.run(main(store, other))

    assert seen == [0] * 5 + [5] * 5


def test_a_lone_writer_commits_at_once(path: Path) -> None:
    """With nobody to share with, `durable` commits without giving up its turn."""

    async def main(store: Store, other: Store) -> None:
        with store.commits.grouped():
            turn = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(turn.set_result, None)
            store.answers.add(samples.answer("a"))
            await store.commits.durable()
            assert not turn.done()
            assert other.answers.count() == 1

    with open_store(path) as store, open_store(path) as other:
        asyncio.run(main(store, other))


def test_single_writes_commit_by_themselves_when_nobody_groups(path: Path) -> None:
    """After the last one who grouped has left, a write is safe when it returns."""

    async def main(store: Store) -> None:
        with store.commits.grouped():
            store.answers.add(samples.answer("in"))

    with open_store(path) as store, open_store(path) as other:
        asyncio.run(main(store))
        assert other.answers.count() == 1
        store.answers.add(samples.answer("out"))
        assert other.answers.count() == 2


def test_a_failed_commit_reaches_all_who_wrote(path: Path) -> None:
    """A full disk: every writer of the turn hears of it, and all of its writes are undone."""

    async def writer(store: Store, i: int) -> str:
        try:
            for j in range(200):
                store.answers.add(samples.answer(f"{i} {j}"))
            await store.commits.durable()
        except StoreFault as fault:
            return fault.message
        finally:
            store.commits.join()
        return "kept"

    async def main(store: Store) -> list[str]:
        with store.commits.grouped():
            store.commits.fork(3)
            return await asyncio.gather(*(writer(store, i) for i in range(3)))

    with open_store(path) as store:
        pages = store._database.scalar("PRAGMA page_count")
        store._database.write(f"PRAGMA max_page_count = {pages + 1}")
        outcomes = asyncio.run(main(store))
        store._database.write("PRAGMA max_page_count = 1000000")

        assert all("is full" in outcome for outcome in outcomes), outcomes
        assert store.answers.count() == 0


def test_a_transaction_joins_the_group(path: Path) -> None:
    """An explicit transaction inside a turn is still all or nothing by itself."""

    async def main(store: Store) -> None:
        with store.commits.grouped():
            store.answers.add(samples.answer("before"))
            with pytest.raises(RuntimeError):
                add_and_fail(store)
            await store.commits.durable()

    with open_store(path) as store, open_store(path) as other:
        asyncio.run(main(store))
        assert [a.id for a in other.answers.list()] == ["before"]
