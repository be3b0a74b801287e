"""A plan that an agent gave, as a flow: dynamic children.

    {nodes: [{name: find, agent: search, in: {query: {from: "input.topic"}, limit: {value: 5}}},
             {name: sum, agent: sum, in: {texts: {from: "find.texts"}}, after: []}],
     output: sum}

A plan is data. It has no expressions: an input is a literal, or a path of names and numbers that
becomes a syntax tree here without passing through the parser. It may use the agents it was allowed
and nothing else; what is not known in it is refused, never skipped. The flow is checked like one
that was written, and made anew from the plan whenever it is needed; it is never stored itself,
since its literals may be longer than an expression can be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from pantheon.errors import SpecError
from pantheon.ids import Json, JsonObject
from pantheon.spec._compatibility import find_mismatch, properties_of, property_of, required_of
from pantheon.spec._constants import (
    NOWHERE,
)
from pantheon.spec._evaluate import compile_node
from pantheon.spec._expression import Expression
from pantheon.spec._fields import check_name
from pantheon.spec._flow_model import (
    FlowDef,
    NodeDef,
    Planned,
)
from pantheon.spec._graph import find_cycles
from pantheon.spec._infer import infer_type
from pantheon.spec._model import (
    AgentDef,
)
from pantheon.spec._source import UNPLACED, Findings, Scalar, did_you_mean
from pantheon.spec._syntax import (
    NAME,
    Constant,
    Index,
    ListOf,
    Member,
    Name,
    Node,
    ObjectOf,
    root_names,
    write,
)
from pantheon.spec._validate import validate_value
from pantheon.text import clean

MAX_SIZE = 262_144
"""Characters of all texts of a plan together; every other value counts as 8."""
MAX_DEPTH = 24
_LARGEST = 10**300
_NAME_LENGTH = 64
_SHOWN = 20
_PATH = re.compile(rf"(?P<root>{NAME.pattern})(?P<steps>(?:\.{NAME.pattern}|\[[0-9]{{1,6}}\])*)")
_STEP = re.compile(rf"\.({NAME.pattern})|\[([0-9]+)\]")
_MAX_STEPS = 16


class PlanError(SpecError):
    """A plan cannot be run; `problems` are all that is wrong with it, each a sentence or two."""

    def __init__(self, problems: Sequence[str]) -> None:
        # They quote the plan, so they are cut and made harmless.
        self.problems = tuple(clean(problem, 400) for problem in problems)
        shown = " ".join(self.problems[:_SHOWN])
        more = len(self.problems) - _SHOWN
        super().__init__(
            f"The plan cannot be run. {shown}{f' ({more} more)' if more > 0 else ''}",
            hint="let the planner's contract be `plan_schema` of the agents that it may use",
        )


# ------------------------------------------------------------------------------------- schema


def plan_schema(agents: Sequence[str]) -> JsonObject:
    """JSON Schema of a plan over these agents: a planner's contract that constrains its model."""
    name: JsonObject = {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": _NAME_LENGTH}
    return _schema(name, {"type": "string", "enum": list[Json](agents)})


def _schema(name: JsonObject, agent: JsonObject) -> JsonObject:
    text: JsonObject = {"type": "string"}
    given = [_object({"value": {}}, "value"), _object({"from": text}, "from")]
    inputs: JsonObject = {
        "type": "object",
        "additionalProperties": {"anyOf": cast("list[Json]", given)},
    }
    after: JsonObject = {"type": "array", "items": text}
    node = _object({"name": name, "agent": agent, "in": inputs, "after": after}, "name", "agent")
    nodes: JsonObject = {"type": "array", "items": node, "minItems": 1}
    return _object({"nodes": nodes, "output": name}, "nodes", "output")


def _object(properties: JsonObject, *required: str) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list[Json](required),
        "additionalProperties": False,
    }


_SHAPE = _schema({"type": "string"}, {"type": "string"})
"""Names and agents are checked one by one, so that a problem names the node."""


# --------------------------------------------------------------------------------------- flow


