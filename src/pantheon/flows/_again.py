"""What a run that failed does again when it is resumed, of all that its journal holds.

Nodes that gave nothing are tried again, and those behind them. A behaviour tree also tries again
what gave an output that it did not count as a success, and decides anew from there on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pantheon.agents import Reason
from pantheon.flows._ending import BROKEN
from pantheon.flows._places import split
from pantheon.flows._tree_parts import DECISION, does_not_count
from pantheon.store import NodeResult


def to_repeat(results: Sequence[NodeResult]) -> list[NodeResult]:
    """The results that a failed or cancelled run must not go on with."""
    broken = [result for result in results if _is_broken(result)]
    broken += _given_up(results, {result.node for result in broken})
    trees = {split(result.node)[0] for result in results if _is_decision(result)}
    found = {(r.node, r.index): r for r in broken}
    for prefix in sorted(trees):
        inside = [r for r in results if r.node.startswith(prefix)]
        found |= {(r.node, r.index): r for r in _undecided(prefix, inside)}
    return list(found.values())


def _is_broken(result: NodeResult) -> bool:
    reason = _reason(result)
    if reason == Reason.NOT_NEEDED.value:
        return False
    behind = result.state == "skipped" and reason == Reason.UPSTREAM.value
    return result.state in BROKEN or behind or does_not_count(result.reason)


def _given_up(results: Sequence[NodeResult], broken: set[str]) -> Iterator[NodeResult]:
    """What a merge did without that is itself to be decided anew."""
    for result in results:
        merge = (result.reason or {}).get("merge")
        if isinstance(merge, str) and split(result.node)[0] + merge in broken:
            yield result


def _undecided(prefix: str, inside: Sequence[NodeResult]) -> Iterator[NodeResult]:
    """What a tree decided after something failed, and what it cancelled for that."""
    since = _since(inside)
    for result in inside:
        mine = split(result.node)[0] == prefix
        decided = _is_decision(result) or _reason(result) == Reason.NOT_NEEDED.value
        if mine and decided and result.seq >= since:
            yield result


def _since(inside: Sequence[NodeResult]) -> float:
    """When the first thing failed; where no node did, a condition must have."""
    failures = [r.seq for r in inside if _is_broken(r) or _is_cut(r)]
    return min(failures or [r.seq for r in inside if _is_no(r)], default=float("inf"))


def _is_decision(result: NodeResult) -> bool:
    return split(result.node)[1].startswith(DECISION)


def _is_no(result: NodeResult) -> bool:
    return _is_decision(result) and result.output is False


def _is_cut(result: NodeResult) -> bool:
    return _is_no(result) and _reason(result) != Reason.CONDITION.value


def _reason(result: NodeResult) -> object:
    return (result.reason or {}).get("reason")
