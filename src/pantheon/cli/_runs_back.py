"""`pantheon runs why, replay, fork, diff`: looking back at runs, and branching off from them."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from pantheon.cli._input import read_value
from pantheon.cli._mutation import dry_run_option, rehearsal
from pantheon.cli._output import echo, echo_json, json_option, note
from pantheon.cli._run_tree import print_standings
from pantheon.cli._runs_told import difference_to_json, print_diff, run_diff_to_json
from pantheon.cli._session import Session
from pantheon.cli._show_run import event_to_json, event_to_text, run_to_json, show_event, show_run
from pantheon.errors import ExitCode, InputError, UsageError
from pantheon.ids import RunId, derive_seed, new_id

if TYPE_CHECKING:
    from pantheon.flows import Changes, Edit, Forked, Replay, Runtime
    from pantheon.store import Store


# ----------------------------------------------------------------------------------------- why


@click.command("why")
@click.argument("run_id", metavar="RUN")
@click.argument("node")
@json_option
@click.pass_obj
def why_command(session: Session, run_id: str, node: str, as_json: bool) -> None:
    """Why a node did, or did not, do what it did, down to the first cause.

    NODE is a name, `outer/inner` for a node inside another, `map[3]` for an item.

    Example: pantheon runs why r0123456789abcdef file
    """
    from pantheon.flows import why

    with session.open_store() as store:
        told = why(store, run_id, node)
    if as_json:
        links = [
            {"node": link.node, "state": link.state, "sentence": link.sentence, "facts": link.facts}
            for link in told.links
        ]
        echo_json({"run": told.run.id, "node": node, "why": links})
        return
    for depth, link in enumerate(told.links):
        arrow = "  " * depth + ("because " if depth else "")
        echo(f"{arrow}{link.node}: {link.state}. {link.sentence}")


# -------------------------------------------------------------------------------------- replay


@click.command("replay")
@click.argument("run_id", metavar="RUN")
@click.option("--until", type=int, metavar="SEQ", help="Show where every node was at that event.")
@json_option
@click.pass_obj
def replay_command(session: Session, run_id: str, until: int | None, as_json: bool) -> int:
    """Execute a run again from its journal alone, and compare.

    Nothing is asked and nothing is written. Exit code 4 when something came out otherwise.

    Example: pantheon runs replay r0123456789abcdef
    """
    with session.open_store() as store:
        if until is not None:
            _print_standings(store, run_id, until, as_json=as_json)
            return int(ExitCode.OK)
        return asyncio.run(_replay(store, run_id, as_json=as_json))


def _print_standings(store: Store, run_id: str, until: int, *, as_json: bool) -> None:
    from pantheon.flows import standings

    found = standings(store, run_id, until)
    if as_json:
        fields = ("node", "index", "state", "seq")
        rows = [{name: getattr(item, name) for name in fields} for item in found]
        echo_json({"run": run_id, "until": until, "nodes": rows})
        return
    print_standings(found)


async def _replay(store: Store, run_id: str, *, as_json: bool) -> int:
    from pantheon.flows import replay

    done = await replay(store, run_id)
    events = store.events.since(run_id)
    if as_json:
        echo_json(
            {
                "run": run_id,
                "state": done.run.state,
                "same": done.same,
                "taken": done.taken,
                "worked_out": done.worked_out,
                "differences": [difference_to_json(d) for d in done.differences],
                "events": [event_to_json(event) for event in events],
            }
        )
    else:
        for event in events:
            echo(event_to_text(event))
        _print_verdict(done)
    return int(ExitCode.OK if done.same else ExitCode.GATE)


def _print_verdict(done: Replay) -> None:
    echo("")
    for difference in done.differences:
        told = difference_to_json(difference)
        echo(f"{told['where']}: {told['what']} was {told['recorded']}, now {told['replayed']}")
    worked = f"{done.taken} results taken from the journal, {done.worked_out} worked out again"
    verdict = "the same" if done.same else f"{len(done.differences)} differences"
    echo(f"replayed {done.run.id}: {verdict} ({worked})")


# ---------------------------------------------------------------------------------------- fork


class How(TypedDict):
    """The options that say how a fork is made and shown."""

    flow_now: bool
    no_run: bool
    dry_run: bool
    follow: bool
    as_json: bool


@click.command("fork")
@click.argument("run_id", metavar="RUN")
@click.option(
    "--from", "again", multiple=True, metavar="NODE", help="Run it and what depends on it again."
)
@click.option(
    "--set",
    "edits",
    multiple=True,
    metavar="PATH=VALUE",
    help="Another value of the input (input.field) or of what a node gave (node.field).",
)
@click.option("--flow-now", is_flag=True, help="On the flow as the project defines it now.")
@click.option("--no-run", is_flag=True, help="Only make it; `pantheon resume` runs it.")
@click.option("--follow", is_flag=True, help="Print events while it runs.")
@dry_run_option
@json_option
@click.pass_obj
def fork_command(
    session: Session,
    run_id: str,
    again: tuple[str, ...],
    edits: tuple[str, ...],
    **how: Unpack[How],
) -> int:
    """Make a new run that keeps all that does not depend on a change, and run the rest.

    A VALUE is JSON, else text. The old run stays as it is.

    Example: pantheon runs fork r0123456789abcdef --set triage.team=cards
    """
    from pantheon.flows import Changes

    if not (again or edits or how["flow_now"]):
        raise UsageError(
            "A fork needs to know what is to be otherwise.",
            hint="Give --from NODE, --set PATH=VALUE or --flow-now.",
        )
    changes = Changes(again, tuple(map(_read_edit, edits)))
    return asyncio.run(_fork(session, run_id, changes, how))


def _read_edit(word: str) -> Edit:
    from pantheon.flows import Edit

    place, equals, text = word.partition("=")
    if not equals or not place:
        raise InputError(
            f"`{word}` does not say which value it is for.",
            hint="Write --set node.field=VALUE or --set input.field=VALUE.",
        )
    return Edit(place, read_value(text, {}), text)


async def _fork(session: Session, run_id: str, changes: Changes, how: How) -> int:
    async with session.open_runtime() as runtime:
        with rehearsal(runtime.store, dry_run=how["dry_run"]):
            forked = _make_fork(runtime, run_id, changes, flow_now=how["flow_now"])
        if how["dry_run"]:
            return _say_would_fork(forked, as_json=how["as_json"])
        run = forked.run
        if not how["as_json"]:
            _tell_fork(forked)
        if not how["no_run"]:
            listener = show_event if how["follow"] else None
            run = await runtime.resume(run.id, on_event=listener)
        if how["as_json"]:
            told = {"fork": _fork_to_json(forked), "status": "applied"}
            echo_json(run_to_json(runtime.store, run) | told)
            return _code(run.state, how)
        show_run(runtime.store, run, as_json=False)
        return _code(run.state, how)


def _say_would_fork(forked: Forked, *, as_json: bool) -> int:
    if as_json:
        echo_json({"fork": _fork_to_json(forked), "status": "would"})
    else:
        _tell_fork(forked)
        note("nothing was made")
    return int(ExitCode.OK)


def _code(state: str, how: How) -> int:
    if how["no_run"] or state == "done":
        return int(ExitCode.OK)
    return int(ExitCode.HUMAN if state == "waiting" else ExitCode.RUN_FAILED)


def _make_fork(runtime: Runtime, run_id: str, changes: Changes, *, flow_now: bool) -> Forked:
    from pantheon.cli._run import find_flow
    from pantheon.flows import fork, make_pin

    store, clock = runtime.store, runtime.clock
    name = store.runs.get(run_id).flow
    pin = make_pin(runtime.project, find_flow(runtime.project, name)) if flow_now else None
    rng = random.Random(derive_seed(runtime.seed, "fork", store.runs.count()))
    chosen = RunId(new_id("r", now=clock.now(), rng=rng))
    return fork(store, run_id, changes, new_id=chosen, now=pin)


def _tell_fork(forked: Forked) -> None:
    from pantheon.flows import written

    names = list(dict.fromkeys(written(*key) for key in forked.again))
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    again = f"; not kept: {shown}" if names else ""
    note(f"{len(forked.kept)} results of {forked.run.parent} are kept{again}")


def _fork_to_json(forked: Forked) -> dict[str, Any]:
    return {
        "parent": forked.run.parent,
        "kept": len(forked.kept),
        "again": [{"node": n, "index": i, "why": why} for (n, i), why in forked.again.items()],
        "edited": list(forked.edited),
    }


# ---------------------------------------------------------------------------------------- diff


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@json_option
@click.pass_obj
def diff_command(session: Session, before: str, after: str, as_json: bool) -> None:
    """Compare two runs: their flows, inputs, nodes and outputs.

    Example: pantheon runs diff r0123456789abcdef r0123456789abcdeg
    """
    from pantheon.flows import diff

    with session.open_store() as store:
        found = diff(store, before, after)
    if as_json:
        echo_json(run_diff_to_json(found))
    else:
        print_diff(found)


COMMANDS = (why_command, replay_command, fork_command, diff_command)
