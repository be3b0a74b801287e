"""Field by field: where two records differ, for a contract whose outputs have several fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pantheon.spec import Same, same_output

if TYPE_CHECKING:
    from pantheon.ids import Json, JsonObject
    from pantheon.spec import AgentDef

_ALIKE = Same("fields")


def compare_fields(
    agent: AgentDef, output: JsonObject | None, other: JsonObject
) -> tuple[tuple[str, bool], ...]:
    """Each field that one of the two has, and whether they agree on it; empty unless the contract
    has several fields. Fields of an object inside are named `slots.city`.
    """
    if output is None or agent.same.kind != "fields":
        return ()
    left, right = _flat(output), _flat(other)
    return tuple((name, _agree(left, right, name)) for name in dict.fromkeys([*right, *left]))


def _flat(record: JsonObject) -> dict[str, Json]:
    flat: dict[str, Json] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": part for inner, part in value.items()}
        else:
            flat[name] = value
    return flat


def _agree(left: dict[str, Json], right: dict[str, Json], name: str) -> bool:
    return same_output(
        _ALIKE,
        {name: left[name]} if name in left else {},
        {name: right[name]} if name in right else {},
    )
