"""`pantheon ask`: a prompt goes to the flow it fits, and the flow runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo_json, json_option, note
from pantheon.cli._route import route_to_json
from pantheon.cli._session import Session
from pantheon.cli._show_run import run_to_json, show_event, show_run
from pantheon.errors import RunFailed

if TYPE_CHECKING:
    from pantheon.flows import Runtime
    from pantheon.routing import Route


@click.command("ask")
@click.argument("prompt")
@click.option("--follow", is_flag=True, help="Print events while it runs.")
@json_option
@click.pass_obj
def command(session: Session, prompt: str, follow: bool, as_json: bool) -> int:
    """Route a prompt to a flow and run it.

    Example: pantheon ask "My card was stolen, what now?"
    """
    return asyncio.run(_ask(session, prompt, follow, as_json))


async def _ask(session: Session, prompt: str, follow: bool, as_json: bool) -> int:
    from pantheon.routing import Router

    async with session.open_runtime() as runtime:
        route = await Router(runtime).route(prompt)
        if route.flow is None:
            raise RunFailed(
                f"No flow fits this prompt: {route.why}",
                hint="See the scores with: pantheon route PROMPT --explain",
            )
        return await _run_route(runtime, route, follow=follow, as_json=as_json)


async def _run_route(runtime: Runtime, route: Route, *, follow: bool, as_json: bool) -> int:
    assert route.flow is not None
    listener = show_event if follow else None
    run = await runtime.run(route.flow, route.input, cause="ask", on_event=listener)
    if as_json:
        echo_json({"route": route_to_json(route), **run_to_json(runtime.store, run)})
        return 0
    note(f"route: {route.flow} ({route.why})")
    return show_run(runtime.store, run, as_json=False)
