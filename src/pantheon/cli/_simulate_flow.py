"""`pantheon simulate --flow`: what a changed flow would have made of the runs that came in before."""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING, Any

from pantheon.cli._output import echo, echo_json, echo_table, progress
from pantheon.cli._run import find_flow
from pantheon.errors import NotFound, UsageError

if TYPE_CHECKING:
    from pantheon.cli._session import Session
    from pantheon.learn import Interval
    from pantheon.store import Run, Store
    from pantheon.trying import MeanChange, Replayed, WhatIf

_MOST_SHOWN = 10
_ENDED = ("done", "failed")
_NO_REQUESTS = frozenset({"try", "shadow", "fork"})
"""Causes of runs that repeat a request; part of what a fork took is logged with its parent."""


def play_flow(session: Session, flow: str, *, runs: str, seed: int, as_json: bool) -> None:
    """Try the working files' flow on recorded runs, and print what would be otherwise."""
    from pantheon.clock import SystemClock
    from pantheon.trying import Limits, Setup, open_sandbox, what_if

    project = session.load_project()
    find_flow(project, flow)

    async def play(store: Store) -> WhatIf:
        chosen = choose_runs(store, flow, runs)
        setup = Setup(Limits(tools="functions"), answers="records", source=store, seed=seed)
        async with open_sandbox(project, setup, clock=SystemClock()) as sandbox:
            return await what_if(sandbox, flow, chosen, store, tell=_tell)

    with session.open_store() as store:
        found = asyncio.run(play(store))
    if as_json:
        echo_json(to_json(found))
    else:
        _show(found)


def choose_runs(store: Store, flow: str, wanted: str) -> list[Run]:
    """`last:200`, `all`, or ids with commas between; only runs of the flow that have ended.

    Raises:
        UsageError: it is none of these.
        NotFound: there are no such runs.
    """
    every = [run for run in store.runs.list(None, flow=flow) if run.state in _ENDED]
    real = [run for run in every if run.cause not in _NO_REQUESTS]
    last = re.fullmatch(r"last:([1-9]\d{0,6})", wanted)
    if last:
        chosen = real[: int(last[1])]
    elif wanted == "all":
        chosen = real
    else:
        ids = {part.strip() for part in wanted.split(",")}
        chosen = [run for run in every if run.id in ids]
        if missing := ids - {run.id for run in chosen}:
            raise UsageError(
                f"--runs {', '.join(sorted(missing))}: no run of {flow!r} that has ended.",
                hint="Write last:200, all, or ids that `pantheon runs list` shows.",
            )
    if not chosen:
        raise NotFound(f"No run of {flow!r} has ended yet.", hint=f"pantheon run {flow} makes one.")
    return chosen[::-1]


def _tell(done: int, total: int) -> None:
    if done == total or done % 50 == 0:
        progress(f"{done} of {total} runs")


# ------------------------------------------------------------------------------------- printing


def _show(found: WhatIf) -> None:
    runs = "1 recorded run" if len(found.runs) == 1 else f"{len(found.runs)} recorded runs"
    echo(f"{found.flow}: the working files on {runs} (sandbox)")
    echo("Models, people and programs answer as recorded; functions and specialists anew.")
    echo("")
    low, high = f"{found.changed.low:.1%}", f"{found.changed.high:.1%}"
    changed = sum(each.changed for each in found.runs)
    limits = f" ({low} to {high})" if found.known else ""
    echo(f"changed outputs  {changed} of {found.known} known{limits}")
    if found.known < len(found.runs):
        unknown = len(found.runs) - found.known
        echo(f"not known        {unknown}, where somebody would be asked anew; were all of them")
        echo(f"                 changed, {found.at_most:.1%} of all would be")
    echo("")
    echo_table(
        ("mean a run", "then", "now", "change", "95 % interval"),
        [
            _row("cost (USD)", found.cost_usd, 6),
            _row("time of answers (s)", found.seconds, 3),
            _row("escalations", found.escalations, 2),
        ],
    )
    _show_examples(found)


def _row(name: str, change: MeanChange, digits: int) -> tuple[str, ...]:
    if math.isnan(change.now):
        return (name, "–", "–", "–", "no run is known")
    low, high = (f"{limit:+.{digits}f}" for limit in (change.change.low, change.change.high))
    limits = f"{low} to {high}" if math.isfinite(change.change.low) else "one run bounds nothing"
    numbers = (f"{change.then:.{digits}f}", f"{change.now:.{digits}f}")
    return (name, *numbers, f"{change.change.estimate:+.{digits}f}", limits)


def _show_examples(found: WhatIf) -> None:
    changed = [each for each in found.runs if each.changed]
    unknown = [each for each in found.runs if each.now is None]
    for each in changed[:_MOST_SHOWN]:
        echo("")
        echo(f"{each.run}  {_short(each.input)}")
        echo(f"  then {_short(each.then.output)}")
        echo(f"  now  {_short(each.now.output if each.now else None)}")
    if len(changed) > _MOST_SHOWN:
        echo(f"\nand {len(changed) - _MOST_SHOWN} more; --json has all of them")
    if unknown:
        echo(f"\nnot known, for example {unknown[0].run}: {unknown[0].unknown}")


def _short(value: Any) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False) if value is not None else "no output"
    return text if len(text) <= 100 else f"{text[:99]}…"


def to_json(found: WhatIf) -> dict[str, Any]:
    """Everything, run by run."""
    return {
        "flow": found.flow,
        "sandbox": True,
        "answers": "recorded",
        "runs": len(found.runs),
        "known": found.known,
        "changed": _interval(found.changed),
        "changed_at_most": found.at_most,
        "mean": {
            "cost_usd": _mean(found.cost_usd),
            "seconds": _mean(found.seconds),
            "escalations": _mean(found.escalations),
        },
        "items": [_item(each) for each in found.runs],
    }


def _mean(change: MeanChange) -> dict[str, Any]:
    return {
        "then": _finite(change.then),
        "now": _finite(change.now),
        "change": _interval(change.change),
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "value": _finite(interval.estimate),
        "low": _finite(interval.low),
        "high": _finite(interval.high),
        "level": interval.level,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _item(each: Replayed) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "run": each.run,
        "input": each.input,
        "changed": each.changed if each.now else None,
        "then": asdict(each.then),
        "now": asdict(each.now) if each.now else None,
        "unknown": each.unknown or None,
    }
