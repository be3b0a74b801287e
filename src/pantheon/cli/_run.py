"""`pantheon run`: a flow on one input, now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from pantheon.cli._input import input_options, read_input
from pantheon.cli._output import json_option
from pantheon.cli._session import Session, max_usd_option
from pantheon.cli._show_run import show_event, show_run
from pantheon.errors import NotFound

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from pantheon.flows import Runtime
    from pantheon.ids import JsonObject
    from pantheon.spec import FlowDef, Project


class How(TypedDict):
    """The options that say how a run is done."""

    follow: bool
    seed: int | None
    max_usd: float | None


@click.command("run")
@click.argument("flow")
@input_options
@click.option("--follow", is_flag=True, help="Print events while it runs.")
@click.option("--seed", type=int, help="Make every random choice repeatable.")
@max_usd_option
@json_option
@click.pass_obj
def command(
    session: Session,
    flow: str,
    words: tuple[str, ...],
    source: str | None,
    as_json: bool,
    **how: Unpack[How],
) -> int:
    """Run a flow on one input.

    Prints who answered at each node, and the output.

    Example: pantheon run support text="My card was stolen"
    """
    project = session.load_project()
    value = read_input(words, source, find_flow(project, flow).input)
    ready = session.open_runtime(project, seed=how["seed"], max_usd=how["max_usd"])
    return asyncio.run(_run(ready, flow, value, follow=how["follow"], as_json=as_json))


async def _run(
    ready: AbstractAsyncContextManager[Runtime],
    flow: str,
    value: JsonObject,
    *,
    follow: bool,
    as_json: bool,
) -> int:
    async with ready as runtime:
        listener = show_event if follow else None
        run = await runtime.run(flow, value, cause="cli", on_event=listener)
        return show_run(runtime.store, run, as_json=as_json)


def find_flow(project: Project, name: str) -> FlowDef:
    """The flow of that name.

    Raises:
        NotFound: with the nearest names as the fix.
    """
    if name in project.flows:
        return project.flows[name]
    import difflib

    near = difflib.get_close_matches(name, project.flows, n=1)
    known = ", ".join(project.flows) or "none"
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise NotFound(f"There is no flow {name!r}.", hint=f"{hint}The flows are: {known}.")
