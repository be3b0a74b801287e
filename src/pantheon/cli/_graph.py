"""`pantheon graph`: a flow as a diagram."""

from __future__ import annotations

import click

from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._run import find_flow
from pantheon.cli._session import Session


@click.command("graph")
@click.argument("flow")
@json_option
@click.pass_obj
def command(session: Session, flow: str, as_json: bool) -> None:
    """Print a flow, or its behaviour tree, as a Mermaid diagram.

    Mermaid is text that forges, editors and notebooks draw.

    Example: pantheon graph support
    """
    from pantheon.spec import to_mermaid

    diagram = to_mermaid(find_flow(session.load_project(), flow))
    if as_json:
        echo_json({"flow": flow, "mermaid": diagram})
    else:
        echo(diagram)
