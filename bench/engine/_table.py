"""The Markdown table, and what stands above and below it."""

from __future__ import annotations

from collections.abc import Mapping

from bench.engine._rounds import Figures
from bench.engine._systems import Row
from bench.engine._timing import NODES

TITLES = {"chain": "chain of 100", "fan": "1 → 100 → 1", "runs": "200 × chain of 10"}
OURS = "fast"
"""The mode of Pantheon that the others are put against."""


def show(figures: Mapping[Row, Figures], machine: Mapping[str, str], *, rounds: int) -> str:
    """Everything, ready for a document."""
    parts = [
        part for part in (_describe(machine, rounds), _table(figures), _versions(figures)) if part
    ]
    faults = [f"- {row.title}: {found.fault}" for row, found in figures.items() if found.fault]
    return "\n\n".join([*parts, *(["Missing:", "\n".join(faults)] if faults else [])])


def _describe(machine: Mapping[str, str], rounds: int) -> str:
    told = "; ".join(f"{name}: {value}" for name, value in machine.items())
    return (
        f"Microseconds per node, wall [processor]; the best of {rounds} rounds' medians. "
        f"Versus: wall time by that of Pantheon, `{OURS}`.\n{told}"
    )


def _table(figures: Mapping[Row, Figures]) -> str:
    ours = next((f for row, f in figures.items() if _is_ours(row)), None)
    head = ["system", "kept in", *(TITLES[workload] for workload in NODES), "versus"]
    lines = [head, ["---"] * len(head)]
    for row, found in figures.items():
        cells = [_cell(found.best(workload)) for workload in NODES]
        lines.append([row.title, row.kept, *cells, _ratios(found, ours)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_ours(row: Row) -> bool:
    return (row.system, row.mode) == ("pantheon", OURS)


def _cell(best: tuple[float, float] | None) -> str:
    return "–" if best is None else f"{_spell(best[0])} [{_spell(best[1])}]"


def _spell(figure: float) -> str:
    return f"{figure:.1f}" if figure < 10 else f"{figure:,.0f}"


def _ratios(found: Figures, ours: Figures | None) -> str:
    """How many times as long as Pantheon, by workload."""
    ratios: list[str] = []
    for workload in NODES:
        theirs, own = found.best(workload), ours and ours.best(workload)
        ratios.append(_spell_ratio(theirs[0] / own[0]) if theirs and own else "–")
    return " / ".join(ratios)


def _spell_ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _versions(figures: Mapping[Row, Figures]) -> str:
    found = {name: value for each in figures.values() for name, value in each.versions.items()}
    told = ", ".join(f"{name} {value}" for name, value in found.items())
    return f"Versions: {told}." if told else ""
