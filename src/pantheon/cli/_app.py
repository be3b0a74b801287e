"""The command tree, the global options, and how every error leaves the program.

`pantheon --help` must answer at once, so the tree is a table of names: a command's module is
imported when it is called, and not before.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pantheon import __version__
from pantheon.cli._session import Session
from pantheon.errors import ExitCode, PantheonError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("_init", "Start a project: definitions, prompts, tests, the editor's schema."),
    "new": ("_new", "Add an agent, a flow or a tool: definition, prompt or function, tests."),
    "schema": ("_schema", "Print the JSON Schema of pantheon.yaml, or write it for editors."),
    "validate": ("_validate", "Check pantheon.yaml and everything it names."),
    "try": ("_try", "Try an agent or a flow in a sandbox."),
    "test": ("_test", "Run the tests that stand beside agents and flows."),
    "run": ("_run", "Run a flow on one input."),
    "ask": ("_ask", "Route a prompt to a flow and run it."),
    "route": ("_route", "Say which flow a prompt would go to, and why."),
    "submit": ("_submit", "Hand in work for the night."),
    "resume": ("_resume", "Go on with a run that was cut short or waited."),
    "runs": ("_runs", "List runs, show one, look back, branch off, go on."),
    "diff": (
        "_diff",
        "Say what differs between two versions: contracts, powers, prompts, graphs.",
    ),
    "graph": ("_graph", "Draw a flow, or its behaviour tree: Mermaid, SVG, or text for the terminal."),
    "deploy": ("_deploy", "Deploy flows or agents: from now on this version answers."),
    "promote": ("_promote", "Let what is on trial (canary, else shadow) answer everything."),
    "rollback": ("_rollback", "Undo the last change of what is deployed."),
    "retire": ("_retire", "Take flows or agents out of service: the working files answer then."),
    "verify": ("_verify", "Work out every hash anew: lock file, store, working files and their code."),
    "versions": ("_versions", "Versions of everything: what is deployed, recording the files."),
    "inbox": ("_inbox", "Questions that wait for a person."),
    "memory": ("_memory", "What is remembered for flows, agents and users."),
    "feedback": ("_feedback", "Say that an answer was good, bad, or what it should have been."),
    "teach": ("_teach", "Judge which of two answers is right, where that unlocks most."),
    "import": (
        "_import",
        "Bring in recorded work as examples, or definitions in a format of others.",
    ),
    "export": (
        "_export",
        "Give a flow or an agent to others: Open Agent Spec, A2A card, Mermaid, YAML.",
    ),
    "discover": ("_discover", "Find recurring tasks in logs of cloud calls and propose agents."),
    "night": ("_night", "Run queued work, then teach, gate and promote specialists."),
    "report": ("_report", "The morning: what was done, what changed, what needs you."),
    "agents": (
        "_agents",
        "Versions of the agents: list, show, history, lineage, evidence, diff, promote, rollback.",
    ),
    "alarms": (
        "_alarms",
        "What is no longer as it was: inputs, confidence, disagreement, latency, cost.",
    ),
    "suggestions": (
        "_suggestions",
        "Agents to add, retire, merge or split, with the evidence; nothing is changed by itself.",
    ),
    "flows": ("_flows", "Flows: list them, show one, their versions and ancestors."),
    "models": ("_models", "Local language models: list them, pull, add and remove some."),
    "prompts": ("_prompts", "Prompt files: list them, show one, their versions."),
    "store": ("_store", "The database: compact it, verify it, copy it, find it."),
    "simulate": ("_simulate", "Replay recorded work through days and nights."),
    "demo": ("_demo", "Three days and nights on the docstrings of this Python's library."),
}
"""Name → module and the one line that `--help` shows."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pantheon.cli.{COMMANDS[cmd_name][0]}")
        return module.command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(_no_such_command(name))
        return super().resolve_command(ctx, args)


def _no_such_command(name: str) -> str:
    """Teach through the error: the nearest names, or where the list is."""
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=2)
    meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"There is no command {name!r}.{meant} `pantheon --help` lists them."


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Work as if started in DIR.",
)
@click.option(
    "--env",
    metavar="NAME",
    help="Lay environments/NAME.yaml over the project's files; default: PANTHEON_ENV.",
)
@click.option(
    "--set",
    "settings",
    metavar="PATH=VALUE",
    multiple=True,
    help="Lay one value over everything else, such as parameters.region=eu; repeatable.",
)
@click.version_option(__version__, prog_name="pantheon")
@click.pass_context
def app(
    ctx: click.Context, directory: Path | None, env: str | None, settings: tuple[str, ...]
) -> None:
    """Local agents with a promise: answer here where evidence allows, else ask the cloud.

    A project is a folder with a pantheon.yaml; what happened is kept in its .pantheon folder.
    """
    ctx.obj = Session(directory=directory or Path.cwd(), env=env, settings=settings)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; every ending has an exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app.main(args=words, prog_name="pantheon", standalone_mode=False)
    except PantheonError as error:
        return _report_error(error, as_json="--json" in words)
    except click.ClickException as error:
        return _report_usage(error, as_json="--json" in words)
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            "interrupted; a run under way is kept: `pantheon runs list --state running` names it, "
            "`pantheon resume RUN` goes on",
            err=True,
        )
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has closed it, as `head` does; that is not an error of ours.
        sys.stderr.close()
        return int(ExitCode.OK)
    return int(result) if isinstance(result, int) else int(ExitCode.OK)


def _report_error(error: PantheonError, *, as_json: bool) -> int:
    from pantheon.cli._output import show_error

    show_error(error, as_json=as_json)
    return int(error.exit_code)


def _report_usage(error: click.ClickException, *, as_json: bool) -> int:
    from pantheon.cli._output import echo_json

    if as_json:
        echo_json({"error": {"kind": "usage", "message": error.format_message(), "hint": ""}})
    else:
        error.show()
    return int(ExitCode.USAGE)
