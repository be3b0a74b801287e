"""`pantheon guards`: whether versions on trial keep their bounds, and what comes of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._changes import change_to_json, dry_option, lock_of
from pantheon.cli._output import echo, echo_json, error_to_json, json_option, note
from pantheon.cli._session import Session
from pantheon.clock import iso

if TYPE_CHECKING:
    from pantheon.releases import Checked, Figure, Review
    from pantheon.store import Store


@click.command("guards")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--act", is_flag=True, help="Do now what they ask for: stop or promote.")
@dry_option
@json_option
@click.pass_obj
def command(
    session: Session, names: tuple[str, ...], act: bool, dry_run: bool, as_json: bool
) -> None:
    """Show the guards of versions on trial, with figures and verdicts.

    The same is looked at whenever a run of such a version ends, and by nights, which then act by
    themselves. The limits hold at all times: it does no harm to look often.

    Example: pantheon guards support
    """
    from pantheon.releases import check_guards

    with session.open_store() as store:
        chosen = [_find(store, name) for name in names] or None
        found = check_guards(
            store, lock_of(session), names=chosen, act=act or dry_run, dry_run=dry_run
        )
    if as_json:
        echo_json(
            {"status": _status(found), "items": [_to_json(session, checked) for checked in found]}
        )
        return
    for checked in found:
        _show(checked)
    if not found:
        echo("Nothing is on trial: no canary, no shadow.")


def _find(store: Store, name: str) -> tuple[str, str]:
    """Kind and name of something that has been deployed. Raises NotFound and UsageError."""
    from pantheon.releases import DEPLOYABLE, kind_of, parse_reference

    asked = parse_reference(name)
    return asked.kind or kind_of(store, None, asked.name, among=DEPLOYABLE), asked.name


def _status(found: list[Checked]) -> str:
    """applied, would or already: nothing was to be done."""
    statuses = {checked.change.status for checked in found if checked.change is not None}
    return next((s for s in ("applied", "would") if s in statuses), "already")


# ---------------------------------------------------------------------------------- for people


def _show(checked: Checked) -> None:
    found = checked.review
    if found is not None:
        echo(f"{found.kind} {found.title}  {found.channel}  since {iso(found.since)}")
        for line in _lines(found):
            echo(f"  {line}")
        echo(f"  {_decided(checked, found)}")
    if checked.problem is not None:
        echo(f"{checked.kind} {checked.name}  {checked.channel}: {checked.problem.message}")
        note(f"  fix: {checked.problem.hint}")


def _lines(found: Review) -> list[str]:
    runs = f"{found.runs} run{'' if found.runs == 1 else 's'}"
    lines = [f"{runs} ended, {found.under_way} under way"]
    if found.channel == "shadow":
        counts = [f"{found.agreement.get(k, 0)} {told}" for k, told in _AGREEMENT.items()]
        lines = [f"{runs} in the shadow: {', '.join(counts)}"]
        if found.same is not None:
            low, high = found.same.low, found.same.high
            share = found.same.estimate
            lines.append(f"the same as what was served: {share:.1%} ({low:.1%} to {high:.1%})")
    return lines + [figure.words for figure in found.figures]


_AGREEMENT = {
    "same": "the same",
    "differs": "otherwise",
    "failed": "failed",
    "unknown": "not known",
}


def _decided(checked: Checked, found: Review) -> str:
    """What comes of it."""
    change, after = checked.change, found.guards.promote_after
    done = None if change is None else {"applied": "done", "would": "would be done"}
    acted = f" ({done.get(change.status, change.status)})" if done and change else ""
    match found.decision:
        case "stop":
            return f"stop: a bound is passed{acted}"
        case "promote":
            return f"promote: {after} runs are in, and no bound is passed{acted}"
        case "wait":
            return f"wait: {after} runs are in, but a bound seems passed or nothing is known of it"
        case "watch" if after is not None:
            return f"go on: becomes stable after {after} runs if it keeps its bounds"
        case "watch":
            return "go on: becomes stable by `pantheon promote` only"


# -------------------------------------------------------------------------------- for programs


def _to_json(session: Session, checked: Checked) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": checked.kind,
        "name": checked.name,
        "channel": checked.channel,
        "problem": None if checked.problem is None else error_to_json(checked.problem),
        "change": None if checked.change is None else change_to_json(session, checked.change),
    }
    found = checked.review
    return body if found is None else body | _review_to_json(found)


def _review_to_json(found: Review) -> dict[str, Any]:
    return {
        "version": found.title,
        "hash": found.pointer.hash,
        "share": found.pointer.share,
        "since": iso(found.since),
        "runs": {"ended": found.runs, "under_way": found.under_way},
        "agreement": dict(found.agreement) if found.channel == "shadow" else None,
        "same": None if found.same is None else _limits(found.same),
        "promote_after": found.guards.promote_after,
        "decision": found.decision,
        "guards": [_figure_to_json(figure) for figure in found.figures],
    }


def _figure_to_json(figure: Figure) -> dict[str, Any]:
    return {
        "guard": figure.guard.measure,
        "bound": figure.guard.bound,
        "relative": figure.guard.relative,
        "written": figure.guard.written,
        "verdict": figure.verdict,
        "seen": figure.seen,
        "beside": figure.beside,
        **_limits(figure),
    }


def _limits(figure: Any) -> dict[str, Any]:
    return {key: _finite(getattr(figure, key)) for key in ("estimate", "low", "high")}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
