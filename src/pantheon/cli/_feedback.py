"""`pantheon feedback`: what a person says about an answer becomes evidence for the night."""

from __future__ import annotations

from typing import Literal

import click

from pantheon.cli._input import read_json
from pantheon.cli._mutation import dry_run_option, rehearsal
from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._session import Session
from pantheon.clock import SystemClock
from pantheon.errors import InputError, UsageError
from pantheon.ids import JsonObject

Verdict = Literal["good", "bad", "correct"]


@click.command("feedback")
@click.argument("target", metavar="RUN[:NODE]")
@click.option("--good", is_flag=True, help="The answer was right.")
@click.option("--bad", is_flag=True, help="The answer was wrong.")
@click.option("--correct", metavar="JSON|@FILE|-", help="What the answer should have been.")
@click.option("--note", default="", help="Why, in your own words.")
@dry_run_option
@json_option
@click.pass_obj
def command(  # noqa: PLR0913  one parameter an option
    session: Session,
    target: str,
    good: bool,
    bad: bool,
    correct: str | None,
    note: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Say that an answer was good, bad, or what it should have been.

    TARGET is a run, a node of a run, or the id of one answer.

    Example: pantheon feedback r0123456789abcdef:triage --correct '{"team": "cards"}'
    """
    from pantheon.agents import give_feedback

    verdict = _verdict(good=good, bad=bad, correct=correct)
    correction = _correction(correct)
    project = session.load_project()
    with session.open_store() as store, rehearsal(store, dry_run=dry_run):
        rows = give_feedback(
            store,
            project,
            target,
            verdict=verdict,
            correction=correction,
            note=note,
            at=SystemClock().now(),
        )
    if as_json:
        status = "would" if dry_run else "applied"
        answers = [row.answer for row in rows]
        echo_json({"verdict": verdict, "answers": answers, "status": status})
        return
    for row in rows:
        done = "would be marked" if dry_run else "marked"
        echo(f"{row.agent}: answer {row.answer} {done} {verdict}")


def _verdict(*, good: bool, bad: bool, correct: str | None) -> Verdict:
    if good + bad + (correct is not None) != 1:
        raise UsageError(
            "Give exactly one of --good, --bad and --correct.",
            hint="pantheon feedback RUN:NODE --good",
        )
    return "correct" if correct is not None else ("good" if good else "bad")


def _correction(source: str | None) -> JsonObject | None:
    if source is None:
        return None
    # A bare path is a file too, as the help of similar tools has taught people to expect.
    value = read_json(source if source[:1] in "{[@-" else f"@{source}", what="the correction")
    if not isinstance(value, dict):
        raise InputError(
            "The correction must be the whole output object.",
            hint='For example --correct \'{"team": "cards"}\'.',
        )
    return value
