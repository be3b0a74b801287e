"""The project as it would be with another version of one agent or flow in place."""

from __future__ import annotations

from dataclasses import replace

from pantheon.errors import NotFound
from pantheon.spec import Project
from pantheon.store import Store
from pantheon.trying._cases import Selected
from pantheon.trying._subject import Subject

DRAFT = "draft"
"""The working files."""


class VersionFinder:
    """Finds versions; each project is made once, so that its sandbox can be shared."""

    def __init__(self, project: Project, store: Store | None) -> None:
        self._project = project
        self._store = store
        self._found: dict[tuple[Subject, str], Project | None] = {}

    def find(self, selected: Selected, version: str) -> Project | None:
        """The project with that version; None where the subject has none such."""
        key = (selected.subject, version)
        if version != DRAFT and key not in self._found:
            try:
                self._found[key] = self.get(*key)
            except NotFound:
                self._found[key] = None
        return self._project if version == DRAFT else self._found[key]

    def get(self, subject: Subject, version: str) -> Project:
        """The project with that version of an agent or a flow in place.

        Models and code are those that it was recorded with. `version` is `draft`, a channel, a
        number or label, `NAME@NUMBER`.

        Raises:
            NotFound: there is none such.
            EnvironmentFault: its code cannot be laid out.
        """
        if version == DRAFT:
            return self._project
        if self._store is None:
            raise NotFound(
                f"There is no version {version!r} of {subject.name}.",
                hint=f"Nothing was ever deployed here: `pantheon deploy {subject.name}`.",
            )
        return _placed(self._store, self._project, subject, version)


def _placed(store: Store, project: Project, subject: Subject, version: str) -> Project:
    from pantheon.releases import ReleasedVersions, find

    name, at, rest = version.rpartition("@")
    if at and name != subject.name:
        raise NotFound(f"{version} is no version of {subject.name}.", hint="Name one of its own.")
    release = find(store, project, f"{subject.name}@{rest or version}", kind=subject.kind)
    setting = ReleasedVersions(project, store).setting(release.hash)
    code = None if setting is None else setting.code
    placed = release.within(project)
    return placed if code is None else replace(placed, root=code)
