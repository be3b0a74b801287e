"""The front door: open a project, with asyncio or without."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.api._assembly import build_runtime, open_store, read_project, running
from pantheon.api._opened import Opened
from pantheon.api._places import find_project_file
from pantheon.api._sync import blocking
from pantheon.clock import Clock, SystemClock
from pantheon.spec import Project

if TYPE_CHECKING:
    from pantheon.models import ChatModel
    from pantheon.store import Durability


@asynccontextmanager
async def open_project(  # noqa: PLR0913 (each is a fact about the whole session)
    path: str | Path | Project = ".",
    *,
    root: str | Path | None = None,
    database: str | Path | None = None,
    durability: Durability = "fast",
    seed: int | None = None,
    clock: Clock | None = None,
    models: Mapping[str, ChatModel] | None = None,
    max_usd: float | None = None,
    user: str | None = None,
    env: str | None = None,
    settings: Sequence[str] = (),
    draft: bool = False,
) -> AsyncGenerator[Pantheon]:
    """Open a project for running; closed at the end.

    Args:
        path: a folder (the nearest pantheon.yaml from there upwards), a file, or a project made in
            Python.
        root: folder in which `.pantheon` is kept; by default the project's own.
        database: another file than `.pantheon/pantheon.db`.
        durability: `fast` survives a killed process; `safe` a power cut as well; `memory` keeps
            nothing.
        seed: makes every random choice repeatable.
        clock: what tells the time, and sleeps.
        models: stand in for those of the project by name, e.g. a `ScriptedModel`.
        max_usd: stop asking remote models once this much is spent.
        user: for whom runs are, unless they say otherwise: whose memory they may use.
        env: lays `environments/NAME.yaml` over the project's files; None is what PANTHEON_ENV says.
        settings: `PATH=VALUE`, laid over everything else: `["parameters.region=eu"]`.
        draft: the working files answer, whatever is deployed.

    Raises:
        NotFound: there is no such file, or no such environment.
        InvalidProject: it holds mistakes; every one is named with its place.
        Busy, StoreFault: the database cannot be used.
    """
    project = (
        path
        if isinstance(path, Project)
        else read_project(
            _file(Path(path)), env=env, settings=settings, root=root, database=database
        )
    )
    clock = clock or SystemClock()
    folder = project.root if root is None else Path(root)
    with open_store(folder, clock=clock, durability=durability, database=database) as store:
        runtime = build_runtime(
            project,
            store,
            clock=clock,
            seed=seed,
            models=models,
            max_usd=max_usd,
            draft=draft,
            root=folder,
        )
        async with running(runtime):
            opened = Pantheon(runtime, user=user)
            try:
                yield opened
            finally:
                await opened.leave()


def _file(path: Path) -> Path:
    return find_project_file(path) if path.is_dir() else path


class Pantheon(Opened):
    """An opened project: its flows, its agents, and what they remember.

    `async with Pantheon.open("folder") as p: result = await p.run("flow", {...})`, or without
    asyncio `with Pantheon.open_sync("folder") as p: result = p.run("flow", {...})`.
    """

    open = staticmethod(open_project)
    open_sync = staticmethod(blocking(open_project))
