"""The contract delta and its consequences: who calls or reads what changed, and breaks."""

from __future__ import annotations

from pantheon.diff._model import Consequence, ContractNote
from pantheon.spec import Project


def compare_sides(
    name: str, old: Project, new: Project, *, flow: bool = False
) -> tuple[tuple[ContractNote, ...], tuple[Consequence, ...]]:
    """What became of the contract of an agent (or a flow), and which flows no longer fit it."""
    return (), ()
