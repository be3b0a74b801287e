"""`pantheon graph`: a flow as a diagram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo, echo_json, json_option, note, write_file
from pantheon.cli._run import find_flow
from pantheon.cli._segments import echo_segments, only_ascii, terminal_width, wants_colours
from pantheon.cli._session import Session
from pantheon.errors import UsageError

if TYPE_CHECKING:
    from pantheon.draw import Picture
    from pantheon.spec import FlowDef, Project

_ENDINGS = {".svg": "svg", ".txt": "text", ".mmd": "mermaid", ".mermaid": "mermaid"}


@click.command("graph")
@click.argument("flow")
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "svg", "text"]),
    help="Without it the ending of --out decides, else Mermaid.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead: .svg, .txt or .mmd.",
)
@click.option("--deep", is_flag=True, help="Draw the flows that nodes run inside of them.")
@json_option
@click.pass_obj
def command(
    session: Session, flow: str, form: str | None, out: Path | None, deep: bool, as_json: bool
) -> None:
    """Draw a flow, or its behaviour tree: Mermaid, SVG, or text for the terminal.

    Mermaid is text that forges, editors and notebooks draw. The other two show the tiers of the
    agents too.

    Example: pantheon graph support --format text
    """
    project = session.load_project()
    found = find_flow(project, flow)
    chosen = form or _form_of(out)
    if out is not None:
        write_file(
            out,
            _render(found, project, chosen, deep=deep),
            what="file",
            hint="Name another one with --out.",
        )
    if as_json:
        file = None if out is None else str(out)
        drawn = _render(found, project, chosen, deep=deep)
        echo_json({"flow": flow, "format": chosen, chosen: drawn, "file": file})
    elif out is not None:
        note(f"{chosen}: {out}")
    elif chosen == "text":
        _show(found, project, deep=deep)
    else:
        echo(_render(found, project, chosen, deep=deep))


def _form_of(out: Path | None) -> str:
    if out is None:
        return "mermaid"
    form = _ENDINGS.get(out.suffix.lower())
    if form is None:
        raise UsageError(
            f"The ending of {out} stands for none of the drawings.",
            hint="Name a .svg, .txt or .mmd, or say which with --format.",
        )
    return form


def _render(flow: FlowDef, project: Project, form: str, *, deep: bool) -> str:
    from pantheon import draw, spec

    if form == "mermaid":
        return spec.to_mermaid(flow)
    picture = _picture(flow, project, deep=deep)
    return draw.render_svg(picture) if form == "svg" else f"{draw.render_text(picture)}\n"


def _picture(flow: FlowDef, project: Project, *, deep: bool) -> Picture:
    from pantheon.draw import draw_flow

    return draw_flow(flow, agents=project.agents, flows=project.flows if deep else None)


def _show(flow: FlowDef, project: Project, *, deep: bool) -> None:
    from pantheon.draw import text_segments

    picture = _picture(flow, project, deep=deep)
    lines = text_segments(picture, width=terminal_width(), ascii_only=only_ascii())
    echo_segments(lines, colours=wants_colours())
