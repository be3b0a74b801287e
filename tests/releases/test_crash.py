"""A deployment that is killed has happened wholly, by name and reason, or not at all."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pantheon.clock import SystemClock
from pantheon.releases import deploy, read_lock, rollback, standing_of, sync_releases, verify
from pantheon.store import Store
from tests.releases import crash_child
from tests.releases.world import World


def run(main: Callable[..., None], *args: object) -> int | None:
    """Run it in a process that shares nothing with this one; its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.releases.crash_child"])
    process = context.Process(target=main, args=args)
    process.start()
    process.join(60)
    return process.exitcode


@pytest.fixture
def deployed(tmp_path: Path) -> World:
    """A project whose flow and agent are deployed, and edited since."""
    (tmp_path / "made").mkdir()
    world = World.made(tmp_path / "made")
    world = World(world.root, SystemClock())
    with world.store() as store:
        deploy(store, world.project, ["hello", "greet"], order=world.order("the first"))
    world.edit("words.py", "hello", "bye")
    return world


def copied(world: World, folder: Path) -> World:
    """The same project once more."""
    shutil.copytree(world.root, folder)
    return World(folder, world.clock)


def check_whole(world: World) -> bool:
    """Whether the change happened; whatever happened, all agrees and goes on."""
    with world.store() as store:
        sync_releases(store, world.lock)
        lock = read_lock(world.lock)
        flow, agent = standing_of(store, "flow", "hello"), standing_of(store, "agent", "greet")
        assert lock.standing("flow", "hello") == flow
        assert lock.standing("agent", "greet") == agent
        assert flow.stable is not None
        assert agent.stable is not None
        assert flow.stable.number == agent.stable.number, "one of them alone was changed"
        moves = store.releases.moves("flow", "hello")
        happened = flow.stable.number == 2
        if happened:
            assert (moves[-1].action, moves[-1].who) == ("deploy", "someone")
            assert moves[-1].why == crash_child.WHY
        assert len(moves) == 1 + happened
        check_goes_on(world, store)
        return happened


def check_goes_on(world: World, store: Store) -> None:
    """It can be deployed, rolled back and verified as if nothing had been."""
    deploy(store, world.project, ["hello", "greet"], order=world.order())
    assert verify(store, world.project, world.lock).clean
    rollback(store, world.project, ["hello"], order=world.order())
    stable = standing_of(store, "flow", "hello").stable
    assert stable is not None
    assert stable.number == 1
    assert not list(world.root.glob(".pantheon.lock.*")), "a temporary file is left"


def test_killed_between_lock_and_store_it_is_completed_by_who_comes_next(deployed: World) -> None:
    """The lock file is right, and the log says who deployed and why, not that a file changed."""
    assert run(crash_child.deploy_until_pinned, str(deployed.root)) == -signal.SIGKILL

    with deployed.store() as store:  # not followed yet
        flow = standing_of(store, "flow", "hello")
        assert flow.stable is not None
        assert flow.stable.number == 1
    assert read_lock(deployed.lock).standing("flow", "hello") != flow
    assert check_whole(deployed) is True


@pytest.mark.slow
def test_killed_at_any_statement_it_happened_wholly_or_not_at_all(
    deployed: World, tmp_path: Path
) -> None:
    """From the first statement of a deployment to its last."""
    happened: list[bool] = []
    for statement in range(1, 400, 3):
        world = copied(deployed, tmp_path / str(statement))
        code = run(crash_child.deploy_until, str(world.root), statement)
        assert code in {0, -signal.SIGKILL}
        happened.append(check_whole(world))
        if code == 0:
            break
    else:
        pytest.fail("a deployment has no end")

    assert happened[0] is False
    assert happened[-1] is True
    assert happened == sorted(happened), "it was done, and undone by what came later"
