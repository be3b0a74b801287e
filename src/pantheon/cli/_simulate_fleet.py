"""`pantheon simulate --fleet`: days and nights of several agents, with a report each morning."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.cli._output import echo, echo_json, progress, write_file
from pantheon.errors import NotFound

if TYPE_CHECKING:
    from pantheon.cli._session import Session
    from pantheon.night import FleetDay
    from pantheon.spec import Project
    from pantheon.store import Store


def play_fleet(session: Session, file: Path, *, out: Path | None, as_json: bool) -> None:
    """Play the fleet of a file; its morning reports go into `out`, if that is given."""
    from pantheon.night import fleet_to_json, read_fleet, render_fleet, simulate_fleet

    fleet = read_fleet(file, project=_project(session))
    written: list[Path] = []

    def on_morning(store: Store, project: Project, day: FleetDay) -> None:
        if out is not None:
            written.append(_write(store, project, day, out))
        progress(f"day {day.number} of {fleet.days}")

    played = asyncio.run(simulate_fleet(fleet, on_morning=on_morning))
    if as_json:
        echo_json({**fleet_to_json(played), "reports": [str(path) for path in written]})
        return
    echo(render_fleet(played))
    for path in written:
        echo(f"report: {path}")


def _project(session: Session) -> Project | None:
    try:
        return session.load_project()
    except NotFound:
        return None


def _write(store: Store, project: Project, day: FleetDay, out: Path) -> Path:
    from pantheon.report import collect, render_html

    path = out / f"morning-{day.number}.html"
    page = render_html(collect(store, project=project))
    hint = "Give --out a folder that you may write to."
    write_file(path, page, what="report", hint=hint, parents=True)
    return path
