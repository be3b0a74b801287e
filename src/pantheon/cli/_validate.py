"""`pantheon validate`: every mistake in pantheon.yaml at once."""

from __future__ import annotations

from pathlib import Path

import click

from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._session import Session


@click.command("validate")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def command(session: Session, path: Path | None, as_json: bool) -> None:
    """Check pantheon.yaml and everything it names.

    Every mistake is shown at once, with its place and the fix; the exit code is then 3.

    Example: pantheon validate
    """
    from pantheon.models import check_models
    from pantheon.spec import InvalidProject

    file = path or session.project_file()
    project = session.load_project(file)
    about_models = check_models(project)
    if any(found.severity == "error" for found in about_models):
        raise InvalidProject(about_models)
    warnings = [warning.message for warning in (*project.warnings, *about_models)]
    counts = {"agents": len(project.agents), "flows": len(project.flows)}
    if as_json:
        overlays = list(project.overlays)
        found = {"valid": True, "file": str(file), "overlays": overlays, **counts}
        echo_json({**found, "warnings": warnings})
        return
    for warning in warnings:
        echo(f"warning: {warning}")
    read = " + ".join((file.name, *project.overlays))
    echo(f"{read}: {_count(counts['agents'], 'agent')}, {_count(counts['flows'], 'flow')}, valid")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
