"""Files of past formats → today's, by a chain of small steps; each knows one format and the next.

A new format adds one `Step`. The loader reads every past format; a step rewrites the text, and what
it has written is loaded and compared before a file is touched: every definition keeps its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pantheon.editing._original import is_original, upgrade_original
from pantheon.editing._tree import parse
from pantheon.editing._write import Rewrite
from pantheon.errors import GateFailed, PantheonError
from pantheon.spec import Project, agent_hash, flow_hash, load_project, overlays_of, reading_instead

Texts: TypeAlias = dict[Path, str]
"""By file: its text. The project's first file comes first."""
CURRENT = "1"


@dataclass(frozen=True, slots=True)
class Step:
    """From one format to the next."""

    before: str
    after: str
    applies: Callable[[Texts], bool]
    """Whether any of a project's files is of the old format."""
    upgrade: Callable[[Texts, Project], Texts]


@dataclass(frozen=True, slots=True)
class Migration:
    """What bringing a project up to date would change."""

    steps: tuple[str, ...]
    """`original → 1`, …, in order; none when it is up to date."""
    files: tuple[Rewrite, ...]


def plan_migration(file: Path, *, environment: Mapping[str, str] | None = None) -> Migration:
    """What is to be changed so that every file of a project is of today's format.

    Raises:
        NotFound: there is no such file.
        InvalidProject: it does not load; mend that first.
        GateFailed: the upgraded files would not mean the same, alone or with an overlay on them
            (then nothing is changed).
    """
    project = load_project(file, environment=environment, env="", local=False)
    before = {path: path.read_bytes().decode("utf-8-sig") for path in project.files}
    texts, taken = dict(before), list[str]()
    for step in STEPS:
        if step.applies(texts):
            texts = step.upgrade(texts, project)
            taken.append(f"{step.before} → {step.after}")
    if taken:
        _check(project, file, texts, environment)
    root = project.root.resolve()
    files = tuple(
        Rewrite(path, _shown(path, root), text, texts[path]) for path, text in before.items()
    )
    return Migration(tuple(taken), tuple(each for each in files if each.changed))


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _check(
    project: Project, file: Path, texts: Texts, environment: Mapping[str, str] | None
) -> None:
    """Load the project as if the files were upgraded already, and so with each overlay."""
    try:
        with reading_instead(texts):
            found = load_project(file, environment=environment, env="", local=False)
    except PantheonError as error:
        raise _unfit(f"they would not load: {error.message}") from error
    _compare(project, found)
    for overlay in overlays_of(file):
        _check_overlay(file, overlay, texts, environment)


def _check_overlay(
    file: Path, overlay: Path, texts: Texts, environment: Mapping[str, str] | None
) -> None:
    """An overlay that changes a part of the old format may no longer fit over the new one."""
    env = overlay.stem if overlay.parent.name == "environments" else ""
    try:
        before = load_project(file, environment=environment, env=env, local=not env)
    except PantheonError:
        return  # it did not fit before either
    try:
        with reading_instead(texts):
            after = load_project(file, environment=environment, env=env, local=not env)
        _compare(before, after)
    except PantheonError as error:
        name = _shown(overlay, file.absolute().parent)
        raise GateFailed(
            f"With {name} laid over them, the upgraded files would not mean the same.",
            hint=f"Nothing was changed. Move what {name} says about flows into the files, "
            "or move it away, and migrate again.",
        ) from error


def _compare(before: Project, after: Project) -> None:
    for name, agent in before.agents.items():
        if name not in after.agents or agent_hash(after.agents[name]) != agent_hash(agent):
            raise _unfit(f"the agent {name!r} would be another")
    for name, flow in before.flows.items():
        if name not in after.flows:
            raise _unfit(f"the flow {name!r} would be lost")
        if flow_hash(after.flows[name], after) != flow_hash(flow, before):
            raise _unfit(f"the flow {name!r} would be another")


def _unfit(why: str) -> GateFailed:
    return GateFailed(
        f"The upgraded files would not mean the same: {why}.",
        hint="Nothing was changed. Please report it with the files.",
    )


# ------------------------------------------------------------------------------------ the steps


def _has_original(texts: Texts) -> bool:
    return any(is_original(parse(text)) for text in texts.values())


def _from_original(texts: Texts, project: Project) -> Texts:
    return {
        path: upgrade_original(text, project, first=number == 0)
        for number, (path, text) in enumerate(texts.items())
    }


STEPS: tuple[Step, ...] = (Step("original", "1", _has_original, _from_original),)
"""Oldest first; a published step never changes."""
