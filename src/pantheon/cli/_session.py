"""Where a command works: the folder, its project, and the project opened for running."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.api import (
    DATABASE,
    FILE_NAMES,
    STATE_FOLDER,
    build_runtime,
    find_project_file,
    make_state_folder,
    open_store,
)

if TYPE_CHECKING:
    from pantheon.api import Pantheon
    from pantheon.flows import Runtime
    from pantheon.spec import Project
    from pantheon.store import Durability, Store

__all__ = ["FILE_NAMES", "STATE_FOLDER", "Session", "build_runtime", "max_usd_option"]

max_usd_option = click.option(
    "--max-usd",
    type=click.FloatRange(min=0),
    help="Stop asking remote models once this much is spent.",
)


@dataclass(frozen=True, slots=True)
class Session:
    """The folder a command was started for, and what is laid over its project's files."""

    directory: Path
    env: str | None = None
    """`--env`: name of a file in `environments/`; None is what PANTHEON_ENV says."""
    settings: tuple[str, ...] = ()
    """`--set`: each a `PATH=VALUE`."""

    def project_file(self) -> Path:
        """The nearest pantheon.yaml, from the folder upwards. Raises NotFound."""
        return find_project_file(self.directory)

    def load_project(self, path: Path | None = None) -> Project:
        """The validated project, or that of another path; mistakes are raised all at once."""
        from pantheon.api import read_project

        return read_project(path or self.project_file(), env=self.env, settings=self.settings)

    def load_if_sound(self) -> Project | None:
        """The project, or None while its files hold mistakes: what is deployed goes on all the same.

        Raises NotFound where there is no project file at all.
        """
        from pantheon.errors import SpecError

        file = self.project_file()
        try:
            return self.load_project(file)
        except SpecError:
            return None

    def state_folder(self) -> Path:
        """The project's `.pantheon` folder, made when missing. Raises EnvironmentFault."""
        return make_state_folder(self.project_file().parent)

    def store_file(self) -> Path:
        """Where the project's database is, or would be. Raises NotFound."""
        return self.project_file().parent / STATE_FOLDER / DATABASE

    @contextmanager
    def open_store(self, *, follow_lock: bool = True) -> Generator[Store]:
        """The project's database, closed at the end; the lock file has the last word."""
        from pantheon.clock import SystemClock

        root = self.project_file().parent
        with open_store(root, clock=SystemClock(), follow_lock=follow_lock) as store:
            yield store

    @asynccontextmanager
    async def open(
        self,
        project: Project | None = None,
        *,
        durability: Durability = "fast",
        seed: int | None = None,
        max_usd: float | None = None,
        draft: bool = False,
    ) -> AsyncGenerator[Pantheon]:
        """The project opened for running; `project` is given by who has loaded it already."""
        from pantheon.api import Pantheon

        async with Pantheon.open(
            project or self.load_project(),
            durability=durability,
            seed=seed,
            max_usd=max_usd,
            draft=draft,
        ) as opened:
            yield opened

    @asynccontextmanager
    async def open_runtime(
        self,
        project: Project | None = None,
        *,
        seed: int | None = None,
        max_usd: float | None = None,
    ) -> AsyncGenerator[Runtime]:
        """Its runtime alone, for what works below the flows: routing, the night."""
        async with self.open(project, seed=seed, max_usd=max_usd) as opened:
            yield opened.runtime
