"""Options that `try` and `test` share: what a sandbox may do, and where its answers come from."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from pantheon.cli._output import note
from pantheon.cli._session import Session
from pantheon.errors import UsageError

if TYPE_CHECKING:
    from pantheon.spec import Project, Scripted
    from pantheon.store import Store
    from pantheon.trying import Setup, Tools

F = TypeVar("F", bound=Callable[..., Any])
_SCRIPTED, _RECORDED = "scripted", "recorded"
DEFAULT_USD = 0.10


class Allowed(TypedDict):
    """What the options say."""

    cloud: bool
    max_usd: float
    tools: Tools
    answers: str | None
    seed: int


def sandbox_options(*, tools: str) -> Callable[[F], F]:
    """The options, with the code that runs by default."""
    options = (
        click.option("--cloud", is_flag=True, help="Ask remote models too; costs are capped."),
        click.option(
            "--max-usd",
            type=click.FloatRange(min=0),
            default=DEFAULT_USD,
            show_default=True,
            help="With --cloud: what all of it may cost.",
        ),
        click.option(
            "--tools",
            type=click.Choice(["pure", "functions", "real"]),
            default=tools,
            show_default=True,
            help="Code that runs: functions of `deterministic` agents, all functions, programs too.",
        ),
        click.option(
            "--answers",
            metavar="scripted:FILE|recorded",
            help="Answers in place of models: JSON lines, or what the store has recorded.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Of random choices."),
    )

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def read_setup(
    allowed: Allowed, project: Project, source: Store | None
) -> tuple[Setup, tuple[Scripted, ...]]:
    """The setup that the options spell, and the script that they name. Raises UsageError."""
    from pantheon.models import Budget
    from pantheon.spec import read_script
    from pantheon.trying import Limits, Setup

    limits = Limits(allowed["cloud"], allowed["max_usd"], allowed["tools"])
    budget = Budget(limits.max_usd) if limits.cloud else None
    setup = Setup(limits, source=source, budget=budget, seed=allowed["seed"])
    kind, colon, file = (allowed["answers"] or "").partition(":")
    if kind == _SCRIPTED and file:
        return replace(setup, answers="script"), read_script(Path(file), project.agents)
    if kind == _RECORDED and not colon:
        return replace(setup, answers="records"), ()
    if allowed["answers"]:
        raise UsageError(
            f"{allowed['answers']!r} does not say where answers come from.",
            hint="Write --answers scripted:FILE or --answers recorded.",
        )
    _warn_of_prices(allowed, project)
    return setup, ()


def _warn_of_prices(allowed: Allowed, project: Project) -> None:
    """A cap holds only what has a price."""
    free = [
        m.name
        for m in project.models.values()
        if m.remote and not (m.price.input or m.price.output)
    ]
    if allowed["cloud"] and free:
        names = ", ".join(free)
        note(f"the cap of --max-usd cannot hold for {names}: no `price` is given for it")


@contextmanager
def open_source(session: Session) -> Generator[Store | None]:
    """The project's store where it has one; trying makes none."""
    if not session.store_file().exists():
        yield None
        return
    with session.open_store() as store:
        yield store


def describe_setup(allowed: Allowed) -> str:
    """What is withheld, in a line."""
    code = {
        "pure": "programs, people and functions that may act are withheld",
        "functions": "programs and people are withheld",
        "real": "people are withheld, programs and functions are real",
    }
    if allowed["answers"]:
        models = f"answers {allowed['answers']}"
    else:
        models = f"cloud up to {allowed['max_usd']:g} USD" if allowed["cloud"] else "cloud off"
    return f"sandbox: {models}; {code[allowed['tools']]}; nothing is kept"
