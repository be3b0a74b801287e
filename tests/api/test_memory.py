"""What runs share, read and written from Python."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pantheon.errors import InputError, NotFound, UsageError
from tests.api.world import opened


def test_memory_written_by_a_run_is_read_from_outside(tmp_path: Path) -> None:
    """By scope, owner and name; every user has a value of their own."""

    async def work() -> None:
        async with opened(tmp_path, user="ada") as p:
            result = await p.run("chatty", {"text": "hi"})
            await p.run("chatty", {"text": "ho"}, user="bob")

            assert p.memory("user", "ada").get("last") == "HI"
            assert p.memory("user", "bob").get("last") == "HO"
            (write,) = p.memory("user", "ada").history("last")
            assert (write.value, write.run, write.node) == ("HI", result.id, "say")

    asyncio.run(work())


def test_a_value_that_was_never_set_is_the_declared_first_one(tmp_path: Path) -> None:
    """A deleted one too; what it was stays in the history."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            memory = p.memory("user", "ada")
            assert memory.get("last") == "nothing"
            memory.set("last", "something")
            assert (memory.get("last"), memory.names()) == ("something", ["last"])
            memory.delete("last")
            assert (memory.get("last"), memory.names()) == ("nothing", [])
            assert [write.value for write in memory.history("last")] == ["something", None]

    asyncio.run(work())


def test_only_what_is_declared_can_be_set(tmp_path: Path) -> None:
    """By name, scope and type; for flows and agents that there are."""

    async def work() -> None:
        async with opened(tmp_path) as p:
            with pytest.raises(InputError, match=r"memory\.last"):
                p.memory("user", "ada").set("last", 3)
            with pytest.raises(NotFound, match=r"memory\.other"):
                p.memory("user", "ada").set("other", "x")
            with pytest.raises(NotFound, match=r"memory\.last. of a flow"):
                p.memory("flow", "loud").get("last")
            with pytest.raises(NotFound, match="no agent 'nobody'"):
                p.memory("agent", "nobody")
            with pytest.raises(UsageError, match="no scope 'world'"):
                p.memory("world", "ada")

    asyncio.run(work())


def test_the_context_of_a_run_is_read_in_the_same_way(tmp_path: Path) -> None:
    """Values by key, each write with the node that made it."""

    async def work() -> None:
        async with opened(tmp_path, user="ada") as p:
            result = await p.run("chatty", {"text": "hi"})
            context = p.context(result.id)

            assert (context.names(), context.all()) == (["draft"], {"draft": "HI"})
            assert (context.get("draft"), context.get("other")) == ("HI", None)
            assert [write.node for write in context.history("draft")] == ["say"]
            with pytest.raises(NotFound):
                p.context("r0")

    asyncio.run(work())
