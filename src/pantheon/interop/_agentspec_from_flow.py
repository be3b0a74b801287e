"""A Flow component → a flow: data edges become inputs, branches become conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from pantheon.errors import InputError, SpecError
from pantheon.ids import Json, JsonObject
from pantheon.interop._agentspec_control import (
    Condition,
    Control,
    Taken,
    Way,
    read_control,
    simplify,
)
from pantheon.interop._agentspec_from_agents import AgentImporter
from pantheon.interop._agentspec_library import inputs_of, outputs_of
from pantheon.interop._agentspec_types import contract_of, is_optional
from pantheon.interop._agentspec_writer import notes_of
from pantheon.interop._losses import Losses
from pantheon.interop._names import Names
from pantheon.interop._short import short_contract
from pantheon.interop._spelling import compare, enclosed, first_of, member, spell
from pantheon.spec import NOWHERE, parse_expression

_UNSEEN = ("StartNode", "EndNode", "BranchingNode", "OutputMessageNode")
"""Kinds of nodes that are no node here."""
_NOTHING = "null"


class FlowImporter(Protocol):
    """What imports the flows inside of nodes, and the agents."""

    losses: Losses
    agents: AgentImporter

    def add_flow(self, component: Any) -> str: ...


@dataclass(slots=True)
class FlowReader:
    """Reads one flow component."""

    importer: FlowImporter
    component: Any
    name: str
    control: Control = field(init=False)
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Id of a component → name of its node here."""
    sources: dict[tuple[str, str], list[tuple[Any, str]]] = field(init=False)
    """Component and input → what is joined to it."""

    def __post_init__(self) -> None:
        self.control = read_control(self.component)
        self.sources = _wiring(self.component, self.control)

    def lose(self, message: str) -> None:
        self.importer.losses.add(f"flows.{self.name}", message)

    def read(self) -> JsonObject:
        """The flow's keys."""
        for edge in self.control.back:
            self.lose(f"the way back `{edge.name}` is left out: loops of nodes are not carried")
        self.name_nodes()
        body: JsonObject = {}
        if self.component.description:
            body["description"] = self.component.description
        body["input"] = short_contract(contract_of(outputs_of(self.component.start_node)))
        nodes: JsonObject = {}
        for component in self.reached():
            if component.id in self.names:
                nodes |= self.read_node(component)
        body["nodes"] = nodes
        body["output"] = self.read_output()
        return body

    def reached(self) -> list[Any]:
        """The components that a run may come to, in order."""
        return [self.control.nodes[name] for name in self.control.order]

    def name_nodes(self) -> None:
        """Give names to what will be a node here; tools that compute are read where they are used."""
        names = Names("node")
        for component in self.reached():
            kind = type(component).__name__
            if kind == "OutputMessageNode":
                self.lose(f"the message of `{component.name}` is not shown to anybody")
            elif kind not in _UNSEEN and self.computed(component) is None:
                self.names[component.id] = names.take(component.name, self.lose)

    # ------------------------------------------------------------------------------------ nodes

    def read_node(self, component: Any) -> JsonObject:
        """One node, with its inputs and its condition."""
        name = self.names[component.id]
        kind = type(component).__name__
        if kind == "ParallelFlowNode":
            return self.read_parallel(component)
        inner = getattr(component, "agent", None)
        body: JsonObject
        if kind == "FlowNode":
            body = {"flow": self.importer.add_flow(component.subflow)}
        elif kind == "CatchExceptionNode":
            body = {"flow": self.importer.add_flow(component.subflow), "on_error": "continue"}
        elif inner is not None and type(inner).__name__ == "Flow":
            body = {"flow": self.importer.add_flow(inner)}
        else:
            answering = inner if inner is not None else component
            body = {"agent": self.importer.agents.add(answering, name)}
        inputs = self.inputs(component)
        if inputs:
            body["in"] = inputs
        condition = self.own_condition(component, inputs)
        if condition is not None:
            body["when"] = condition
        after = self.after(component, inputs, condition)
        if after:
            body["after"] = list[Json](after)
        return {name: body}

    def read_parallel(self, component: Any) -> JsonObject:
        """Flows side by side are nodes that do not depend on each other."""
        inputs = self.inputs(component)
        condition = self.own_condition(component, inputs)
        found: JsonObject = {}
        for number, subflow in enumerate(component.subflows, start=1):
            titles = {each.title for each in inputs_of(subflow)}
            body: JsonObject = {"flow": self.importer.add_flow(subflow)}
            body["in"] = {title: source for title, source in inputs.items() if title in titles}
            found[f"{self.names[component.id]}_{number}"] = (
                body if condition is None else {**body, "when": condition}
            )
        return found

    def parallelmember(self, component: Any, output: str) -> str:
        """The node of the flow among those side by side that gives an output."""
        for number, subflow in enumerate(component.subflows, start=1):
            if any(each.title == output for each in outputs_of(subflow)):
                return member(f"{self.names[component.id]}_{number}", output)
        return _NOTHING

    def inputs(self, component: Any) -> JsonObject:
        """Input → expression; what is null by default and joined to nothing is left out."""
        found: JsonObject = {}
        for each in inputs_of(component):
            source = self.input(component, each)
            if source is not None and source != _NOTHING:
                found[each.title] = source
        return found

    def input(self, component: Any, wanted: Any) -> str | None:
        """The expression that fills one input."""
        schema = wanted.json_schema
        joined = self.sources.get((component.id, wanted.title), [])
        spelled = [self.value_of(source, output) for source, output in joined]
        if not joined and "default" not in schema:
            message = f"The input `{wanted.title}` of `{component.name}` is joined to nothing"
            raise InputError(
                f"{message} and has no default.", hint="Add a data edge, or a default."
            )
        condition = self.control.condition(component)
        lacking = all(self.control.may_lack(condition, source) for source, _ in joined)
        if "default" in schema and lacking and not (is_optional(schema) and self.is_end(component)):
            spelled.append(spell(schema["default"]))
        return first_of(spelled)

    def is_end(self, component: Any) -> bool:
        return type(component).__name__ == "EndNode"

    def value_of(self, source: Any, output: str) -> str:
        """An output of a component as an expression."""
        kind = type(source).__name__
        if kind == "StartNode":
            return member("input", output)
        computed = self.computed(source)
        if computed is not None:
            return computed
        if kind == "ParallelFlowNode":
            return self.parallelmember(source, output)
        if kind == "CatchExceptionNode" and output == "caught_exception_info":
            self.lose(f"what went wrong in `{source.name}` cannot be read; it is null")
            return _NOTHING
        return member(self.names[source.id], output)

    def computed(self, component: Any) -> str | None:
        """The expression that a tool stands for, when it came from here and still fits."""
        source = notes_of(component).get("expression")
        if not isinstance(source, str):
            return None
        try:
            roots = parse_expression(source, NOWHERE).roots
        except SpecError:
            return None
        known = {node.name for node in self.control.nodes.values()} | {"input"}
        return source if roots <= known else None

    # ------------------------------------------------------------------------------- conditions

    def own_condition(self, component: Any, inputs: JsonObject) -> str | None:
        """When the node runs, but for what follows from the nodes it reads; None: always."""
        condition = self.control.condition(component)
        implied = self.implied(component, inputs)
        ways = [way - implied for way in condition]
        return self.spell_ways(ways) if all(ways) else None

    def implied(self, component: Any, inputs: JsonObject) -> Way:
        """Branches that were taken if all ran without which the node is skipped anyway."""
        condition = self.control.condition(component)
        needed = self.needed(map(str, inputs.values()))
        if len(condition) == 1:
            for name, _ in next(iter(condition)):
                node = self.control.nodes[name]
                if type(node).__name__ == "BranchingNode":
                    needed |= self.needed([self.input(node, inputs_of(node)[0]) or _NOTHING])
        found: set[Taken] = set()
        for name in needed:
            ways = self.control.conditions[name]
            if ways and not self.control.may_lack(condition, self.control.nodes[name]):
                found |= frozenset[Taken].intersection(*ways)
        return frozenset(found)

    def needed(self, sources: Iterable[str]) -> set[str]:
        """Ids of the nodes without which these expressions are nothing."""
        read = [parse_expression(source, NOWHERE) for source in sources]
        roots = {root for expression in read for root in expression.roots - expression.guarded}
        return {name for name, here in self.names.items() if here in roots}

    def spell_ways(self, ways: Iterable[Way]) -> str:
        """A condition as an expression."""
        every = list(ways)
        spelled = sorted({self.spell_way(way, alone=len(every) == 1) for way in every})
        return spelled[0] if len(spelled) == 1 else " or ".join(map(enclosed, spelled))

    def spell_way(self, way: Way, *, alone: bool) -> str:
        """All branches of one way; of several ways, what one asks about may be missing."""
        order = {name: index for index, name in enumerate(self.control.order)}
        steps = sorted(way, key=lambda taken: (order.get(taken[0], 0), taken[1]))
        spelled = [self.spell_branch(*taken, alone=alone) for taken in steps]
        if len(spelled) == 1:
            return spelled[0]
        return " and ".join(map(enclosed, spelled))

    def spell_branch(self, name: str, branch: str, *, alone: bool) -> str:
        """That a branch was taken."""
        node = self.control.nodes[name]
        if type(node).__name__ != "BranchingNode":
            return self.spell_other_branch(node, branch)
        wanted = inputs_of(node)[0]
        key = self.input(node, wanted) or _NOTHING
        if self.is_computed(node, wanted.title):
            if list(node.mapping) == ["true"]:
                truth = key if alone else f"default({key}, false)"
                return truth if branch != "default" else f"not ({truth})"
            return compare(f"text({key})", *self.values(node, branch))
        key = enclosed(key) if alone else f"default({key}, {_NOTHING})"
        return compare(key, *self.values(node, branch))

    def values(self, node: Any, branch: str) -> tuple[list[str], bool]:
        """The keys of a branch and true, or those of all others and false."""
        other = branch == "default"
        return [key for key, to in node.mapping.items() if (to == branch) != other], not other

    def is_computed(self, node: Any, title: str) -> bool:
        """Whether a branching asks a tool that stands for an expression."""
        joined = self.sources.get((node.id, title), [])
        return len(joined) == 1 and self.computed(joined[0][0]) is not None

    def spell_other_branch(self, node: Any, branch: str) -> str:
        """Which end a flow inside a node has come to, or that it failed."""
        failed = f"not exists({self.names[node.id]})"
        if branch == "caught_exception_branch":
            return failed
        if type(node).__name__ == "CatchExceptionNode" and len(node.branches) == 2:
            return f"exists({self.names[node.id]})"
        return f"{self.names[node.id]}.branch == {spell(branch)}"

    # ------------------------------------------------------------------------------------ order

    def after(self, component: Any, inputs: JsonObject, condition: str | None) -> list[str]:
        """Nodes that this one comes after although it reads nothing of them."""
        told = [notes_of(edge).get("after") for edge in self.control.into[component.id]]
        if any(isinstance(names, list) for names in told):
            return self.known_names(name for names in told for name in names or ())
        read = self.reads([*map(str, inputs.values()), *([condition] if condition else [])])
        found: list[str] = []
        for before in self.before(component):
            name = self.names[before.id]
            pure = _is_pure(before) and _is_pure(component)
            if not pure and name not in read and name not in found:
                found.append(name)
        return found

    def known_names(self, written: Iterable[object]) -> list[str]:
        """Of names that another export of Pantheon wrote, those that are nodes here."""
        names = {self.control.nodes[name].name: here for name, here in self.names.items()}
        return list(dict.fromkeys(names[name] for name in written if name in names))

    def reads(self, sources: Iterable[str]) -> frozenset[str]:
        roots = [parse_expression(source, NOWHERE).roots for source in sources]
        return frozenset[str]().union(*roots) if roots else frozenset()

    def before(self, component: Any) -> list[Any]:
        """The nodes that come directly before, through what is no node here."""
        found: list[Any] = []
        waiting = list(self.control.into[component.id])
        seen: set[str] = set()
        while waiting:
            source = waiting.pop().from_node
            if source.id in seen:
                continue
            seen.add(source.id)
            if source.id in self.names and type(source).__name__ != "ParallelFlowNode":
                found.append(source)
            else:
                waiting += self.control.into[source.id]
        return found

    # ----------------------------------------------------------------------------------- output

    def ends(self) -> list[Any]:
        return [node for node in self.reached() if self.is_end(node)]

    def read_output(self) -> JsonObject:
        """Field → expression: of the end that was reached."""
        fields: dict[str, list[tuple[Condition, str]]] = {}
        for end in self.ends():
            for title, source in self.inputs(end).items():
                fields.setdefault(title, []).append((self.control.condition(end), str(source)))
        found: JsonObject = {title: self.choose(options) for title, options in fields.items()}
        branches = {end.branch_name for end in self.ends()}
        if len(branches) > 1:
            found["branch"] = self.which_branch()
        return found

    def choose(self, options: list[tuple[Condition, str]]) -> str:
        """The value at the end that was reached."""
        if len({source for _, source in options}) == 1:
            return options[0][1]
        *first, (_, last) = options
        for condition, source in reversed(first):
            last = (
                f"{self.spell_ways(condition)} ? {source} : ({last})" if all(condition) else source
            )
        return last

    def which_branch(self) -> str:
        """The name of the branch of the end that was reached."""
        by_name: dict[str, set[Way]] = {}
        for end in self.ends():
            by_name.setdefault(end.branch_name, set()).update(self.control.condition(end))
        options = [
            (simplify(ways, self.control.nodes), spell(name)) for name, ways in by_name.items()
        ]
        return self.choose(options)


def _wiring(flow: Any, control: Control) -> dict[tuple[str, str], list[tuple[Any, str]]]:
    """What is joined to each input; without data edges, whatever gave that name last."""
    found: dict[tuple[str, str], list[tuple[Any, str]]] = {}
    index = {name: number for number, name in enumerate(control.order)}
    if flow.data_flow_connections is None:
        given: dict[str, tuple[Any, str]] = {}
        for name in control.order:
            node = control.nodes[name]
            for each in inputs_of(node):
                if each.title in given:
                    found[name, each.title] = [given[each.title]]
            given |= {each.title: (node, each.title) for each in outputs_of(node)}
        return found
    for edge in flow.data_flow_connections:
        if edge.source_node.id in index:
            key = edge.destination_node.id, edge.destination_input
            found.setdefault(key, []).append((edge.source_node, edge.source_output))
    for joined in found.values():
        joined.sort(key=lambda source: -index[source[0].id])
    return found


def _is_pure(component: Any) -> bool:
    """Whether it only answers: then it may run at any time."""
    kind = type(component).__name__
    agent: Any = getattr(component, "agent", None)
    return kind == "LlmNode" or (type(agent).__name__ == "Agent" and not agent.tools)
