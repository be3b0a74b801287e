"""`pantheon inbox`: questions to people; an answer lets the waiting run go on."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from pantheon.cli._input import input_options, read_input
from pantheon.cli._mutation import Status, dry_run_option
from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.cli._session import Session
from pantheon.cli._show_run import show_run
from pantheon.clock import iso
from pantheon.errors import ExitCode, InputError
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.store import InboxItem


class How(TypedDict):
    """The options that say what is done with an answer."""

    no_resume: bool
    dry_run: bool
    as_json: bool


@click.group("inbox")
def command() -> None:
    """Questions that wait for a person."""


@command.command("list")
@json_option
@click.pass_obj
def list_items(session: Session, as_json: bool) -> None:
    """Open questions, the oldest first.

    Example: pantheon inbox list
    """
    with session.open_store() as store:
        items = store.inbox.list(state="open")
    if as_json:
        echo_json({"items": [_to_json(item) for item in items]})
        return
    if not items:
        echo("Nothing waits for a person.")
        return
    rows = [(i.id, i.agent, iso(i.asked), i.run, clean(i.question, 60)) for i in items]
    echo_table(("question", "agent", "asked", "run", "text"), rows)


@command.command("show")
@click.argument("item_id", metavar="QUESTION")
@json_option
@click.pass_obj
def show(session: Session, item_id: str, as_json: bool) -> None:
    """One question with what is known, and the fields an answer needs.

    Example: pantheon inbox show i0123456789abcdef
    """
    with session.open_store() as store:
        item = store.inbox.get(item_id)
    if as_json:
        echo_json(_to_json(item))
        return
    echo(f"{item.id}  {item.agent}  {item.state}  asked {iso(item.asked)}")
    echo("")
    echo(item.question)
    echo("")
    echo("known: " + json.dumps(item.input, indent=2, ensure_ascii=False))
    echo("answer needs: " + json.dumps(item.schema.get("properties", {}), ensure_ascii=False))
    echo(f"answer with: pantheon inbox answer {item.id} FIELD=VALUE")


@command.command("answer")
@click.argument("item_id", metavar="QUESTION")
@input_options
@click.option("--no-resume", is_flag=True, help="Only record it; `pantheon resume` goes on later.")
@dry_run_option
@json_option
@click.pass_obj
def answer(
    session: Session,
    item_id: str,
    words: tuple[str, ...],
    source: str | None,
    **how: Unpack[How],
) -> int:
    """Answer a question; the run that waited goes on.

    With the same answer again nothing changes; another one is refused.

    Example: pantheon inbox answer i0123456789abcdef team=cards
    """
    return asyncio.run(_answer(session, item_id, words, source, how))


async def _answer(
    session: Session, item_id: str, words: tuple[str, ...], source: str | None, how: How
) -> int:
    async with session.open_runtime() as runtime:
        store = runtime.store
        item = store.inbox.get(item_id)
        output = read_input(words, source, item.schema)
        if item.state == "answered" and item.answer == output:
            return _say_recorded(item_id, "already", as_json=how["as_json"])
        _check_answer(item, output)
        if how["dry_run"]:
            return _say_recorded(item_id, "would", as_json=how["as_json"])
        store.inbox.answer(item_id, output, at=runtime.clock.now())
        if item.run is None or how["no_resume"]:
            return _say_recorded(item_id, "applied", as_json=how["as_json"])
        run = await runtime.resume(item.run)
        return show_run(store, run, as_json=how["as_json"], status="applied")


def _check_answer(item: InboxItem, output: dict[str, Any]) -> None:
    from pantheon.spec import validate_value

    if item.state != "open":
        raise InputError(f"Question {item.id} is already {item.state}.", hint="pantheon inbox list")
    mistakes = validate_value(item.schema, output)
    if mistakes:
        raise InputError(
            f"The answer does not fit what {item.agent} returns: {mistakes[0]}",
            hint=f"pantheon inbox show {item.id} says which fields it needs.",
        )


def _say_recorded(item_id: str, status: Status, *, as_json: bool) -> int:
    if as_json:
        echo_json({"question": item_id, "state": "answered", "status": status})
    else:
        said = {"applied": "answered", "already": "is answered so already"}
        echo(f"{item_id} {said.get(status, 'would be answered')}")
    return int(ExitCode.OK)


def _to_json(item: InboxItem) -> dict[str, Any]:
    return {
        "question": item.id,
        "agent": item.agent,
        "run": item.run,
        "node": item.node,
        "state": item.state,
        "asked": iso(item.asked),
        "text": item.question,
        "input": item.input,
        "schema": item.schema,
        "answer": item.answer,
    }
