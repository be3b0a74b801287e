"""Two runs side by side: their flows, inputs, nodes and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pantheon.errors import SpecError
from pantheon.flows._compare import NodeChange, compare_flows
from pantheon.flows._history import Plans
from pantheon.flows._pin import read_pin
from pantheon.flows._places import Key, written
from pantheon.ids import Json, RunId
from pantheon.store import NodeResult, Run, Store

MOST_CHANGES = 200
"""Of one value; the rest is not looked for."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One place in which two values differ."""

    path: str
    """`items[0].text`; empty: the whole value."""
    before: Json
    after: Json
    kind: str = "changed"
    """changed, added, or removed."""


@dataclass(frozen=True, slots=True)
class NodePair:
    """One node (or item, or round) in both runs; None where it has no result."""

    node: str
    before: NodeResult | None
    after: NodeResult | None
    output: tuple[ValueChange, ...]

    @property
    def same(self) -> bool:
        """Whether it ended alike: state, reason, output and who answered."""
        return not self.output and _kind_of(self.before) == _kind_of(self.after)


@dataclass(frozen=True, slots=True)
class RunDiff:
    """What differs between two runs."""

    before: Run
    after: Run
    flow: tuple[NodeChange, ...] | None
    """How the flows they are pinned to differ; None: one of them is another flow altogether."""
    input: tuple[ValueChange, ...]
    nodes: tuple[NodePair, ...]
    """All of both, in the order of the first, then of the second."""
    output: tuple[ValueChange, ...]

    @property
    def same(self) -> bool:
        """Whether they have the same input, ended alike, and every node did."""
        alike = self.before.state == self.after.state and all(pair.same for pair in self.nodes)
        return alike and not (self.input or self.output or self.flow or self.flow is None)


def diff(store: Store, before: RunId | str, after: RunId | str) -> RunDiff:
    """Compare two runs. Raises NotFound."""
    first, second = store.runs.get(before), store.runs.get(after)
    return RunDiff(
        first,
        second,
        flow=_compare_pins(store, first, second),
        input=tuple(compare_values(first.input, second.input)),
        nodes=tuple(_pairs(_results(store, first), _results(store, second))),
        output=tuple(compare_values(first.output, second.output)),
    )


def tier_of(result: NodeResult | None) -> str:
    """Who answered, as far as the journal says it."""
    return str(((result and result.note) or {}).get("tier") or "")


def seconds_of(result: NodeResult | None) -> float | None:
    """How long it took."""
    return None if result is None else max(0.0, result.finished - result.started)


def _compare_pins(store: Store, first: Run, second: Run) -> tuple[NodeChange, ...] | None:
    if first.flow_hash == second.flow_hash:
        return ()
    if first.flow != second.flow:
        return None
    try:
        pins = [read_pin(r.flow_hash, store.definitions.get(r.flow_hash)) for r in (first, second)]
    except SpecError:
        return None
    return tuple(compare_flows(*map(Plans, pins)))


def _results(store: Store, run: Run) -> dict[Key, NodeResult]:
    return {(result.node, result.index): result for result in store.journal.results(run.id)}


def _pairs(before: dict[Key, NodeResult], after: dict[Key, NodeResult]) -> Iterator[NodePair]:
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        changes = compare_values(was.output, now.output) if was and now else ()
        yield NodePair(written(*key), was, now, tuple(changes))


def _kind_of(result: NodeResult | None) -> tuple[object, ...]:
    if result is None:
        return (None,)
    return result.state, (result.reason or {}).get("reason"), tier_of(result)


# -------------------------------------------------------------------------------------- values


def compare_values(before: Json, after: Json) -> list[ValueChange]:
    """The places in which two values differ, the smallest that say it all."""
    found: list[ValueChange] = []
    for change in _compare("", before, after):
        found.append(change)
        if len(found) == MOST_CHANGES:
            break
    return found


def _compare(path: str, before: Json, after: Json) -> Iterator[ValueChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _compare_field(_field(path, key), before, after, key)
    elif isinstance(before, list) and isinstance(after, list):
        for i in range(max(len(before), len(after))):
            at = f"{path}[{i}]"
            if i >= len(after):
                yield ValueChange(at, before[i], None, "removed")
            elif i >= len(before):
                yield ValueChange(at, None, after[i], "added")
            else:
                yield from _compare(at, before[i], after[i])
    elif type(before) is not type(after) or before != after:
        yield ValueChange(path, before, after)


def _compare_field(
    path: str, before: dict[str, Json], after: dict[str, Json], key: str
) -> Iterator[ValueChange]:
    if key not in after:
        yield ValueChange(path, before[key], None, "removed")
    elif key not in before:
        yield ValueChange(path, None, after[key], "added")
    else:
        yield from _compare(path, before[key], after[key])


def _field(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
