"""`pantheon verify`: every hash worked out anew, and what is not what it was said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pantheon.cli._changes import lock_of
from pantheon.cli._output import echo, echo_json, echo_table, json_option, note
from pantheon.cli._session import Session
from pantheon.errors import ExitCode

if TYPE_CHECKING:
    from pantheon.releases import Check, Drift


@click.command("verify")
@json_option
@click.pass_obj
def command(session: Session, as_json: bool) -> int:
    """Work out every hash anew: lock file, store, working files and their code.

    Says what is not what it was deployed as, and ends with exit code 4 then; 0 when nothing
    drifted. Nothing is changed.

    Example: pantheon verify
    """
    from pantheon.releases import verify

    project = session.load_project()
    with session.open_store(follow_lock=False) as store:
        check = verify(store, project, lock_of(session))
    if as_json:
        echo_json(_to_json(check))
    else:
        _show(check)
    return int(ExitCode.OK if check.clean else ExitCode.GATE)


def _to_json(check: Check) -> dict[str, Any]:
    return {
        "clean": check.clean,
        "pins": check.pins,
        "versions": check.versions,
        "drifts": [
            {
                "kind": drift.kind,
                "subject": drift.subject,
                "channel": drift.channel or None,
                "expected": drift.expected,
                "found": drift.found,
                "message": drift.message,
                "fix": drift.fix,
            }
            for drift in check.drifts
        ],
    }


def _show(check: Check) -> None:
    if check.clean:
        pins = "1 entry" if check.pins == 1 else f"{check.pins} entries"
        versions = "1 version" if check.versions == 1 else f"{check.versions} versions"
        echo(f"clean: {pins} of pantheon.lock and {versions} in the store")
        return
    rows = [(d.kind, d.subject, _short(d.expected), _short(d.found)) for d in check.drifts]
    echo_table(("drifted", "what", "expected", "found"), rows)
    echo("")
    for drift in _first_of_each(check.drifts):
        echo(drift.message)
        note(f"  fix: {drift.fix}")


def _first_of_each(drifts: tuple[Drift, ...]) -> list[Drift]:
    return list({drift.message: drift for drift in drifts}.values())


def _short(value: str) -> str:
    return value[:15] if value.startswith("b2:") else value
