"""What the user writes: YAML → typed definitions with locations and errors worth reading.

`load_project` reads a `pantheon.yaml` in the full form or the original dialect and returns a
`Project`, or raises `InvalidProject` with every mistake found. Nothing heavy is imported until the
function that needs it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pantheon.spec._breaks import Break, find_breaks, users_of
    from pantheon.spec._canonical import (
        agent_from_json,
        agent_hash,
        flow_from_json,
        flow_hash,
        memory_from_json,
        memory_to_json,
        to_json,
    )
    from pantheon.spec._case import (
        ANY_FAILURE,
        LOCAL,
        MODEL_FAILURES,
        Case,
        Expectation,
        Satisfies,
        Scripted,
    )
    from pantheon.spec._compatibility import describe_fields
    from pantheon.spec._conform import conforms_to
    from pantheon.spec._constants import (
        ANY_OBJECT,
        NOWHERE,
    )
    from pantheon.spec._contract import expand_contract
    from pantheon.spec._contract_change import ChangeKind, ContractChange, compare_contracts
    from pantheon.spec._diagnostic import Diagnostic, Excerpt, InvalidProject, Severity
    from pantheon.spec._expression import (
        Expression,
        ExpressionError,
        ExpressionFault,
        parse_expression,
    )
    from pantheon.spec._flow_model import (
        ContextKey,
        CrossCheck,
        FlowDef,
        Loop,
        Merge,
        NodeDef,
        Planned,
        Retry,
        TreeDef,
        Wait,
        expressions_of,
    )
    from pantheon.spec._from_python import load_definitions
    from pantheon.spec._include import files_of
    from pantheon.spec._infer_contract import Contract, infer_contract
    from pantheon.spec._json_schema import json_schema
    from pantheon.spec._judge import VERDICT, judge_question
    from pantheon.spec._lint import LintDef
    from pantheon.spec._load import load_project
    from pantheon.spec._mermaid import describe_budget, to_mermaid
    from pantheon.spec._model import (
        NO_RESOURCES,
        AgentDef,
        Breaker,
        CloudTier,
        CommandTier,
        HumanTier,
        MemoryDef,
        ModelDef,
        ModelLimits,
        NightBudget,
        NightDef,
        ParameterDef,
        Price,
        Project,
        Promise,
        PromptTier,
        PythonTier,
        Resources,
        Retention,
        RouterDef,
        Rule,
        RulesTier,
        SpecialistTier,
        Tier,
    )
    from pantheon.spec._normal import holds_part, normalised
    from pantheon.spec._overlay import overlays_of
    from pantheon.spec._paths import overlap, paths_of
    from pantheon.spec._plan_flow import flow_from_plan, plan_schema
    from pantheon.spec._readings import (
        Comparison,
        Reading,
        comparison_of,
        readings_of,
        single_reading,
    )
    from pantheon.spec._same import (
        EXACT,
        Same,
        SameProblem,
        differing_fields,
        normal_form,
        parse_same,
        same_output,
    )
    from pantheon.spec._skill_model import ContextFile, Skill, SkillFile, list_skills
    from pantheon.spec._source import did_you_mean
    from pantheon.spec._template import variables_of
    from pantheon.spec._tests import read_objects, read_script
    from pantheon.spec._uses import agents_of, definitions_for, flows_of
    from pantheon.spec._validate import omit_absent, render_text, validate_value
    from pantheon.spec._versions_of import Recorded, RecordedAgent, admits, constraints_on
    from pantheon.spec._write import to_source, write_agent, write_model
    from pantheon.spec._write_flow import write_flow
    from pantheon.spec._yaml import reading_instead, text_of

_MODULES: dict[str, tuple[str, ...]] = {
    "_include": ("files_of",),
    "_write_flow": ("write_flow",),
    "_write": (
        "to_source",
        "write_agent",
        "write_model",
    ),
    "_breaks": (
        "Break",
        "find_breaks",
        "users_of",
    ),
    "_contract_change": (
        "ChangeKind",
        "ContractChange",
        "compare_contracts",
    ),
    "_case": (
        "ANY_FAILURE",
        "LOCAL",
        "MODEL_FAILURES",
        "Case",
        "Expectation",
        "Satisfies",
        "Scripted",
    ),
    "_compatibility": ("describe_fields",),
    "_canonical": (
        "agent_from_json",
        "agent_hash",
        "flow_from_json",
        "flow_hash",
        "memory_from_json",
        "memory_to_json",
        "to_json",
    ),
    "_conform": ("conforms_to",),
    "_contract": ("expand_contract",),
    "_diagnostic": ("Diagnostic", "Excerpt", "InvalidProject", "Severity"),
    "_lint": ("LintDef",),
    "_template": ("variables_of",),
    "_yaml": ("reading_instead", "text_of"),
    "_expression": ("Expression", "ExpressionError", "ExpressionFault", "parse_expression"),
    "_from_python": ("load_definitions",),
    "_infer_contract": ("Contract", "infer_contract"),
    "_json_schema": ("json_schema",),
    "_judge": ("VERDICT", "judge_question"),
    "_load": ("load_project",),
    "_mermaid": ("describe_budget", "to_mermaid"),
    "_constants": (
        "ANY_OBJECT",
        "NOWHERE",
    ),
    "_flow_model": (
        "ContextKey",
        "CrossCheck",
        "FlowDef",
        "Loop",
        "Merge",
        "NodeDef",
        "Planned",
        "Retry",
        "TreeDef",
        "Wait",
        "expressions_of",
    ),
    "_model": (
        "NO_RESOURCES",
        "AgentDef",
        "Breaker",
        "CloudTier",
        "CommandTier",
        "HumanTier",
        "MemoryDef",
        "ModelDef",
        "ModelLimits",
        "NightBudget",
        "NightDef",
        "ParameterDef",
        "Price",
        "Project",
        "Promise",
        "PromptTier",
        "PythonTier",
        "Resources",
        "Retention",
        "RouterDef",
        "Rule",
        "RulesTier",
        "SpecialistTier",
        "Tier",
    ),
    "_normal": ("holds_part", "normalised"),
    "_paths": ("overlap", "paths_of"),
    "_overlay": ("overlays_of",),
    "_plan_flow": ("flow_from_plan", "plan_schema"),
    "_readings": (
        "Comparison",
        "Reading",
        "comparison_of",
        "readings_of",
        "single_reading",
    ),
    "_same": (
        "EXACT",
        "Same",
        "SameProblem",
        "differing_fields",
        "normal_form",
        "parse_same",
        "same_output",
    ),
    "_skill_model": ("ContextFile", "Skill", "SkillFile", "list_skills"),
    "_source": ("did_you_mean",),
    "_tests": ("read_objects", "read_script"),
    "_uses": ("agents_of", "definitions_for", "flows_of"),
    "_versions_of": ("Recorded", "RecordedAgent", "admits", "constraints_on"),
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
    "files_of",
    "write_flow",
    "to_source",
    "write_agent",
    "write_model",
    "Break",
    "find_breaks",
    "users_of",
    "ChangeKind",
    "ContractChange",
    "compare_contracts",
    "ANY_FAILURE",
    "ANY_OBJECT",
    "EXACT",
    "LOCAL",
    "MODEL_FAILURES",
    "NOWHERE",
    "NO_RESOURCES",
    "AgentDef",
    "Breaker",
    "Case",
    "CloudTier",
    "CommandTier",
    "Comparison",
    "ContextFile",
    "ContextKey",
    "Contract",
    "CrossCheck",
    "Diagnostic",
    "Excerpt",
    "Expectation",
    "Expression",
    "ExpressionError",
    "ExpressionFault",
    "FlowDef",
    "HumanTier",
    "InvalidProject",
    "LintDef",
    "Loop",
    "MemoryDef",
    "Merge",
    "ModelDef",
    "ModelLimits",
    "NightBudget",
    "NightDef",
    "NodeDef",
    "ParameterDef",
    "Planned",
    "Price",
    "Project",
    "Promise",
    "PromptTier",
    "PythonTier",
    "Reading",
    "Recorded",
    "RecordedAgent",
    "Resources",
    "Retention",
    "Retry",
    "RouterDef",
    "Rule",
    "RulesTier",
    "Same",
    "SameProblem",
    "Satisfies",
    "Scripted",
    "Severity",
    "Skill",
    "SkillFile",
    "SpecialistTier",
    "Tier",
    "TreeDef",
    "VERDICT",
    "Wait",
    "admits",
    "agent_from_json",
    "agent_hash",
    "agents_of",
    "comparison_of",
    "conforms_to",
    "constraints_on",
    "definitions_for",
    "describe_budget",
    "describe_fields",
    "did_you_mean",
    "differing_fields",
    "expand_contract",
    "expressions_of",
    "flow_from_json",
    "flow_from_plan",
    "flow_hash",
    "flows_of",
    "holds_part",
    "infer_contract",
    "json_schema",
    "judge_question",
    "list_skills",
    "load_definitions",
    "load_project",
    "memory_from_json",
    "memory_to_json",
    "normal_form",
    "normalised",
    "omit_absent",
    "overlap",
    "parse_expression",
    "parse_same",
    "paths_of",
    "overlays_of",
    "plan_schema",
    "read_objects",
    "read_script",
    "reading_instead",
    "readings_of",
    "render_text",
    "same_output",
    "single_reading",
    "text_of",
    "to_json",
    "to_mermaid",
    "validate_value",
    "variables_of",
]
