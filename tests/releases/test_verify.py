"""Every hash is worked out anew: whatever was changed behind our back is found and named."""

from __future__ import annotations

import pytest

from pantheon.ids import ContentHash
from pantheon.releases import Pointer, Standing, deploy, read_lock, verify, write_lock
from pantheon.store import Store
from tests.releases.world import World


def kinds(world: World, store: Store) -> list[tuple[str, str]]:
    """What drifted, and of what."""
    return [(d.kind, d.subject) for d in verify(store, world.project, world.lock).drifts]


def test_what_is_as_it_was_deployed_is_clean(world: World) -> None:
    """So is a project in which nothing was ever deployed."""
    with world.store() as store:
        assert verify(store, world.project, world.lock).clean
        deploy(store, world.project, ["hello", "greet"], order=world.order())
        check = verify(store, world.project, world.lock)
        assert (check.clean, check.pins, check.versions) == (True, 2, 3)


@pytest.mark.parametrize(
    ("file", "old", "new", "drifts"),
    [
        ("words.py", "hello", "bye", [("code", "words.py")]),
        ("desk.py", "upper", "lower", [("code", "desk.py")]),
        ("pantheon.yaml", '"1.0"', '"1.1"', [("files", "hello@1")]),
        ("pantheon.yaml", "  hello:", "  other:", [("files", "hello@1")]),
        ("pantheon.yaml", "desk:shout", "words:shout", [("files", "hello@1")]),
    ],
)
def test_working_files_that_are_something_else_are_named(
    world: World, file: str, old: str, new: str, drifts: list[tuple[str, str]]
) -> None:
    """Definition and code apart, with the command that heals it."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit(file, old, new)

        assert kinds(world, store) == drifts
        assert all(d.fix for d in verify(store, world.project, world.lock).drifts)


def test_a_model_that_was_changed_is_named(world: World) -> None:
    """By its name, beside the flow that asks it."""
    with world.store() as store:
        deploy(store, world.project, ["note"], order=world.order())
        world.edit("pantheon.yaml", "smollm2-135m-instruct}", "other}")

        assert ("models", "small") in kinds(world, store)


def test_a_lock_that_pins_something_else_is_named(world: World) -> None:
    """Before anything follows it; what is pinned and not held, too."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        other = Standing(stable=Pointer(9, ContentHash("b2:" + "0" * 32)))
        write_lock(world.lock, read_lock(world.lock).with_standing("flow", "hello", other))

        assert kinds(world, store) == [("lock", "hello"), ("missing", "hello@9")]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE definitions SET body = (SELECT body FROM definitions WHERE kind != 'pin')",
        "DELETE FROM definitions WHERE kind = 'pin'",
        "UPDATE blobs SET data = zeroblob(8), codec = 'raw'",
        "DELETE FROM blobs",
        "UPDATE release_parts SET name = 'other.py' WHERE name = 'words.py'",
        "UPDATE releases SET name = 'hello', hash = 'b2:00' WHERE name = 'hello'",
    ],
)
def test_a_damaged_store_is_named(world: World, damage: str) -> None:
    """A changed or lost definition, file or row does not come out at its hash."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        assert store._database.write(damage) > 0

        found = verify(store, world.project, world.lock).drifts
        assert {d.kind for d in found} & {"damaged", "missing"}
        assert any("store backup" in d.fix or "deploy" in d.fix for d in found)
