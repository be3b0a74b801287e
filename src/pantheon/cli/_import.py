"""`pantheon import`: recorded work becomes examples."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pantheon.cli._agents import find_agent
from pantheon.cli._carried import deliver, dry_run_option, force_option, out_option
from pantheon.cli._mutation import rehearsal, status_of
from pantheon.cli._output import echo, echo_json, json_option, note
from pantheon.cli._session import Session
from pantheon.clock import SystemClock
from pantheon.errors import ExitCode, InputError, NotFound


@click.group("import")
def command() -> None:
    """Bring in recorded work as examples, or definitions in a format of others."""


@command.command("stream")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--agent", required=True, help="The agent whose work it is.")
@dry_run_option
@json_option
@click.pass_obj
def stream(session: Session, path: Path, agent: str, dry_run: bool, as_json: bool) -> int:
    """Import JSON lines: {"id", "input": {…}, "output": {…}, "gold": {…}?}.

    Broken lines are named and left out; the others are imported, and the exit code is 9.

    Example: pantheon import stream log.jsonl --agent triage
    """
    from pantheon.night import import_stream

    definition = find_agent(session.load_project(), agent)
    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        report = import_stream(store, definition, path, clock=SystemClock())
    for bad in report.bad:
        note(str(bad))
    if as_json:
        status = status_of(changes=report.added > 0, dry_run=dry_run)
        echo_json({**report.to_json(), "status": status})
    else:
        echo(f"would be: {report.summary}" if dry_run else report.summary)
    return int(ExitCode.INPUT if report.bad_lines else ExitCode.OK)


@command.command("agentspec")
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True))
@out_option
@force_option
@dry_run_option
@json_option
def agentspec(path: Path, out: Path | None, force: bool, dry_run: bool, as_json: bool) -> None:
    """Turn a Flow or an Agent of Open Agent Spec into a pantheon.yaml.

    YAML or JSON, `-` is standard input. What could not be taken over is named on standard error,
    and in the JSON; functions that only have a name there are expected in tools.py.

    Example: pantheon import agentspec support.agentspec.yaml --out pantheon.yaml
    """
    from pantheon.interop import from_agentspec

    text = _read(path)
    as_text = path.suffix == ".json" or text.lstrip().startswith("{")
    carried = from_agentspec(text, as_json=as_text)
    deliver(carried, out, force=force, dry_run=dry_run, as_json=as_json)


def _read(path: Path) -> str:
    """The text of a file, or of standard input; raises NotFound or InputError."""
    try:
        if str(path) == "-":
            return sys.stdin.read()
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Name a file, or `-`.") from None
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"{path} cannot be read: {said}.", hint="Give a text file.") from None