def flow_from_plan(
    plan: Json,
    planned: Planned,
    agents: Mapping[str, AgentDef],
    *,
    name: str,
    input_schema: JsonObject,
) -> FlowDef:
    """The flow of a plan; raises PlanError with everything that is wrong.

    `input_schema` is the contract of what the children may read as `input`.
    """
    problems = list(_find_oversize(plan)) or validate_value(_SHAPE, plan)
    if problems:
        raise PlanError([f"{problem[0].upper()}{problem[1:].rstrip('.')}." for problem in problems])
    allowed = {agent: agents[agent] for agent in planned.agents if agent in agents}
    draft = _Draft(cast("JsonObject", plan), allowed, input_schema)
    draft.check_count(planned.max_nodes)
    if draft.problems:
        raise PlanError(draft.problems)
    draft.read()
    flow = draft.build(name)
    if draft.problems:
        raise PlanError(draft.problems)
    return flow


def _find_oversize(plan: Json) -> Iterator[str]:
    """Why a value is too large, too deep or no JSON; without recursion, and stopping early."""
    size = 0
    pending: list[tuple[Json, int]] = [(plan, 0)]
    while pending:
        value, depth = pending.pop()
        below, own = _parts(value)
        size += own
        if size > MAX_SIZE or depth > MAX_DEPTH:
            yield f"it is too large: {MAX_SIZE} characters, nested {MAX_DEPTH} deep, are allowed"
            return
        if not _is_plain(value):
            yield "it holds a number or a text that JSON cannot spell"
            return
        pending += [(part, depth + 1) for part in below]


def _parts(value: Json) -> tuple[list[Json], int]:
    """What stands in a value, keys included, and its own size."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()], 8
    if isinstance(value, list):
        return value, 8
    return [], len(value) if isinstance(value, str) else 8


def _is_plain(value: Json) -> bool:
    """Whether a scalar can be spelled in JSON and UTF-8 (half a surrogate pair cannot)."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -_LARGEST < value < _LARGEST


