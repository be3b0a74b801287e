"""`pantheon flows`: what flows there are, what answers for each, and where that came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.cli._version_views import (
    add_history,
    add_lineage,
    drafts_of,
    release_to_json,
    show_release,
    told_standing,
)

if TYPE_CHECKING:
    from pantheon.releases import Release
    from pantheon.spec import FlowDef
    from pantheon.store import Store


@click.group("flows")
def command() -> None:
    """Flows: list them, show one, their versions and ancestors."""


add_history(command, "flow")
add_lineage(command, "flow")


@command.command("list")
@json_option
@click.pass_obj
def list_flows(session: Session, as_json: bool) -> None:
    """Every flow with what is deployed of it.

    Example: pantheon flows list
    """
    project = session.load_project()
    with session.open_store() as store:
        items = [_summary(store, flow) for flow in project.flows.values()]
    if as_json:
        echo_json({"items": items})
        return
    echo_table(
        ("flow", "nodes", "deployed", "description"),
        [(i["flow"], len(i["nodes"]), i["deployed"], i["description"]) for i in items],
    )


def _summary(store: Store, flow: FlowDef) -> dict[str, Any]:
    from pantheon.releases import standing_of, standing_to_json

    standing = standing_of(store, "flow", flow.name)
    return {
        "flow": flow.name,
        "description": flow.description,
        "nodes": list(flow.nodes),
        "deployed": told_standing(flow.name, standing),
        "channels": standing_to_json(standing),
    }


@command.command("show")
@click.argument("name", metavar="FLOW[@N]")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """One flow, or one version of it: what it consists of, by hash.

    Without @N: what answers now. `draft:FLOW` is what the files say.

    Example: pantheon flows show support@2
    """
    from pantheon.releases import find

    drafts = drafts_of(session)
    project = None if drafts is None else drafts.project
    with session.open_store() as store:
        release = find(store, project, name, kind="flow", drafts=drafts)
    if as_json:
        echo_json(release_to_json(release) | {"flow": _shape(release)})
        return
    show_release(release)
    shape = _shape(release)
    echo(f"  nodes {', '.join(shape['nodes'])}")


def _shape(release: Release) -> dict[str, Any]:
    flow = release.flows()[release.name]
    return {
        "name": flow.name,
        "description": flow.description,
        "input": flow.input,
        "output": flow.output_schema,
        "nodes": list(flow.nodes),
    }
