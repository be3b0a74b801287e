"""The command tree, the global options, and how every error leaves the program.

`pantheon --help` must answer at once, so the tree is a table of names: a command's module is
imported when it is called, and not before.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

import click

from pantheon import __version__
from pantheon.cli._session import Session
from pantheon.errors import ExitCode

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("_init", "Start a project: definitions, prompts, tests, the editor's schema."),
    "new": ("_new", "Add an agent, a flow or a tool: definition, prompt or function, tests."),
    "schema": ("_schema", "Print the JSON Schema of pantheon.yaml, or write it for editors."),
    "validate": ("_validate", "Check pantheon.yaml and everything it names."),
    "explain": ("_explain", "Say what a finding, a key, an exit code or a reason means."),
    "fmt": ("_fmt", "Lay out the project's YAML files in one way."),
    "migrate": ("_migrate", "Rewrite files of past formats in today's form."),
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
    "graph": (
        "_graph",
        "Draw a flow, or its behaviour tree: Mermaid, SVG, or text for the terminal.",
    ),
    "deploy": ("_deploy", "Deploy flows or agents: from now on this version answers."),
    "promote": ("_promote", "Let what is on trial (canary, else shadow) answer everything."),
    "rollback": ("_rollback", "Undo the last change of what is deployed."),
    "retire": ("_retire", "Take flows or agents out of service: the working files answer then."),
    "guards": ("_guards", "Show the guards of versions on trial, with figures and verdicts."),
    "verify": (
        "_verify",
        "Work out every hash anew: lock file, store, working files and their code.",
    ),
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
    "completion": (
        "_completion",
        "Print the script by which a shell completes commands and names.",
    ),
    "models": ("_models", "Local language models: list them, pull, add and remove some."),
    "prompts": ("_prompts", "Prompt files: list them, show one, their versions."),
    "store": ("_store", "The database: compact it, migrate it, verify it, copy it, find it."),
    "simulate": ("_simulate", "Replay recorded work through days and nights."),
    "demo": ("_demo", "Three days and nights on the docstrings of this Python's library."),
}
"""Name → module and the one line that `--help` shows."""


SECTIONS: dict[str, tuple[str, ...]] = {
    "Author": (
        "init", "new", "schema", "validate", "explain", "fmt", "migrate", "try", "test", "diff",
        "graph", "import", "export",
    ),
    "Run": ("run", "ask", "route", "submit", "resume", "runs", "inbox", "memory"),
    "Look": ("report", "alarms", "suggestions", "agents", "flows", "prompts", "versions", "verify"),
    "Learn": ("night", "feedback", "teach", "discover", "simulate", "demo"),
    "Deploy": ("deploy", "promote", "rollback", "retire", "guards"),
    "Machine": ("models", "store", "completion"),
}  # fmt: skip
"""Which part of the work a command is for; `--help` shows it in this order."""
COMPLETING = "_PANTHEON_COMPLETE"
"""Set by the shell while it asks for completions."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pantheon.cli.{COMMANDS[cmd_name][0]}")
        if COMPLETING in os.environ:
            from pantheon.cli._completion import equip

            return equip(module.command)
        return module.command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        placed = {name for names in SECTIONS.values() for name in names}
        others = {"Other": tuple(name for name in COMMANDS if name not in placed)}
        for title, names in (SECTIONS | others).items():
            rows = [(name, COMMANDS[name][1]) for name in names if name in COMMANDS]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


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
@click.option(
    "--progress", is_flag=True, help="Tell how far long work is, even where no terminal is."
)
@click.version_option(__version__, prog_name="pantheon")
@click.pass_context
def app(
    ctx: click.Context,
    directory: Path | None,
    env: str | None,
    settings: tuple[str, ...],
    progress: bool,
) -> None:
    """Local agents with a promise: answer here where evidence allows, else ask the cloud.

    A project is a folder with a pantheon.yaml; what happened is kept in its .pantheon folder.
    """
    del progress  # `cli._output.progress` reads it where it is needed
    if directory is not None:
        ctx.with_resource(chdir(directory))  # so that every path is read from there
    ctx.obj = Session(directory=Path.cwd(), env=env, settings=settings)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; every ending has an exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = app.main(args=words, prog_name="pantheon", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the last place that can
        from pantheon.cli._ending import end_with

        return end_with(error, words)
    return int(result) if isinstance(result, int) else int(ExitCode.OK)
