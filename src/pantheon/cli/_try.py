"""`pantheon try`: an agent or a flow in a sandbox, with everything that answered labelled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from pantheon.cli._input import input_options, read_input
from pantheon.cli._output import echo, echo_json, echo_table, json_option, note
from pantheon.cli._sandboxed import (
    Allowed,
    describe_setup,
    open_source,
    read_setup,
    sandbox_options,
)
from pantheon.cli._session import Session
from pantheon.errors import ExitCode, InputError, UsageError
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.spec import Project
    from pantheon.store import Store
    from pantheon.trying import Attempt, Pair, Step, Subject

_WHY = 100


class How(Allowed):
    """The options of the command."""

    examples: Path | None
    version: str
    limit: int


@click.command("try")
@click.argument("name")
@input_options
@click.option(
    "--examples",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Try every input of a file: JSON lines or a YAML list of inputs, or of {input, output}.",
)
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True,
              help="With --examples: how many at most.")  # fmt: skip
@click.option("--version", default="draft", show_default=True, metavar="VERSION",
              help="What is tried: draft (the working files), stable, NAME@3.")  # fmt: skip
@sandbox_options(tools="pure")
@json_option
@click.pass_obj
def command(
    session: Session,
    name: str,
    words: tuple[str, ...],
    source: str | None,
    as_json: bool,
    **how: Unpack[How],
) -> int:
    """Try an agent or a flow in a sandbox.

    Nothing is written and nothing acts outside: the cloud is off, programs, people and functions
    that may act are withheld, waits are skipped. Every answer says who gave it. Without an input an
    agent is tried on its own examples.

    Example: pantheon try triage text="My card was stolen"
    """
    project = session.load_project()
    with open_source(session) as store:
        tried = _Trying(project, store, name, how)
        if how["examples"] is not None:
            return tried.examples(how["examples"], as_json=as_json)
        if not words and source is None and tried.own_examples():
            return tried.several(tried.own_examples(), as_json=as_json)
        value = read_input(words, source, tried.definition.input)
        return tried.one(value, as_json=as_json)


class _Trying:
    """One agent or flow, by the options."""

    def __init__(self, project: Project, store: Store | None, name: str, how: How) -> None:
        from pantheon.trying import VersionFinder, find_subject

        self.subject: Subject = find_subject(project, name)
        self.project = VersionFinder(project, store).get(self.subject, how["version"])
        self.definition = self.subject.definition(self.project)
        self.how = how
        self.setup, self.script = read_setup(how, project, store)

    def one(self, value: JsonObject, *, as_json: bool) -> int:
        """Try one input, and show every step."""
        (attempt,) = asyncio.run(self._attempts([value]))
        self._refuse_bad_input(attempt)
        if as_json:
            echo_json(attempt.to_json())
        else:
            note(describe_setup(self.how))
            _show(attempt)
        return int(_exit_code(attempt))

    def _refuse_bad_input(self, attempt: Attempt) -> None:
        from pantheon.spec import describe_fields

        failure = attempt.failure or {}
        if failure.get("reason") == "invalid_input" and not failure.get("node"):
            fields = describe_fields(self.definition.input)
            raise InputError(str(failure["message"]), hint=f"Its input is {fields}.")

    def examples(self, file: Path, *, as_json: bool) -> int:
        """Try every input of a file."""
        from pantheon.trying import read_pairs

        return self.several(read_pairs(file)[: self.how["limit"]], as_json=as_json)

    def own_examples(self) -> list[Pair]:
        """Those that the agent's definition shows."""
        from pantheon.trying import pairs_of

        return pairs_of(self.definition)

    def several(self, pairs: Sequence[Pair], *, as_json: bool) -> int:
        """Try several inputs, and compare what comes of them with what is known."""
        from pantheon.trying import compare_all

        if not pairs:
            raise UsageError("There is no example to try.", hint="Write one JSON object a line.")
        attempts = asyncio.run(self._attempts([pair.input for pair in pairs]))
        summary = compare_all(self.definition, pairs, attempts)
        if as_json:
            echo_json(summary.to_json())
        else:
            note(describe_setup(self.how))
            _show_several(attempts, summary.same)
            echo(summary.sentence)
        return int(ExitCode.OK if summary.all_done else ExitCode.RUN_FAILED)

    async def _attempts(self, values: Sequence[JsonObject]) -> list[Attempt]:
        from pantheon.clock import SystemClock
        from pantheon.trying import open_sandbox

        async with open_sandbox(self.project, self.setup, clock=SystemClock()) as sandbox:
            return [
                await sandbox.attempt(
                    self.subject, value, version=self.how["version"], script=self.script
                )
                for value in values
            ]


def _exit_code(attempt: Attempt) -> ExitCode:
    if attempt.state == "waiting":
        return ExitCode.HUMAN
    return ExitCode.OK if attempt.state == "done" else ExitCode.RUN_FAILED


def _show(attempt: Attempt) -> None:
    echo(f"{attempt.kind} {attempt.name}  {attempt.version}  {attempt.state}")
    _show_steps(attempt.steps)
    for step in attempt.steps:
        for one in step.tried:
            detail = clean(str(one.get("detail")), _WHY)
            echo(f"  {step.node}: {one.get('tier')} did not answer ({one.get('reason')}): {detail}")
    if attempt.skipped_seconds:
        echo(f"  waits of {attempt.skipped_seconds:g} s were skipped")
    for told in attempt.notes:
        echo(f"  {clean(told, 200)}")
    if attempt.output is not None:
        echo("")
        echo(json.dumps(attempt.output, indent=2, ensure_ascii=False))
    if attempt.state == "waiting":
        note("it waits for an event from outside; a sandbox sends none")
    if attempt.failure is not None:
        at = attempt.failure.get("node") or attempt.name
        told = any(step.tried for step in attempt.steps)
        why = attempt.failure.get("reason" if told else "message")
        note(f"failed at {at}: {clean(str(why), 400)}")


def _show_steps(steps: Sequence[Step]) -> None:
    """A table, without columns that say nothing."""
    headers = ["node", "answered by", "confidence", "usd", "seconds", "output"]
    rows = [_row(step) for step in steps]
    told = [i for i in range(len(headers)) if any(row[i] for row in rows)]
    echo_table([headers[i] for i in told], [[row[i] for i in told] for row in rows])


def _row(step: Step) -> list[str]:
    who = step.answered_by or step.state
    if who in ("scripted", "recorded"):
        who = f"{who} for {step.tier}"
    elif step.version or step.model:
        who = f"{who} ({step.version or step.model})"
    confidence = "" if step.confidence is None else f"{step.confidence:.2f}"
    usd = f"{step.cost_usd:.6f}" if step.cost_usd else ""
    output = "" if step.output is None else clean(json.dumps(step.output, ensure_ascii=False), 60)
    return [step.node, who, confidence, usd, f"{step.seconds:.3f}", output]


def _show_several(attempts: Sequence[Attempt], same: Sequence[bool | None]) -> None:
    marks = {True: "same", False: "differs", None: ""}
    rows = [
        [
            str(number),
            ", ".join(attempt.answered_by),
            marks[agrees],
            f"{attempt.seconds:.3f}",
            clean(json.dumps(attempt.input, ensure_ascii=False), 40),
            clean(json.dumps(attempt.output, ensure_ascii=False), 40),
        ]
        for number, (attempt, agrees) in enumerate(zip(attempts, same, strict=True), start=1)
    ]
    echo_table(["example", "answered by", "expected", "seconds", "input", "output"], rows)
