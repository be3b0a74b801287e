"""`pantheon new`: an agent, a flow or a tool, with prompt, function and tests."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._init import show_placed
from pantheon.cli._output import echo, json_option
from pantheon.cli._session import Session
from pantheon.errors import EnvironmentFault

if TYPE_CHECKING:
    from pantheon.editing import Rewrite
    from pantheon.scaffold import File, Placed

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
_input = click.option(
    "--input", "inputs", multiple=True, default=("text: string",), metavar="'NAME: TYPE'",
    show_default=True, help="A field of the input; as often as needed.",
)  # fmt: skip
_output = click.option(
    "--output", "outputs", multiple=True, default=("answer: string",), metavar="'NAME: TYPE'",
    show_default=True, help="A field of the output; as often as needed.",
)  # fmt: skip
_description = click.option("--description", default="", help="What it does, in a sentence.")


@click.group("new")
def command() -> None:
    """Add an agent, a flow or a tool: definition, prompt or function, tests."""


@command.command("agent")
@click.argument("name")
@_input
@_output
@_description
@click.option(
    "--by",
    type=click.Choice(["prompt", "cloud", "python", "human"]),
    default="prompt",
    show_default=True,
    help="Who answers: a prompt on the embedded model, the cloud, a function, a person.",
)
@_dry_run
@json_option
@click.pass_obj
def agent(session: Session, name: str, **how: Any) -> None:
    """Add an agent: its contract, who answers, and a test of the contract.

    Example: pantheon new agent language --output 'language: {enum: [en, fr, other]}' --by python
    """
    from pantheon.scaffold import AgentOrder, agent_files

    order = AgentOrder(name, how["inputs"], how["outputs"], how["description"], how["by"])
    _add(session, agent_files(order), "agents/*.yaml", how)
    _next(how, f"pantheon test {name}")


@command.command("tool")
@click.argument("name")
@_input
@_output
@_description
@_dry_run
@json_option
@click.pass_obj
def tool(session: Session, name: str, **how: Any) -> None:
    """Add an agent that calls a Python function, with the types of its contract.

    Example: pantheon new tool word_count --output 'words: integer'
    """
    from pantheon.scaffold import AgentOrder, tool_files

    order = AgentOrder(name, how["inputs"], how["outputs"], how["description"], "python")
    _add(session, tool_files(order), "agents/*.yaml", how)
    _next(how, f"write functions/{name}.py, then: pantheon test {name}")


@command.command("flow")
@click.argument("name")
@click.option("--agents", required=True, metavar="A,B,…", help="Its agents, in order.")
@_description
@_dry_run
@json_option
@click.pass_obj
def flow(session: Session, name: str, agents: str, **how: Any) -> None:
    """Add a flow of agents in a row, wired by the names of their fields.

    Example: pantheon new flow sort --agents clean,triage
    """
    from pantheon.scaffold import flow_files

    project = session.load_project()
    chain = [part.strip() for part in agents.split(",") if part.strip()]
    files = flow_files(name, chain, project, description=how["description"])
    _add(session, files, "flows/*.yaml", how)
    _next(how, f"pantheon graph {name} --format text")


def _next(how: dict[str, Any], what: str) -> None:
    if not how["as_json"] and not how["dry_run"]:
        echo(f"\nNext: {what}")


def _add(session: Session, files: tuple[File, ...], pattern: str, how: dict[str, Any]) -> None:
    """Write the files, and let the project include them; nothing stays that does not load."""
    from pantheon.editing import Rewrite
    from pantheon.scaffold import included, place, schema_files

    session.load_project()  # mistakes that are there already are told as such
    main, dry = session.project_file(), bool(how["dry_run"])
    before = main.read_bytes().decode("utf-8-sig")
    after = included(before, pattern)
    placed = place((*files, *schema_files()), main.parent, dry_run=dry)
    if not dry:
        try:
            if after != before:
                Rewrite(main, main.name, before, after).write()
            session.load_project()
        except BaseException:
            _undo(placed, Rewrite(main, main.name, after, before))
            raise
    show_placed(placed, as_json=how["as_json"])
    if after != before and not how["as_json"]:
        echo(f"{'would include' if dry else 'included':<13} {pattern} in {main.name}")


def _undo(placed: tuple[Placed, ...], back: Rewrite) -> None:
    with suppress(EnvironmentFault):  # not included yet, or changed by somebody else since
        back.write()
    for each in placed:
        if each.status == "applied":
            (back.path.parent / each.path).unlink(missing_ok=True)
