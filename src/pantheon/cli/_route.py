"""`pantheon route`: where a prompt would go, with candidates, scores and why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session

if TYPE_CHECKING:
    from pantheon.routing import Route


@click.command("route")
@click.argument("prompt")
@click.option("--explain", is_flag=True, help="Show every candidate with its score.")
@json_option
@click.pass_obj
def command(session: Session, prompt: str, explain: bool, as_json: bool) -> None:
    """Say which flow a prompt would go to, and why.

    Nothing runs.

    Example: pantheon route "My card was stolen" --explain
    """
    asyncio.run(_route(session, prompt, explain, as_json))


async def _route(session: Session, prompt: str, explain: bool, as_json: bool) -> None:
    from pantheon.routing import Router

    async with session.open_runtime() as runtime:
        route = await Router(runtime).route(prompt)
    if as_json:
        echo_json(route_to_json(route))
        return
    echo(f"{route.flow or 'no flow'}: {route.why}")
    if explain:
        echo_table(
            ("candidate", "score", "nearest example"),
            [(c.flow, f"{c.score:.3f}", c.nearest) for c in route.candidates],
        )


def route_to_json(route: Route) -> dict[str, Any]:
    """The route as `--json` prints it."""
    return {
        "flow": route.flow,
        "why": route.why,
        "answer": route.answer,
        "candidates": [
            {"flow": c.flow, "score": c.score, "nearest": c.nearest} for c in route.candidates
        ],
    }
