"""`pantheon night`: queued work, then lessons, then the morning."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import click

from pantheon.cli._output import echo, echo_json, json_option, note, progress
from pantheon.cli._report import write_report
from pantheon.cli._session import Session

if TYPE_CHECKING:
    from pantheon.night import NightStep

Promote = Literal["auto", "review"]


@click.command("night")
@click.option(
    "--promote",
    type=click.Choice(["auto", "review"]),
    help="Deploy what passes, or leave a branch and a patch.  [default: the project's]",
)
@click.option("--seed", default=0, show_default=True, help="Same seed, same night.")
@json_option
@click.pass_obj
def command(session: Session, promote: Promote | None, seed: int, as_json: bool) -> None:
    """Run queued work, then teach, gate and promote specialists.

    Ends with the morning report; the page is .pantheon/report.html.

    Example: pantheon night --promote review
    """
    asyncio.run(_night(session, promote, seed, as_json))


async def _night(session: Session, promote: Promote | None, seed: int, as_json: bool) -> None:
    from pantheon.night import NightPlan, run_night
    from pantheon.report import collect, render_text, to_json

    project = session.load_project()
    max_usd = project.night.budget.cloud_usd
    async with session.open_runtime(project, seed=seed, max_usd=max_usd) as runtime:
        plan = NightPlan(seed=seed, promote=promote)
        result = await run_night(runtime, plan, progress=_say_step)
        morning = collect(runtime.store, project=runtime.project, night=result.night.id)
    page = session.state_folder() / "report.html"
    write_report(morning, page)
    if as_json:
        echo_json(to_json(morning))
        return
    echo(render_text(morning))
    note(f"report: {page}")


def _say_step(step: NightStep) -> None:
    progress(f"{step.phase}: {step.subject}")
