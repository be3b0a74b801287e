"""What the user writes: YAML → typed definitions with locations and errors worth reading.

`load_project` reads a `pantheon.yaml` in the full form or the original dialect and returns a
`Project`, or raises `InvalidProject` with every mistake found. Nothing heavy is imported until the
function that needs it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.spec._canonical import (
        agent_from_json,
        agent_hash,
        flow_from_json,
        flow_hash,
        to_json,
    )
    from pantheon.spec._compatibility import describe_fields
    from pantheon.spec._contract import expand_contract
    from pantheon.spec._diagnostic import Diagnostic, InvalidProject
    from pantheon.spec._expression import (
        Expression,
        ExpressionError,
        ExpressionFault,
        parse_expression,
    )
    from pantheon.spec._infer_contract import Contract, infer_contract
    from pantheon.spec._json_schema import json_schema
    from pantheon.spec._load import load_project
    from pantheon.spec._model import (
        ANY_OBJECT,
        NOWHERE,
        AgentDef,
        CloudTier,
        CommandTier,
        CrossCheck,
        FlowDef,
        HumanTier,
        Merge,
        ModelDef,
        NightBudget,
        NightDef,
        NodeDef,
        Price,
        Project,
        Promise,
        PromptTier,
        PythonTier,
        Retry,
        RouterDef,
        SpecialistTier,
        Tier,
    )
    from pantheon.spec._validate import omit_absent, render_text, validate_value

_MODULES: dict[str, tuple[str, ...]] = {
    "_compatibility": ("describe_fields",),
    "_canonical": ("agent_from_json", "agent_hash", "flow_from_json", "flow_hash", "to_json"),
    "_contract": ("expand_contract",),
    "_diagnostic": ("Diagnostic", "InvalidProject"),
    "_expression": ("Expression", "ExpressionError", "ExpressionFault", "parse_expression"),
    "_infer_contract": ("Contract", "infer_contract"),
    "_json_schema": ("json_schema",),
    "_load": ("load_project",),
    "_model": (
        "ANY_OBJECT",
        "NOWHERE",
        "AgentDef",
        "CloudTier",
        "CommandTier",
        "CrossCheck",
        "FlowDef",
        "HumanTier",
        "Merge",
        "ModelDef",
        "NightBudget",
        "NightDef",
        "NodeDef",
        "Price",
        "Project",
        "Promise",
        "PromptTier",
        "PythonTier",
        "Retry",
        "RouterDef",
        "SpecialistTier",
        "Tier",
    ),
    "_validate": ("omit_absent", "render_text", "validate_value"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "ANY_OBJECT",
    "NOWHERE",
    "AgentDef",
    "CloudTier",
    "CommandTier",
    "Contract",
    "CrossCheck",
    "Diagnostic",
    "Expression",
    "ExpressionError",
    "ExpressionFault",
    "FlowDef",
    "HumanTier",
    "InvalidProject",
    "Merge",
    "ModelDef",
    "NightBudget",
    "NightDef",
    "NodeDef",
    "Price",
    "Project",
    "Promise",
    "PromptTier",
    "PythonTier",
    "Retry",
    "RouterDef",
    "SpecialistTier",
    "Tier",
    "agent_from_json",
    "agent_hash",
    "expand_contract",
    "flow_from_json",
    "flow_hash",
    "infer_contract",
    "json_schema",
    "load_project",
    "describe_fields",
    "omit_absent",
    "parse_expression",
    "render_text",
    "to_json",
    "validate_value",
]
