"""What the sides of `pantheon diff` name: files, revisions, versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.cli._session import Session
from pantheon.errors import NotFound, PantheonError

if TYPE_CHECKING:
    from pantheon.diff import Diff, Source
    from pantheon.releases import Release, SourceFiles
    from pantheon.spec import Project
    from pantheon.store import Store

_FILES = (".yaml", ".yml")


def compare_named(session: Session, sides: tuple[str, ...]) -> Diff:
    """The comparison of two named sides, of one with the working files, or of what answers."""
    from pantheon.diff import compare

    with ExitStack() as stack:
        reader = _Sides(session, stack)
        before, after = reader.pair(sides)
        return compare(before, after, store=reader.store)


@dataclass
class _Sides:
    session: Session
    stack: ExitStack = field(repr=False)

    @cached_property
    def project(self) -> Project:
        return self.session.load_project()

    @cached_property
    def store(self) -> Store | None:
        """The project's database, if there is one already: a comparison makes none."""
        try:
            there = self.session.store_file().exists()
        except NotFound:
            return None
        return self.stack.enter_context(self.session.open_store()) if there else None

    def pair(self, sides: tuple[str, ...]) -> tuple[Source, Source]:
        """What to compare with what."""
        if not sides:
            return self.default()
        first = self.read(sides[0])
        if len(sides) == 2:
            return self.match(first, self.read(sides[1]))
        if isinstance(first, list):
            return self.releases(first), self.restricted(first)
        return first, self.working()

    def match(
        self, before: Source | list[Release], after: Source | list[Release]
    ) -> tuple[Source, Source]:
        """Both sides; where one is a version, the other is cut down to what that consists of."""
        from pantheon.diff import restrict

        if isinstance(before, list):
            if isinstance(after, list):
                return self.releases(before), self.releases(after)
            return self.releases(before), restrict(after, _names(before))
        if isinstance(after, list):
            return restrict(before, _names(after)), self.releases(after)
        return before, after

    def default(self) -> tuple[Source, Source]:
        """What is deployed, or the last commit, and the working files."""
        deployed = list(self.deployed())
        if deployed:
            return self.releases(deployed, label="deployed"), self.restricted(deployed)
        return self.revision("HEAD"), self.working()

    def deployed(self) -> Iterator[Release]:
        from pantheon.releases import DEPLOYABLE, find, standing_of

        named = {"flow": [*self.project.flows], "agent": [*self.project.agents]}
        store = self.store
        if store is None:
            return
        for kind in DEPLOYABLE:
            for name in named.get(kind, ()):
                if standing_of(store, kind, name).stable is not None:
                    yield find(store, self.project, f"{kind}:{name}@stable")

    # ------------------------------------------------------------------------- single sides

    def read(self, text: str) -> Source | list[Release]:
        """What one side names."""
        from pantheon.diff import PREFIX

        if text.startswith(PREFIX):
            return self.revision(text.removeprefix(PREFIX))
        path = self.session.directory / text
        if path.exists() and ("/" in text or path.suffix in _FILES or text in {".", ".."}):
            return self.files(path, text)
        try:
            return [self.version(text)]
        except PantheonError:
            if path.exists():
                return self.files(path, text)
            raise

    def version(self, text: str) -> Release:
        from pantheon.releases import find

        if self.store is None:
            raise NotFound(
                f"There is no version {text!r}: nothing was recorded here yet.",
                hint="A side is a file, a folder, git:REV, or a version once one is deployed.",
            )
        return find(self.store, self.project, text)

    def files(self, path: Path, label: str) -> Source:
        from pantheon.diff import working_source

        return working_source(self.session.load_project(path), label)

    def revision(self, text: str) -> Source:
        from pantheon.diff import load_revision
        from pantheon.releases import recorded_agents

        try:
            folder = self.session.project_file().parent
        except NotFound:
            folder = self.session.directory
        return load_revision(
            text,
            folder,
            env=self.session.env,
            settings=self.session.settings,
            recorded=None if self.store is None else recorded_agents(self.store),
        )

    def working(self) -> Source:
        from pantheon.diff import working_source

        return working_source(self.project)

    def releases(self, releases: list[Release], label: str = "") -> Source:
        from pantheon.diff import release_source

        names = label or ", ".join(release.title for release in releases)
        return release_source(releases, names, self.session.directory, code_of=self.code_of)

    def code_of(self, release: Release) -> SourceFiles:
        """The source files of a version as they were; those of a draft lie in the folder."""
        from pantheon.releases import Kept, SourceFiles

        if release.draft or self.store is None:
            return SourceFiles(self.project.root)
        blobs = self.store.blobs
        return SourceFiles(Kept(release.files, lambda path: blobs.get(release.files[path])))

    def restricted(self, releases: list[Release]) -> Source:
        """The working files, cut down to what these versions consist of."""
        from pantheon.diff import WORKING, release_source, restrict
        from pantheon.releases import find

        prompts = [release for release in releases if release.kind == "prompt"]
        if prompts and self.store is not None:
            now = [find(self.store, self.project, f"prompt:{p.name}@draft") for p in prompts]
            return release_source(now, WORKING, self.session.directory)
        return restrict(self.working(), _names(releases))


def _names(releases: list[Release]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for release in releases:
        names.setdefault(release.kind, []).append(release.name)
    return names
