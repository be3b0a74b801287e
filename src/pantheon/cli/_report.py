"""`pantheon report`: the morning, as text, HTML, Markdown or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo, echo_json, json_option, note, write_file
from pantheon.cli._session import Session
from pantheon.errors import UsageError

if TYPE_CHECKING:
    from pantheon.report import Morning

FORMATS = {".html": "html", ".md": "markdown", ".json": "json", ".txt": "text"}


@click.command("report")
@click.option("--night", help="A past night's id; without it, the newest.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file; its ending chooses .html, .md, .json or .txt.",
)
@json_option
@click.pass_obj
def command(session: Session, night: str | None, output: Path | None, as_json: bool) -> None:
    """The morning: what was done, what changed, what needs you.

    Without -o it prints the short text and writes the whole page to .pantheon/report.html.

    Example: pantheon report -o morning.md
    """
    from pantheon.report import collect, render_text, to_json

    project = session.load_project()
    with session.open_store() as store:
        morning = collect(store, project=project, night=night)
    page = output or session.state_folder() / "report.html"
    write_report(morning, page)
    if as_json:
        echo_json(to_json(morning))
        return
    if output is None:
        echo(render_text(morning))
    note(f"report: {page}")


def write_report(morning: Morning, path: Path) -> None:
    """Write the morning to a file in the form that its ending names.

    Raises:
        UsageError: it names none.
        EnvironmentFault: the file cannot be written.
    """
    from pantheon import report

    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"The ending of {path} names no form of a report.",
            hint=f"Use one of {', '.join(FORMATS)}.",
        )
    if form == "json":
        text = json.dumps(report.to_json(morning), indent=2, ensure_ascii=False)
    else:
        renderers = {
            "html": report.render_html,
            "markdown": report.render_markdown,
            "text": report.render_text,
        }
        text = renderers[form](morning)
    hint = "Name another file with -o, or make this one writable."
    write_file(path, text + "\n", what="report", hint=hint, parents=True)
