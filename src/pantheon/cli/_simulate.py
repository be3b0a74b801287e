"""`pantheon simulate`: what a log of recorded work would have saved, before trusting it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from pantheon.cli._output import echo, echo_json, json_option, progress
from pantheon.cli._session import Session
from pantheon.errors import NotFound, UsageError

if TYPE_CHECKING:
    from pantheon.night import Day, Subject
    from pantheon.spec import AgentDef, Price, Promise, Same


class Given(TypedDict):
    """What is simulated in place of what the project says; None leaves that."""

    disagreement: float | None
    confidence: float | None
    audit: float | None
    price: tuple[float, float] | None
    quality: float | None


@click.command("simulate")
@click.option("--stream", type=click.Path(path_type=Path), help="JSON lines of one agent.")
@click.option(
    "--fleet",
    type=click.Path(path_type=Path),
    help="YAML of several agents and what happens to them; in place of --stream.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --fleet: a folder for the report of each morning.",
)
@click.option("--flow", help="A flow of the project, as its files say now; in place of --stream.")
@click.option(
    "--runs",
    default="last:200",
    show_default=True,
    help="With --flow: recorded runs: last:N, all, or ids with commas between.",
)
@click.option("--agent", help="An agent of the project; without one the contract is inferred.")
@click.option("--day", default=500, show_default=True, help="Requests between two nights.")
@click.option("--disagreement", type=float, help="ε: the share that may differ.  [default: 0.05]")
@click.option("--confidence", type=float, help="1 − δ.  [default: 0.95]")
@click.option("--audit", type=float, help="Share of local answers audited.  [default: 0.05]")
@click.option(
    "--quality",
    type=float,
    help="Promise quality too: not worse than the cloud by more than this share.",
)
@click.option(
    "--judgements",
    default=40,
    show_default=True,
    help="Given a night at most, with --quality, from the rows' `gold`.",
)
@click.option("--same", help="When two outputs are the same: exact, fields, numeric(0.5), …")
@click.option(
    "--price",
    nargs=2,
    type=click.FloatRange(min=0),
    metavar="IN OUT",
    help="The cloud's price in USD per million tokens.  [default: the project's]",
)
@click.option("--seed", default=0, show_default=True, help="Same seed, same result.")
@click.option("--shuffle", is_flag=True, help="Replay in a random order drawn from the seed.")
@json_option
@click.pass_obj
def command(  # noqa: PLR0913  one parameter an option
    session: Session,
    stream: Path | None,
    fleet: Path | None,
    out: Path | None,
    flow: str | None,
    runs: str,
    agent: str | None,
    day: int,
    seed: int,
    shuffle: bool,
    judgements: int,
    same: str | None,
    as_json: bool,
    **given: Unpack[Given],
) -> None:
    """Replay recorded work through days and nights.

    The recorded output plays the cloud. Without a project, or for an agent it does not define, the
    contract is inferred. With --fleet several agents live through the same days and nights. With
    --flow recorded runs are tried on the flow as its files say now: which answers would have been
    others, what it would have cost, with intervals.

    Example: pantheon simulate --stream log.jsonl --day 500 --disagreement 0.05
    """
    from pantheon.cli._simulate_fleet import play_fleet
    from pantheon.night import SimulationSettings, render_table, simulate, simulation_to_json

    if sum(given is not None for given in (stream, fleet, flow)) != 1:
        raise UsageError("What is to be replayed?", hint="Give one of --stream, --fleet, --flow.")
    if flow is not None:
        from pantheon.cli._simulate_flow import play_flow

        return play_flow(session, flow, runs=runs, seed=seed, as_json=as_json)
    if stream is None:
        return play_fleet(session, fleet or Path(), out=out, as_json=as_json)
    subject, promise = _subject(session, agent, given)
    if day < 1:
        raise UsageError(f"--day {day} is not a number of requests.", hint="Give at least 1.")
    settings = SimulationSettings(
        day=day,
        promise=promise,
        seed=seed,
        shuffle=shuffle,
        same=_same(same),
        judgements=judgements,
    )
    played = simulate(stream, settings=settings, subject=subject, progress=_say_day)
    result = asyncio.run(played)
    if as_json:
        echo_json(simulation_to_json(result))
    else:
        echo(render_table(result))
    return None


def _same(written: str | None) -> Same | None:
    """The relation named; UsageError says what may be written."""
    from pantheon.spec import SameProblem, parse_same

    if written is None:
        return None
    try:
        same = parse_same(written)
    except SameProblem as problem:
        raise UsageError(problem.message, hint=problem.fix) from None
    if same.kind == "judge":
        raise UsageError("A recording cannot be judged by an agent.", hint="Use `normalised`.")
    return same


def _say_day(day: Day, days: int) -> None:
    progress(f"day {day.number} of {days}")


def _subject(session: Session, name: str | None, given: Given) -> tuple[Subject, Promise]:
    """The agent whose work is replayed, and the promise: its own, but for what was given."""
    from pantheon.night import Subject
    from pantheon.spec import Price, Promise

    definition, price = _definition(session, name)
    own = (definition.promise if definition else None) or Promise()
    promise = Promise(
        disagreement=_share("disagreement", given["disagreement"], own.disagreement),
        confidence=_share("confidence", given["confidence"], own.confidence),
        audit=_share("audit", given["audit"], own.audit, ends=True),
        quality=own.quality if given["quality"] is None else _share("quality", given["quality"], 0),
    )
    price = Price(*given["price"]) if given["price"] else price
    return Subject(agent=definition, price=price, name=name), promise


def _share(name: str, given: float | None, own: float, *, ends: bool = False) -> float:
    """The given share, or the agent's own; with `ends` it may be all or nothing."""
    value = own if given is None else given
    if not 0 < value < 1 and not (ends and value in {0, 1}):
        raise UsageError(f"--{name} {value} is not a share.", hint="Give a value between 0 and 1.")
    return value


def _definition(session: Session, name: str | None) -> tuple[AgentDef | None, Price | None]:
    """The project's agent of that name and its cloud's price, where there are such."""
    try:
        project = session.load_project() if name else None
    except NotFound:
        project = None
    if name is None or project is None or name not in project.agents:
        return None, None
    cloud = project.models.get("cloud")
    return project.agents[name], cloud.price if cloud else None
