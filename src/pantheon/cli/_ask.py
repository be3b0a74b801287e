"""`pantheon ask`: a prompt goes to the flow it fits, and the flow runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo, echo_json, json_option, note
from pantheon.cli._route import route_to_json
from pantheon.cli._session import Session, max_usd_option
from pantheon.cli._show_run import answer_to_json, exit_code, run_to_json, show_event, show_run
from pantheon.errors import ExitCode, RunFailed

if TYPE_CHECKING:
    from pantheon.api import Pantheon
    from pantheon.flows import Runtime
    from pantheon.routing import Route, Router


@click.command("ask")
@click.argument("prompt")
@click.option("--follow", is_flag=True, help="Print events while it runs.")
@max_usd_option
@json_option
@click.pass_obj
def command(
    session: Session, prompt: str, follow: bool, max_usd: float | None, as_json: bool
) -> int:
    """Route a prompt to a flow and run it.

    A prompt that fits no flow goes where the router's `otherwise` says.

    Example: pantheon ask "My card was stolen, what now?"
    """
    return asyncio.run(_ask(session, prompt, follow, max_usd, as_json))


async def _ask(
    session: Session, prompt: str, follow: bool, max_usd: float | None, as_json: bool
) -> int:
    from pantheon.routing import Router

    async with session.open(max_usd=max_usd) as opened:
        router = Router(opened.runtime)
        route = await router.route(prompt)
        if route.flow is not None:
            return await _run_flow(opened, route, route.flow, follow=follow, as_json=as_json)
        if route.to_cloud:
            return await _ask_cloud(opened.runtime, router, route, prompt, as_json=as_json)
        raise RunFailed(
            f"No flow fits this prompt: {route.why}",
            hint="See the scores with: pantheon route PROMPT --explain",
        )


async def _run_flow(
    opened: Pantheon, route: Route, flow: str, *, follow: bool, as_json: bool
) -> int:
    listener = show_event if follow else None
    result = await opened.run(flow, route.input, cause="ask", on_event=listener)
    run, store = opened.show(result.id).run, opened.runtime.store
    if not as_json:
        note(f"route: {flow} ({route.why})")
        return show_run(store, run, as_json=False)
    echo_json({"route": route_to_json(route), **run_to_json(store, run)})
    return int(exit_code(run))


async def _ask_cloud(
    runtime: Runtime, router: Router, route: Route, prompt: str, *, as_json: bool
) -> int:
    """The cloud answers what no flow is for."""
    from pantheon.agents import Answer

    outcome = await router.ask_cloud(prompt)
    if not isinstance(outcome, Answer):
        raise RunFailed(
            f"No flow fits this prompt, and the cloud did not answer: "
            f"{getattr(outcome, 'message', 'a person was asked')}",
            hint="See the scores with: pantheon route PROMPT --explain",
        )
    row = answer_to_json(runtime.store.answers.get(outcome.id))
    if as_json:
        echo_json({"route": route_to_json(route), "answer": row})
    else:
        note(f"route: cloud ({route.why})")
        echo(str(outcome.output["answer"]))
    return int(ExitCode.OK)
