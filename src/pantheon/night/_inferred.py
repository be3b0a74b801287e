"""The agent that a simulation is about: the project's, or one inferred from recorded work.

What is not said is inferred here and nowhere else. The contract is the narrowest in plain types
that every row satisfies; when two outputs are the same follows from its shape:

- several fields, or one that is an object: `fields`, so that an optional field may be left out
- one number: `numeric(0)`, equal numbers however they are written
- one list of plain values: `set_f1(1)`, the same values in any order
- one text that hardly ever comes again: `normalised`, as its spelling says little
- anything else, labels above all: `exact`
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pantheon.ids import canonical_json
from pantheon.learn import RECURRING
from pantheon.spec import EXACT, AgentDef, CloudTier, Same, SpecialistTier, infer_contract

if TYPE_CHECKING:
    from pantheon.ids import JsonObject
    from pantheon.night._stream import Stream, StreamRow
    from pantheon.spec import Promise

_FIELDS, _NUMBER, _SET, _TEXT = Same("fields"), Same("numeric"), Same("set_f1", 1.0), "normalised"


def simulated_agent(
    stream: Stream,
    *,
    defined: AgentDef | None,
    name: str | None,
    promise: Promise,
    same: Same | None,
    cloud: str,
) -> AgentDef:
    """The agent whose work is replayed, with a specialist and the recorded cloud alone.

    Args:
        stream: its recorded work.
        defined: the project's agent; None infers the contract.
        name: what to call an inferred one; None: after the stream.
        promise: what is simulated to be promised.
        same: when two outputs are the same; None: as defined, or as inferred.
        cloud: the model that plays the cloud.
    """
    tiers = (SpecialistTier(), CloudTier(model=cloud))
    if defined is not None:
        agent = replace(defined, tiers=tiers, promise=promise, privacy="any", validators=())
        return replace(agent, same=same) if same else _judgeable(agent, stream.rows)
    contract = infer_contract([(row.input, row.output) for row in stream.rows])
    return AgentDef(
        name or Path(stream.name).stem,
        contract.input,
        contract.output,
        tiers,
        promise=promise,
        same=same or infer_same(contract.output, stream.rows),
    )


def _judgeable(agent: AgentDef, rows: Sequence[StreamRow]) -> AgentDef:
    """With the inferred relation where the agent names a judge: a recording cannot be asked."""
    if agent.same.kind != "judge":
        return agent
    return replace(agent, same=infer_same(agent.output, rows))


def infer_same(output: JsonObject, rows: Sequence[StreamRow]) -> Same:
    """When two outputs of this contract count as the same, where nobody said."""
    fields = cast("dict[str, Any]", output.get("properties") or {})
    if len(fields) != 1:
        return _FIELDS if fields else EXACT
    rule = cast("dict[str, Any]", next(iter(fields.values())))
    match rule.get("type"):
        case "object":
            return _FIELDS
        case "number" | "integer":
            return _NUMBER
        case "array" if _is_plain(rule.get("items")):
            return _SET
        case "array":
            return _FIELDS
        case "string" if "enum" not in rule and not _recur(rows):
            return Same(_TEXT)
        case _:
            return EXACT


def _is_plain(items: object) -> bool:
    rule = cast("dict[str, Any]", items) if isinstance(items, dict) else {}
    return rule.get("type") not in {"object", "array"}


def _recur(rows: Sequence[StreamRow]) -> bool:
    counts = Counter(canonical_json(row.output) for row in rows)
    return sum(count for count in counts.values() if count > 1) >= RECURRING * len(rows)
