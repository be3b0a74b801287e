"""`pantheon run`: a flow on one input, now."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from pantheon.cli._input import input_options, read_input, read_time
from pantheon.cli._output import echo_json_line, error_to_json, json_option, note
from pantheon.cli._session import Session, max_usd_option
from pantheon.cli._show_run import exit_code, run_to_json, show_event, show_run
from pantheon.errors import NotFound, PantheonError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from pantheon.api import Pantheon
    from pantheon.ids import JsonObject
    from pantheon.spec import FlowDef, Project
    from pantheon.store import Durability, Run


class How(TypedDict):
    """The options that say how a run is done, and shown."""

    follow: bool
    json_lines: bool
    seed: int | None
    user: str | None
    timeout: float | None
    durability: Durability
    no_wait: bool
    draft: bool
    max_usd: float | None


@click.command("run")
@click.argument("flow")
@input_options
@click.option("--follow", is_flag=True, help="Print events while it runs.")
@click.option("--json-lines", is_flag=True, help="Print events as JSON, one a line; result last.")
@click.option("--seed", type=int, help="Make every random choice repeatable.")
@click.option("--user", metavar="NAME", help="For whom it runs: whose memory it may use.")
@click.option(
    "--timeout", metavar="TIME", callback=read_time, help="Give it up after a time such as 30s."
)
@click.option(
    "--durability",
    type=click.Choice(["fast", "safe", "memory"]),
    default="fast",
    show_default=True,
    help="Survive a killed process, a power cut as well, or nothing.",
)
@click.option("--no-wait", is_flag=True, help="End where it waits for a time.")
@click.option("--draft", is_flag=True, help="Run the working files, whatever is deployed.")
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

    Prints who answered at each node, and the output. What is deployed answers, else the files.

    Example: pantheon run support text="My card was stolen"
    """
    if how["json_lines"]:
        return _in_lines(session, flow, words, source, how)
    given = _Given(flow, words, source)
    return asyncio.run(_run(session, given, as_json=as_json, how=how))


@dataclass(frozen=True, slots=True)
class _Given:
    """The flow and its input as they were written."""

    flow: str
    words: tuple[str, ...]
    source: str | None

    def read(self, opened: Pantheon) -> JsonObject:
        """The input by the contract of what answers. Raises NotFound and InputError."""
        try:
            contract = opened.runtime.flow(self.flow).input
        except NotFound:
            contract = find_flow(opened.project, self.flow).input
        return read_input(self.words, self.source, contract)


async def _run(session: Session, given: _Given, *, as_json: bool, how: How) -> int:
    project, flow = session.load_project(), given.flow
    async with _opened(session, project, how) as opened:
        value = given.read(opened)
        if not how["draft"]:
            _say_if_unknown(opened)
        result = await opened.run(
            flow,
            value,
            user=how["user"],
            timeout=how["timeout"],
            wait=not how["no_wait"],
            cause="cli",
            on_event=show_event if how["follow"] else None,
        )
        run = opened.show(result.id).run
        code = show_run(opened.runtime.store, run, as_json=as_json)
        tell_drift(opened, run)
        return code


def tell_drift(opened: Pantheon, run: Run) -> None:
    """Say so when other versions answered than the files are."""
    from pantheon.releases import answered_otherwise

    for release in answered_otherwise(opened.runtime.store, opened.project, run):
        name = release.name
        note(
            f"{release.title} answers; your files differ: `pantheon diff {name}`, "
            f"`pantheon deploy {name}`, or `pantheon run {run.flow} --draft`"
        )


def _say_if_unknown(opened: Pantheon) -> None:
    """A store in memory knows of nothing that is deployed."""
    from pantheon.releases import LOCK_NAME, read_lock

    if opened.runtime.store.durability == "memory":
        lock = read_lock(opened.project.root / LOCK_NAME)
        if any(lock.names()):
            note("nothing is kept, so nothing deployed is known: the working files answer")


def _opened(session: Session, project: Project, how: How) -> AbstractAsyncContextManager[Pantheon]:
    return session.open(
        project,
        durability=how["durability"],
        seed=how["seed"],
        max_usd=how["max_usd"],
        draft=how["draft"],
    )


# ------------------------------------------------------------------------------- JSON lines


def _in_lines(
    session: Session, flow: str, words: tuple[str, ...], source: str | None, how: How
) -> int:
    """Every line is a JSON object, an error too."""
    try:
        return asyncio.run(_print_lines(session, _Given(flow, words, source), how))
    except PantheonError as error:
        echo_json_line({"event": "error", "error": error_to_json(error)})
        return int(error.exit_code)


async def _print_lines(session: Session, given: _Given, how: How) -> int:
    async with _opened(session, session.load_project(), how) as opened:
        flow, value = given.flow, given.read(opened)
        events = opened.stream(
            flow,
            value,
            user=how["user"],
            timeout=how["timeout"],
            wait=not how["no_wait"],
            cause="cli",
        )
        run = ""
        async with aclosing(events):
            async for event in events:
                run = event.run
                echo_json_line(event.to_json())
        ended = opened.show(run).run
        echo_json_line({"event": "result", **run_to_json(opened.runtime.store, ended)})
        tell_drift(opened, ended)
        return int(exit_code(ended))


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
