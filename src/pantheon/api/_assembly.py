"""Project, store and the learned parts put together: the one way in which a runtime is made."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.api._places import DATABASE, STATE_FOLDER, make_state_folder

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.flows import Runtime
    from pantheon.models import ChatModel
    from pantheon.spec import Project, RecordedAgent
    from pantheon.store import Durability, Store


@contextmanager
def open_store(
    root: Path,
    *,
    clock: Clock,
    durability: Durability = "fast",
    database: Path | str | None = None,
    follow_lock: bool = True,
) -> Generator[Store]:
    """A project's database, closed at the end; the lock file in `root` has the last word.

    `database` is another file than `.pantheon/pantheon.db`. Without `follow_lock` the store stays
    as it is, for whoever wants to see how the two differ.
    """
    from pantheon.learn import sync_lock
    from pantheon.releases import LOCK_NAME, sync_releases
    from pantheon.store import Store

    if durability == "memory":
        file: Path | str = ":memory:"
    else:
        file = database if database is not None else make_state_folder(root) / DATABASE
    with Store.open(file, clock=clock, durability=durability) as store:
        if durability != "memory" and follow_lock:  # nothing was ever promoted there
            sync_lock(store, root / LOCK_NAME, clock=clock)
            sync_releases(store, root / LOCK_NAME)
        yield store


def read_project(
    path: Path,
    *,
    env: str | None = None,
    settings: Sequence[str] = (),
    root: Path | str | None = None,
    database: Path | str | None = None,
) -> Project:
    """A project from its files; its constraints also choose among the versions in its database.

    It is opened only for a constraint that the files do not satisfy, and is found as by
    `open_store`; `root` is the project's folder unless given. Raises as `pantheon.spec`'s
    `load_project`.
    """
    from pantheon.spec import load_project

    folder = Path(root) if root is not None else path if path.is_dir() else path.parent
    kept = folder / STATE_FOLDER / DATABASE if database is None else Path(database)
    return load_project(
        path, env=env, settings=settings, recorded=lambda name: _recorded(kept, name)
    )


def _recorded(database: Path, name: str) -> Sequence[RecordedAgent]:
    from pantheon.clock import SystemClock
    from pantheon.releases import recorded_agents
    from pantheon.store import Store

    if not database.is_file():
        return ()
    with Store.open(database, clock=SystemClock()) as store:
        return recorded_agents(store)(name)


def build_runtime(  # noqa: PLR0913 (each is a fact about the whole session)
    project: Project,
    store: Store,
    *,
    clock: Clock,
    seed: int | None = None,
    models: Mapping[str, ChatModel] | None = None,
    max_usd: float | None = None,
    draft: bool = False,
    root: Path | None = None,
) -> Runtime:
    """A project ready to run on a store. Close it at the end.

    `models` stand in for those of the project, by name; `max_usd` caps what remote ones may cost.
    What is deployed answers, with versions in the shadow beside it and under its guards, which
    write the lock file in `root` (None: the project's folder); with `draft`, the working files do.
    """
    from pantheon.api._onlookers import onlookers
    from pantheon.flows import Runtime
    from pantheon.learn import load_specialist, watch
    from pantheon.models import Budget
    from pantheon.releases import LOCK_NAME, ReleasedVersions

    seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    lock = None if store.durability == "memory" else (root or project.root) / LOCK_NAME

    async def chat(name: str | None) -> ChatModel:
        return await runtime.context.local_model(name)

    runtime = Runtime(
        project,
        store,
        clock=clock,
        seed=seed,
        models=models,
        load_specialist=lambda artifact: load_specialist(artifact, chat=chat),
        on_audit=watch(store),
        budget=None if max_usd is None else Budget(max_usd),
        deployed=None if draft else ReleasedVersions(project, store),
        onlookers=()
        if draft
        else onlookers(project, store, clock=clock, models=models, seed=seed, lock=lock),
    )
    return runtime


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncGenerator[Runtime]:
    """Audits are settled and models closed at the end, whatever happened."""
    try:
        yield runtime
    finally:
        await runtime.close()
