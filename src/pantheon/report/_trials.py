"""Versions on trial that guards stopped, or made stable, in the period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.releases import standing_from_json
from pantheon.report._clean import MESSAGE, NAME, clean
from pantheon.report._model_trials import TrialNote
from pantheon.report._past import Past
from pantheon.report._reasons import typed

if TYPE_CHECKING:
    from pantheon.store import ReleaseMove

WHO = "guard"


def find_trials(past: Past) -> tuple[TrialNote, ...]:
    """The newest first."""
    moves = [move for move in past.store.releases.moves() if move.who == WHO]
    return tuple(_note(move) for move in reversed(moves) if past.is_in_period(move.at))


def _note(move: ReleaseMove) -> TrialNote:
    before, after = standing_from_json(move.before), standing_from_json(move.after)
    stopped = move.action != "promote"
    gone = [p for c, p in before.items() if c != "stable" and after.on(c) is None]
    pointer = gone[0] if stopped and gone else after.stable
    name = clean(move.name, NAME)
    version = f"{name}@{pointer.number}" if pointer else name
    words = f"{version} has passed a bound and was stopped."
    if not stopped:
        words = f"{version} has kept its bounds and answers everything now."
    return TrialNote(
        kind=move.kind,
        name=name,
        version=version,
        outcome="stopped" if stopped else "promoted",
        at=move.at,
        why=clean(move.why, MESSAGE),
        words=words,
        look=typed(f"pantheon {move.kind}s history", name),
        undo=typed("pantheon rollback", name),
    )
