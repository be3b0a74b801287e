"""`pantheon discover`: recurring work in logs of cloud calls, and agents proposed for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, echo_table, json_option, note
from pantheon.cli._session import Session
from pantheon.clock import SystemClock
from pantheon.errors import ExitCode, InputError

if TYPE_CHECKING:
    from pantheon.learn.discover import CallLog, Discovery, ProposedAgent, Written
    from pantheon.spec import Price, Project
    from pantheon.store import Store

_SHOWN_PROBLEMS = 5


@click.group("discover", invoke_without_command=True)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="JSON lines of chat completions; several may be given. Default: what passed through here.",
)
@click.option(
    "--write/--dry-run", "write", default=False, help="Leave a branch and a patch for each."
)
@click.option(
    "--min-calls",
    type=click.IntRange(min=5),
    default=20,
    show_default=True,
    help="Calls of a task.",
)
@click.option(
    "--price",
    nargs=2,
    type=click.FloatRange(min=0),
    metavar="IN OUT",
    help="USD per million tokens; default: the project's cloud.",
)
@click.option("--only", multiple=True, metavar="ID", help="Write only these.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    logs: tuple[Path, ...],
    write: bool,
    min_calls: int,
    price: tuple[float, float] | None,
    only: tuple[str, ...],
    as_json: bool,
) -> int:
    """Find recurring tasks in logs of cloud calls and propose agents.

    Each proposal has a contract, examples, the expected saving and a simulated learning curve.

    Example: pantheon discover --log calls.jsonl --write
    """
    if ctx.invoked_subcommand is not None:
        return int(ExitCode.OK)
    session: Session = ctx.obj
    project = session.load_project()
    with session.open_store() as store:
        log = _read(store, project, logs)
        found = _discover(store, project, log, least=min_calls, price=price)
    written = _write(found, project, only) if write else {}
    if as_json:
        echo_json({**found.to_json(), "written": {k: w.to_json() for k, w in written.items()}})
    else:
        _print(log, found, written)
    return int(ExitCode.INPUT if log.bad_lines else ExitCode.OK)


def _read(store: Store, project: Project, logs: tuple[Path, ...]) -> CallLog:
    from pantheon.learn.discover import calls_of_store, read_logs

    log = read_logs(logs) if logs else calls_of_store(store, project)
    if logs and not log.calls:
        reason = next(iter(log.reasons), "there are no lines")
        hint = 'Each line is a call: {"request": {"messages": …}, "response": {"choices": …}}.'
        raise InputError(f"No call in the log can be used: {reason}.", hint=hint)
    return log


def _discover(
    store: Store,
    project: Project,
    log: CallLog,
    *,
    least: int,
    price: tuple[float, float] | None,
) -> Discovery:
    from pantheon.learn.discover import cloud_price, discover, remember
    from pantheon.models import embedder
    from pantheon.spec import Price

    costs: Price | None = Price(*price) if price else cloud_price(project)
    found = discover(
        log,
        embedder=embedder(),
        least=least,
        price=costs,
        taken={*project.agents, *project.flows},
    )
    return remember(store, found, agents=project.agents.keys(), at=SystemClock().now())


def _write(found: Discovery, project: Project, only: tuple[str, ...]) -> dict[str, Written]:
    from pantheon.learn.discover import find_proposal, write_proposal

    chosen = [find_proposal(found, name) for name in only] if only else found.proposals
    file = project.files[0].name if project.files else "pantheon.yaml"
    now = SystemClock().now()
    return {p.id: write_proposal(p, root=project.root, at=now, file=file) for p in chosen}


def _print(log: CallLog, found: Discovery, written: dict[str, Written]) -> None:
    for bad in log.bad[:_SHOWN_PROBLEMS]:
        note(str(bad))
    echo(f"{found.calls:,} calls read{_left_out(found)}")
    if not found.proposals:
        echo("No recurring task was found that is not an agent already.")
        return
    echo_table(
        ("id", "agent", "answers", "calls", "spend", "local now", "expected saving"),
        [_row(proposal) for proposal in found.proposals],
    )
    echo(f"{found.unexplained:.0%} of the calls belong to no recurring task.")
    for proposal in found.proposals:
        if proposal.id in written:
            _print_written(proposal, written[proposal.id])
    if not written:
        echo("More: pantheon discover show ID; branches and patches: --write")


def _left_out(found: Discovery) -> str:
    if not found.bad_lines:
        return "."
    reasons = "; ".join(f"{count:,} × {reason}" for reason, count in found.reasons.items())
    return f", {found.bad_lines:,} lines left out ({reasons})."


def _row(proposal: ProposedAgent) -> tuple[object, ...]:
    from pantheon.learn.discover import saving_line

    local = proposal.local
    return (
        proposal.id,
        proposal.name,
        proposal.kind,
        proposal.calls,
        f"{proposal.spend_share:.0%}",
        f"{local.estimate:.0%} ({local.low:.0%} to {local.high:.0%})",
        saving_line(proposal.saving),
    )


def _print_written(proposal: ProposedAgent, written: Written) -> None:
    place = written.proposal.branch
    echo("")
    echo(
        f"{proposal.name}: {f'git merge {place}' if place else f'no branch: {written.proposal.note}'}"
    )
    echo(f"  or: git apply {written.proposal.patch}")
    echo(f"  then: {written.command}")


@command.command("show")
@click.argument("id")
@json_option
@click.pass_obj
def show(session: Session, id: str, as_json: bool) -> None:
    """One proposal with its contract, prompts, learning curve and examples.

    Example: pantheon discover show d1e127868
    """
    with session.open_store() as store:
        suggestion = store.suggestions.get(id)
    body: dict[str, Any] = {**suggestion.body, "state": suggestion.state}
    if as_json:
        echo_json(body)
        return
    from pantheon.learn.discover import render_proposal

    echo(render_proposal(body))
