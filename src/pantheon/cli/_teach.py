"""`pantheon teach`: the few judgements that move an agent's quality promise most."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._input import read_json
from pantheon.cli._mutation import dry_run_option, rehearsal
from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._session import Session
from pantheon.clock import SystemClock
from pantheon.errors import InputError, UsageError
from pantheon.text import clean

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.learn.quality import Question, Review
    from pantheon.spec import AgentDef, Project
    from pantheon.store import Store, Verdict

_KEYS = "1/2 which is right, b both, n neither, e neither: I type it, s skip, q stop"
_WIDTH = 400


@click.command("teach")
@click.argument("agent", required=False)
@click.option("--list", "listed", is_flag=True, help="Only show what is asked for.")
@click.option("--answer", "id", metavar="ID", help="Judge one without being asked.")
@click.option(
    "--verdict",
    type=click.Choice(["1", "2", "both", "neither"]),
    help="With --answer: the first of the two is right, the second, both, or neither.",
)
@click.option("--correct", metavar="JSON|@FILE|-", help="With --answer: the right answer itself.")
@click.option("--limit", type=click.IntRange(min=1), default=20, help="At most so many.")
@dry_run_option
@json_option
@click.pass_obj
def command(  # noqa: PLR0913  one parameter an option
    session: Session,
    agent: str | None,
    listed: bool,
    id: str | None,
    verdict: str | None,
    correct: str | None,
    limit: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Judge which of two answers is right, where that unlocks most.

    Of agents that promise quality. The two answers come in an order drawn by lot; nothing says
    which is the cloud's. Press a key for each; the next night uses what you said.

    Example: pantheon teach --list
    """
    project = session.load_project()
    with session.open_store() as store:
        desk = _Desk(store, project, agent)
        if id is not None:
            with rehearsal(store, dry_run=dry_run):
                said = desk.answer(id, verdict, correct)
            _say_judged(said, "would" if dry_run else "applied", as_json=as_json)
        elif listed or as_json:
            desk.show(limit, as_json=as_json)
        else:
            desk.loop(limit)


class _Desk:
    """Where a person judges."""

    def __init__(self, store: Store, project: Project, agent: str | None) -> None:
        self._store = store
        self._agents = _promising(project, agent)

    def _reviews(self) -> tuple[Review, ...]:
        from pantheon.learn.quality import review

        return review(self._store, list(self._agents.values()))

    # ------------------------------------------------------------------ showing

    def show(self, limit: int, *, as_json: bool) -> None:
        """The queue and what it would unlock."""
        reviews = self._reviews()
        if as_json:
            echo_json({"agents": [_review_json(queue, limit) for queue in reviews]})
            return
        for queue in reviews:
            echo(_outlook(queue))
            for question in queue.questions[:limit]:
                echo("")
                _print(question)

    # ------------------------------------------------------------------ judging

    def answer(self, id: str, verdict: str | None, correct: str | None) -> dict[str, str]:
        """One judgement, without a dialogue."""
        from pantheon.learn.quality import find_question

        if (verdict is None) == (correct is None):
            raise UsageError(
                "Give either --verdict or --correct with --answer.",
                hint=f"pantheon teach --answer {id} --verdict 1",
            )
        question = find_question(self._reviews(), id)
        said = self._record(question, verdict or "neither", _given(correct))
        return {"question": id, "agent": question.agent, "verdict": said}

    def loop(self, limit: int) -> None:
        """Ask, one key each, until the queue, the limit or the person's patience ends."""
        if not sys.stdin.isatty():
            raise UsageError(
                "There is no terminal to ask at.",
                hint="`pantheon teach --list`, then `pantheon teach --answer ID --verdict 1`.",
            )
        given = 0
        for queue in self._reviews():
            echo(_outlook(queue))
            for question in queue.questions[: limit - given]:
                echo("")
                _print(question)
                choice = _ask_key()
                if choice == "q":
                    self._say_after(given)
                    return
                given += self._judge(question, choice)
        self._say_after(given)

    def _judge(self, question: Question, choice: str) -> bool:
        if choice == "s":
            return False
        if choice == "e":
            return self._typed(question)
        self._record(question, {"b": "both", "n": "neither"}.get(choice, choice), None)
        return True

    def _typed(self, question: Question) -> bool:
        """A slip of the fingers leaves the question open and must not end the loop."""
        text = click.prompt("The right answer, as JSON")
        try:
            self._record(question, "neither", _given(text))
        except InputError as error:
            echo(f"Not kept: {error.message}")
            return False
        return True

    def _record(self, question: Question, verdict: str, output: JsonObject | None) -> str:
        from pantheon.learn.quality import Given, record_judgement

        said: Verdict = question.verdict(int(verdict)) if verdict in {"1", "2"} else _plain(verdict)
        given = Given(said, _who(), SystemClock().now(), output)
        record_judgement(self._store, self._agents[question.agent], question, given)
        return said

    def _say_after(self, given: int) -> None:
        echo("")
        echo(f"{given} judged.")
        for queue in self._reviews():
            echo(_outlook(queue))


