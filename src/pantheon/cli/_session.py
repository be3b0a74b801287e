"""Where a command works: the folder, its project, its store, its runtime."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.errors import EnvironmentFault, NotFound

if TYPE_CHECKING:
    from pantheon.clock import Clock
    from pantheon.flows import Runtime
    from pantheon.models import ChatModel
    from pantheon.spec import Project
    from pantheon.store import Store

max_usd_option = click.option(
    "--max-usd",
    type=click.FloatRange(min=0),
    help="Stop asking remote models once this much is spent.",
)

FILE_NAMES = ("pantheon.yaml", "pantheon.yml")
STATE_FOLDER = ".pantheon"


@dataclass(frozen=True, slots=True)
class Session:
    """The folder a command was started for."""

    directory: Path

    def project_file(self) -> Path:
        """The nearest pantheon.yaml, from the folder upwards.

        Raises:
            NotFound: there is none.
        """
        for folder in (self.directory.resolve(), *self.directory.resolve().parents):
            for name in FILE_NAMES:
                if (folder / name).is_file():
                    return folder / name
        raise NotFound(
            f"There is no pantheon.yaml in {self.directory} or above it.",
            hint="Change to the project's folder, or name it: pantheon -C DIR ...",
        )

    def load_project(self) -> Project:
        """The validated project; mistakes are raised all at once."""
        from pantheon.spec import load_project

        return load_project(self.project_file())

    def state_folder(self) -> Path:
        """The project's `.pantheon` folder, made when missing and kept out of git.

        Raises:
            EnvironmentFault: it cannot be made.
        """
        folder = self.project_file().parent / STATE_FOLDER
        if folder.is_dir():
            return folder
        try:
            folder.mkdir()
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise EnvironmentFault(
                f"The folder {folder} cannot be made: {error.strerror or error}.",
                hint="Runs are kept there: make the project's folder writable for this user.",
            ) from None
        return folder

    @contextmanager
    def open_store(self) -> Generator[Store]:
        """The project's database, closed at the end; the lock file has the last word."""
        from pantheon.clock import SystemClock
        from pantheon.learn import LOCK_NAME, sync_lock
        from pantheon.store import Store

        clock = SystemClock()
        with Store.open(self.state_folder() / "pantheon.db", clock=clock) as store:
            sync_lock(store, self.project_file().parent / LOCK_NAME, clock=clock)
            yield store

    @asynccontextmanager
    async def open_runtime(
        self,
        project: Project | None = None,
        *,
        seed: int | None = None,
        max_usd: float | None = None,
    ) -> AsyncGenerator[Runtime]:
        """The project ready to run; audits are settled and models closed at the end.

        `project` is given by who has loaded it already; `max_usd` caps what remote models may cost
        meanwhile.
        """
        from pantheon.clock import SystemClock

        project = project or self.load_project()
        with self.open_store() as store:
            runtime = build_runtime(project, store, clock=SystemClock(), seed=seed, max_usd=max_usd)
            try:
                yield runtime
            finally:
                await runtime.close()


def build_runtime(
    project: Project,
    store: Store,
    *,
    clock: Clock,
    seed: int | None = None,
    models: Mapping[str, ChatModel] | None = None,
    max_usd: float | None = None,
) -> Runtime:
    """Put project, store and the learned parts together."""
    from pantheon.flows import Runtime
    from pantheon.learn import load_specialist, watch
    from pantheon.models import Budget

    return Runtime(
        project,
        store,
        clock=clock,
        seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        models=models,
        load_specialist=load_specialist,
        on_audit=watch(store),
        budget=None if max_usd is None else Budget(max_usd),
    )