@dataclass(slots=True)
class _Draft:
    """A plan of the right shape while it is checked."""

    plan: JsonObject
    agents: Mapping[str, AgentDef]
    input: JsonObject
    problems: list[str] = field(default_factory=list[str])
    nodes: dict[str, NodeDef] = field(default_factory=dict[str, NodeDef])
    types: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])

    @property
    def written(self) -> list[JsonObject]:
        return cast("list[JsonObject]", self.plan["nodes"])

    def report(self, message: str, fix: str = "") -> None:
        """Record a problem with what to do about it."""
        tail = f" {fix[0].upper()}{fix[1:].rstrip('.')}" if fix else ""
        ended = f"{tail}{'' if tail.endswith('?') else '.'}" if tail else ""
        self.problems.append(f"{message}{ended}")

    def check_count(self, most: int) -> None:
        """A plan of more nodes is not looked at any further."""
        if len(self.written) > most:
            self.report(f"It has {len(self.written)} nodes; {most} are allowed.")

    def read(self) -> None:
        """The nodes whose names and agents are right, then what each of them is given."""
        self.types["input"] = self.input
        sound = [node for node in self.written if self.read_head(node)]
        for node in sound:
            name = str(node["name"])
            agent = self.agents[str(node["agent"])]
            inputs = self.read_inputs(name, agent, cast("JsonObject", node.get("in", {})))
            after = tuple(cast("list[str]", node.get("after", [])))
            self.check_after(name, after)
            self.nodes[name] = NodeDef(name, agent.name, inputs, after=after)

    def read_head(self, node: JsonObject) -> bool:
        """Whether a node has a name of its own and an agent that it may use."""
        name, agent = str(node["name"]), str(node["agent"])
        findings = Findings()
        if not check_name(Scalar(name, UNPLACED, name), "node", findings):
            found = findings.diagnostics[0]
            self.report(found.message, found.fix)
            return False
        if name in self.types:
            self.report(f"Two nodes are called `{name}`.", "give each a name of its own")
            return False
        self.types[name] = self.agents[agent].output if agent in self.agents else {}
        if agent not in self.agents:
            message = f"The node `{name}` asks for the agent `{_short(agent)}`; it may not use it."
            self.report(message, did_you_mean(agent, self.agents))
        return agent in self.agents

    def read_inputs(self, name: str, agent: AgentDef, written: JsonObject) -> dict[str, Expression]:
        """The inputs that fit the agent's contract."""
        found: dict[str, Expression] = {}
        for port, given in written.items():
            wanted = property_of(agent.input, port)
            if wanted is None:
                message = f"The agent `{agent.name}` of `{name}` has no input `{_short(port)}`."
                self.report(message, did_you_mean(port, properties_of(agent.input)))
                continue
            tree = self.read_given(f"`{port}` of `{name}`", name, cast("JsonObject", given))
            if tree is not None and self.fits(f"`{port}` of `{name}`", tree, wanted):
                found[port] = _expression(tree)
        for port in sorted(required_of(agent.input) - set(written)):
            self.report(f"The node `{name}` does not give `{agent.name}` its `{port}`.")
        return found

    def read_given(self, owner: str, node: str, given: JsonObject) -> Node | None:
        """The tree of a literal or of a path to something that there is."""
        if "value" in given:
            return _literal(given["value"])
        path = str(given["from"])
        tree = _read_path(path)
        if tree is None:
            fix = "write `node.field` or `input.field`; give a literal as `value`"
            self.report(f"{owner} is taken from `{_short(path)}`, which is no path.", fix)
            return None
        (root,) = root_names(tree)
        if root == node or root not in self.names:
            reason = "itself" if root == node else f"`{_short(root)}`, which there is not"
            others = sorted(self.names - {node})
            self.report(f"{owner} is taken from {reason}.", did_you_mean(root, others))
            return None
        return tree

    @property
    def names(self) -> set[str]:
        """Everything that can be read."""
        return {"input", *(str(node["name"]) for node in self.written)}

    def fits(self, owner: str, tree: Node, wanted: JsonObject) -> bool:
        """Whether a value of the tree's type is one that the input admits."""
        if not root_names(tree) <= self.types.keys():
            return False
        schema, found = infer_type(tree, self.types)
        for problem in found:
            self.report(f"{owner} cannot be had: {problem.message}", problem.fix)
        reason = None if found else find_mismatch(schema, wanted)
        if reason is not None:
            self.report(f"{owner} does not fit: {reason}.")
        return not found and reason is None

    def check_after(self, name: str, after: tuple[str, ...]) -> None:
        for other in after:
            if other == name or other not in self.names - {"input"}:
                reason = "itself" if other == name else f"`{_short(other)}`, which there is not"
                self.report(f"The node `{name}` waits for {reason}.")

    def build(self, name: str) -> FlowDef:
        """The flow, as far as it is right; records cycles and an output that is none."""
        output = self.read_output()
        types = {field: infer_type(e.tree, self.types)[0] for field, e in output.items()}
        schema = _object(dict(types), *types)
        flow = FlowDef(name, self.input, self.nodes, output, schema)
        if not self.problems:
            for path in find_cycles(flow):
                self.report(f"These nodes wait for each other: {' → '.join(path)}.")
        return flow

    def read_output(self) -> dict[str, Expression]:
        """All fields of the node that the plan names as its output."""
        name = str(self.plan["output"])
        if name not in self.names - {"input"}:
            fix = did_you_mean(name, sorted(self.names - {"input"}))
            self.report(f"The output is to be that of `{_short(name)}`, which there is not.", fix)
            return {}
        fields = list(properties_of(self.types.get(name, {})))
        if name in self.nodes and not fields:
            message = f"The output is to be that of `{name}`, whose fields are not known."
            self.report(message, "end with a node whose agent lists its output")
        return {field: _expression(_field(Name(name), field)) for field in fields}


# ---------------------------------------------------------------------------------- expressions


def _short(text: str) -> str:
    return clean(text, 60)


def _read_path(text: str) -> Node | None:
    """`node.field[0].part` as a tree; None for anything else."""
    match = _PATH.fullmatch(text)
    if match is None:
        return None
    steps = _STEP.findall(match["steps"])
    tree: Node = Name(match["root"])
    for name, number in steps:
        tree = Member(tree, name) if name else Index(tree, Constant(int(number)))
    return tree if len(steps) <= _MAX_STEPS else None


def _field(base: Node, name: str) -> Node:
    return Member(base, name) if NAME.fullmatch(name) else Index(base, Constant(name))


def _literal(value: Json) -> Node:
    """A value as a tree that gives it."""
    if isinstance(value, list):
        return ListOf(tuple(map(_literal, value)))
    if isinstance(value, dict):
        return ObjectOf(tuple((key, _literal(item)) for key, item in value.items()))
    return Constant(value)


def _expression(tree: Node) -> Expression:
    return Expression(write(tree), NOWHERE, root_names(tree), tree, compile_node(tree))