def _say_judged(said: dict[str, str], status: str, *, as_json: bool) -> None:
    if as_json:
        echo_json({**said, "status": status})
    else:
        done = "would be judged" if status == "would" else "judged"
        echo(f"{said['question']} {done}: {said['verdict']}")


def _promising(project: Project, name: str | None) -> dict[str, AgentDef]:
    """The agents that promise quality; only one of them when it is named."""
    found = {a.name: a for a in project.agents.values() if a.promise and a.promise.quality}
    if name is None and found:
        return found
    if name in found:
        return {name: found[name]}
    subject = f"Agent {name!r} promises" if name else "No agent promises"
    raise InputError(
        f"{subject} {'no ' if name else ''}quality, so no judgement is needed.",
        hint="Write `promise: {quality: 0.01}` on an agent to have it certified by judgements.",
    )


def _plain(verdict: str) -> Verdict:
    return "both" if verdict == "both" else "neither"


def _given(source: str | None) -> JsonObject | None:
    if source is None:
        return None
    value = read_json(source if source[:1] in "{[@-" else f"@{source}", what="the right answer")
    if not isinstance(value, dict):
        raise InputError("The right answer must be the whole output object.", hint='{"team": "x"}')
    return value


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "someone"


def _ask_key() -> str:
    while True:
        echo(_KEYS)
        key = click.getchar().lower()
        if key in {"1", "2", "b", "n", "e", "s", "q"}:
            return key


def _print(question: Question) -> None:
    echo(f"{question.id}  {question.agent}")
    echo("  " + clean(question.text, _WIDTH))
    for number, output in enumerate((question.first, question.second), 1):
        echo(f"  {number}  " + clean(json.dumps(output, ensure_ascii=False), _WIDTH))


def _outlook(queue: Review) -> str:
    """Where the test stands and what answering would unlock, in a sentence or two."""
    outlook = queue.outlook
    margin = f"{100 * queue.margin:g} point{'' if queue.margin == 0.01 else 's'}"
    shown = (
        f"nothing is shown yet to be within {margin} of the cloud"
        if outlook.region is None
        else f"{100 * outlook.local_share:.0f} % of the requests may be answered here"
        f" within {margin} of the cloud"
    )
    lines = f"{queue.agent}: {shown} ({outlook.rows:,} compared, {outlook.judged} judged)."
    return lines + _unlock(outlook.pending, outlook.judgements_needed, outlook.expected_share)


def _unlock(pending: int, needed: int | None, share: float) -> str:
    if not pending:
        return " Nothing is asked for."
    if needed is None:
        return f" {pending} wanted; if they fall as before, more requests are needed as well."
    return (
        f" {pending} wanted; if they fall as before, {needed} begin to unlock more, and all of"
        f" them {100 * share:.0f} %."
    )


def _review_json(queue: Review, limit: int) -> dict[str, Any]:
    outlook = queue.outlook
    return {
        "agent": queue.agent,
        "margin": queue.margin,
        "confidence": queue.confidence,
        "compared": outlook.rows,
        "judged": outlook.judged,
        "wanted": outlook.pending,
        "local_share": outlook.local_share,
        "expected_share": outlook.expected_share,
        "judgements_needed": outlook.judgements_needed,
        "questions": list(_questions_json(queue.questions[:limit])),
    }


def _questions_json(questions: Sequence[Question]) -> Iterator[dict[str, Any]]:
    for question in questions:
        yield {
            "id": question.id,
            "text": question.text,
            "first": question.first,
            "second": question.second,
            "gain": question.wanted.gain,
        }
