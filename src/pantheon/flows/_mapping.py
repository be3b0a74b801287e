"""A node that runs once per item of a list: the list, and what the items come to together.

Every item is tried, whatever becomes of the others, and its result is journaled at once. The node
gives the list of outputs, in order, when all items gave one; it waits while a person is asked about
any; otherwise it fails like the first item that failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pantheon.agents import Reason
from pantheon.flows._ending import Ending, failed, message_of
from pantheon.ids import Json, JsonObject
from pantheon.spec import ExpressionFault, NodeDef


def list_to_map(node: NodeDef, scope: Mapping[str, Json]) -> list[Json] | Ending:
    """The items, or how the node ends when there is no list."""
    assert node.map is not None
    try:
        items = node.map.evaluate(scope)
    except ExpressionFault as fault:
        return failed(Reason.INVALID_INPUT, fault.message)
    if isinstance(items, list):
        return items
    said = "null" if items is None else type(items).__name__
    return failed(Reason.INVALID_INPUT, f"`{node.map.source}` is {said}, not a list.")


def combine(items: Sequence[Ending]) -> Ending:
    """What the node comes to."""
    attempts = max((item.attempts for item in items), default=0)
    broken = [(index, item) for index, item in enumerate(items) if item.broken]
    waiting = sum(item.state == "waiting" for item in items)
    if waiting:
        reason: JsonObject = {"message": f"A person has been asked about {waiting} items."}
        return Ending("waiting", reason=reason, attempts=attempts)
    if not broken:
        return Ending("ok", [item.output for item in items], attempts=attempts)
    index, first = broken[0]
    message = (
        f"{len(broken)} of {len(items)} items failed; item {index}: {message_of(first.reason)}"
    )
    reason = {**(first.reason or {}), "message": message, "items": [i for i, _ in broken]}
    return Ending(first.state, reason=reason, attempts=attempts)
