"""`pantheon agents evidence`: tests that grow over nights, the budget of all, the holdout's wear."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._output import echo, echo_json, echo_table, json_option
from pantheon.clock import iso

if TYPE_CHECKING:
    from pantheon.cli._session import Session
    from pantheon.store import Evidence, Store

_SUPERIOR = {"superior": "better than", "not_inferior": "no worse than"}


@click.command("evidence")
@click.argument("name", metavar="AGENT")
@json_option
@click.pass_obj
def evidence(session: Session, name: str, as_json: bool) -> None:
    """What speaks for an agent's challengers, what the holdout still bears, and what all agents
    together may still get wrong.

    Example: pantheon agents evidence triage
    """
    from pantheon.cli._agents import find_agent

    find_agent(session.load_project(), name)
    with session.open_store() as store:
        body = {
            "agent": name,
            "tests": _tests(store, name),
            "holdout": _holdout(store, name),
            "budget": _budget(store),
        }
    if as_json:
        echo_json(body)
    else:
        _tell(body)


def canary_json(store: Store, agent: str) -> dict[str, Any] | None:
    """The version on probation, with its share; None if there is none."""
    from pantheon.learn import canary_of

    move = canary_of(store, agent)
    if move is None or move.version is None:
        return None
    number = store.versions.get(move.version).number
    return {"version": f"{agent}@{number}", "share": move.share, "since": iso(move.at)}


def _tests(store: Store, agent: str) -> list[dict[str, Any]]:
    """The last step of each test, oldest first."""
    last: dict[tuple[str, str], Evidence] = {}
    nights: dict[tuple[str, str], set[str]] = {}
    for step in store.evidence.list(agent):
        key = (step.test, step.subject)
        last[key] = step
        nights.setdefault(key, set()).add(step.night)
    numbers = {version.hash: f"{agent}@{version.number}" for version in store.versions.list(agent)}
    decided = {(d.test, d.subject): d for d in store.decisions.list(agent)}
    return [
        {
            "test": step.test,
            "subject": _name(step.subject, numbers),
            "nights": len(nights[key]),
            "rows": step.rows,
            "wins": step.wins,
            "losses": step.losses,
            "e_value": math.exp(min(step.log_e, 700.0)),
            "e_needed": 1 / decided[key].level if key in decided else None,
            "decided": decided[key].rejected if key in decided else None,
            "state": step.state.get("verdict"),
        }
        for key, step in last.items()
    ]


def _name(subject: str, numbers: dict[Any, str]) -> str:
    """A subject with versions by the names people use."""
    return " ".join(numbers.get(word, word) for word in subject.split(" "))


def _holdout(store: Store, agent: str) -> dict[str, Any]:
    from pantheon.learn.gates import inspect

    arrivals = [example.at for example in store.examples.list(agent, split="holdout")]
    looks = store.looks.list(agent)
    state = inspect(arrivals, looks)
    return {
        "rows": state.rows,
        "resting": state.resting,
        "bits": state.bits,
        "bits_allowed": state.allowed,
        "bits_left": state.left,
        "looks": [
            {"at": iso(look.at), "night": look.night, "purpose": look.purpose, "rows": look.rows}
            for look in looks
        ],
    }


def _budget(store: Store) -> dict[str, Any]:
    from pantheon.learn.gates import budget_left

    budget = budget_left(store.decisions.list())
    return {
        "alpha": budget.alpha,
        "tests": budget.tests,
        "rejected": budget.rejected,
        "spent": budget.spent,
        "left": budget.left,
        "e_needed_next": budget.e_needed,
    }


# ------------------------------------------------------------------------------------ as text
def _tell(body: dict[str, Any]) -> None:
    if body["tests"]:
        heads = ("test", "subject", "nights", "requests", "wins", "losses", "evidence", "needed")
        echo_table(heads, [_row(test) for test in body["tests"]])
    else:
        echo("No test has begun: no other rung has challenged what answers.")
    holdout, budget = body["holdout"], body["budget"]
    rejections = sum(look["purpose"] != "gate passed" for look in holdout["looks"])
    echo("")
    echo(
        f"holdout   {holdout['rows']:,} examples usable, {holdout['resting']:,} worn; "
        f"{len(holdout['looks'])} looks, {rejections} of them rejected; "
        f"{holdout['bits_left']:.1f} of {holdout['bits_allowed']:.1f} bits left"
    )
    echo(
        f"all agents {budget['rejected']} improvements shown in {budget['tests']} tests; at most "
        f"{budget['alpha']:.0%} of them false; {budget['left']:.0%} of the budget left, "
        f"evidence of {budget['e_needed_next']:.0f} needed next"
    )


def _row(test: dict[str, Any]) -> tuple[Any, ...]:
    needed = "–" if test["e_needed"] is None else f"{test['e_needed']:.3g}"
    name = _SUPERIOR.get(test["test"], test["test"])
    return (
        f"{name} (shown)" if test["decided"] else name,
        test["subject"],
        test["nights"],
        test["rows"],
        test["wins"],
        test["losses"],
        f"{test['e_value']:.3g}",
        needed,
    )
