"""The capability delta: what a definition may now do, know or spend, more or less than before."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from pantheon.diff._model import Capability, Direction
from pantheon.diff._powers import Power

_ORDER: dict[Direction, int] = {"more": 0, "other": 1, "less": 2}


def compare_powers(before: Iterable[Power], after: Iterable[Power]) -> tuple[Capability, ...]:
    """What was gained first, then what was lost."""
    old, new = _by_name(before), _by_name(after)
    found = [*_gained(old, new), *_lost(old, new), *_moved(old, new)]
    return tuple(sorted(dict.fromkeys(found), key=lambda c: _ORDER[c.direction]))


def _by_name(powers: Iterable[Power]) -> dict[tuple[str, str, str], Power]:
    return {(power.kind, power.words, power.unit): power for power in powers}


_Named = dict[tuple[str, str, str], Power]


def _gained(old: _Named, new: _Named) -> Iterator[Capability]:
    for key, power in new.items():
        if key not in old and _counts(power):
            yield Capability(power.kind, _direction(power, "more"), _say(power))


def _lost(old: _Named, new: _Named) -> Iterator[Capability]:
    for key, power in old.items():
        if key not in new and _counts(power):
            direction = _direction(power, "less")
            yield Capability(power.kind, direction, f"no longer {_say(power)}")


def _counts(power: Power) -> bool:
    """No limit is what there is without a word; nothing is gained by it."""
    return power.amount is None or (math.isfinite(power.amount) and power.amount > 0)


def _direction(power: Power, otherwise: Direction) -> Direction:
    if power.restrains:
        return "less" if otherwise == "more" else "more"
    return otherwise


def _moved(old: _Named, new: _Named) -> Iterator[Capability]:
    for key, power in new.items():
        earlier = old[key].amount if key in old else None
        if power.amount is None or earlier is None or power.amount == earlier:
            continue
        direction: Direction = "more" if power.amount > earlier else "less"
        was = _spell(earlier, power.unit)
        yield Capability(power.kind, direction, f"{_say(power)} instead of {was}")


def _say(power: Power) -> str:
    if power.amount is None:
        return power.words
    return power.words.format(_spell(power.amount, power.unit))


def _spell(amount: float, unit: str) -> str:
    return "any amount" if math.isinf(amount) else f"{amount:g} {unit}"
