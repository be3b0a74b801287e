"""`pantheon deploy`: flows and agents as they are written now, or as they were, begin to answer."""

from __future__ import annotations

from typing import Any

import click

from pantheon.cli._changes import change_options, order_of, show_change
from pantheon.cli._output import note
from pantheon.cli._session import Session
from pantheon.cli._trial import read_trial, trial_options


def _read_share(ctx: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """`10%` or `0.1`."""
    del ctx
    if text is None:
        return None
    try:
        share = float(text.rstrip("% ")) / (100 if text.rstrip().endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise click.BadParameter("it must be a share such as 10% or 0.1", param=option)
    return share


@click.command("deploy")
@click.argument("names", metavar="NAME[@N]...", nargs=-1, required=True)
@click.option(
    "--canary",
    metavar="SHARE",
    callback=_read_share,
    help="On trial, with this share of the runs: 10% or 0.1.",
)
@click.option("--shadow", is_flag=True, help="On trial beside what answers, without effects.")
@click.option(
    "--fallback",
    is_flag=True,
    help="A run that fails by its definition begins again with what is stable now.",
)
@click.option("--fallback-to", metavar="NAME@N", help="The same, with a version of your choice.")
@click.option(
    "--allow-breaking",
    is_flag=True,
    help="Though the contract breaks who relies on what is stable.",
)
@trial_options
@change_options
@click.pass_obj
def command(
    session: Session,
    names: tuple[str, ...],
    canary: float | None,
    shadow: bool,
    fallback: bool,
    fallback_to: str | None,
    allow_breaking: bool,
    **how: Any,
) -> None:
    """Deploy flows or agents: from now on this version answers.

    What is written now is recorded as a version, a flow with everything it uses. Runs, the API and
    nights then use it whatever the files say, until the next deployment; `run --draft` runs the
    files. With @N an earlier version is deployed again. All names are changed at once, or none.
    A contract that would break who calls the flow, or flows that use the agent, is refused.

    A version on trial is stopped when a guard is shown to be passed; see `pantheon guards`.

    Example: pantheon deploy support --canary 10% --guard error_rate=5% --why "shorter replies"
    """
    from pantheon.releases import Terms, deploy

    if canary is not None and shadow:
        raise click.UsageError("--canary and --shadow exclude each other.")
    terms = Terms(
        "canary" if canary is not None else "shadow" if shadow else "stable",
        share=canary,
        guards=read_trial(how),
        fallback=fallback,
        fallback_to=fallback_to,
        allow_breaking=allow_breaking,
    )
    project = session.load_project()
    if project.overlays and not all("@" in name for name in names):
        note(f"what is deployed holds what {', '.join(project.overlays)} says, for everybody")
    order = order_of(session, str(how["why"]), dry_run=bool(how["dry_run"]), otherwise="deployed")
    with session.open_store() as store:
        change = deploy(store, project, names, terms, order=order)
    show_change(session, change, as_json=bool(how["as_json"]))
