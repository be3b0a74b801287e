"""Random flows that use everything the engine has, and whose result does not depend on timing.

A case is made from a tape of bytes: a seeded generator or Hypothesis writes the tape, and the same
tape makes the same case in every process. What makes the result independent of who is faster:

- Every node that may give different things stands in the flow's output, so that no merge cancels it.
- Merges that go on early have sources of their own, made so that it does not matter which of them
  come first: those that count are equal (first, majority), exactly as many as are needed (quorum),
  or come in the order written behind others that give nothing (any). The rest never ends, fails, is
  invalid or is switched off.
- A merge whose time ends waits only for nodes that never end, or has more time than anyone needs.
- A key of the context has one writer, and its readers come after that one.
- A function fails by the number of its attempt, which a process that goes on counts anew.
- A failure that stops its flow is the only one of its kind there.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pantheon.ids import JsonObject
from pantheon.spec import (
    ContextKey,
    FlowDef,
    Loop,
    MemoryDef,
    Merge,
    NodeDef,
    Planned,
    Project,
    PythonTier,
    Retry,
    Wait,
)
from tests.flows.building import agent, e, flow, node, project
from tests.flows.dice import Dice

ALWAYS = 9
"""Failures of a function that never works."""
DEEPEST = 2
FUNCTIONS = ("act", "act_in_thread", "stuck", "give", "count", "plan")
QUICK = Retry(attempts=3, delay=0.001)
PATIENT = Retry(attempts=2, backoff="constant", delay=3600.0)
"""Its second attempt never comes: only a merge that does without the node ends it."""
VALID = "item.n >= 0"
NUMBERED: JsonObject = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
}
MEMORY = {"kept": MemoryDef("flow", {}, initial=0)}


@dataclass(frozen=True)
class Case:
    """A flow with those that it runs by name."""

    flow: FlowDef
    flows: tuple[FlowDef, ...]

    def project(self, root: Path) -> Project:
        """The project that the case is run in."""
        functions = [
            agent(name, PythonTier(f"tests.flows.crash_work:{name}")) for name in FUNCTIONS
        ]
        # A plan may end only with an agent of which it is known what it gives.
        planned = replace(agent("planned", *functions[0].tiers), output=NUMBERED)
        made = project(root, self.flow, *self.flows, agents=(*functions, planned))
        return replace(made, memory=MEMORY)


@dataclass
class Shared:
    """What the frames of one case share."""

    dice: Dice
    endless: bool
    """Whether there are nodes that never end by themselves; else there are pauses."""
    flows: list[FlowDef] = field(default_factory=list[FlowDef])
    numbers: int = 0

    def new(self, prefix: str) -> str:
        """A name that nothing else in the case has."""
        self.numbers += 1
        return f"{prefix}{self.numbers}"


def make_case(tape: bytes) -> Case:
    """The case that a tape stands for."""
    dice = Dice(tape)
    shared = Shared(dice, endless=dice.chance(50))
    root = Builder(shared, depth=0, several=False).build(shared.dice.below(10) + 2, "flow")
    if shared.dice.chance(30):
        root = replace(root, timeout=3600.0)
    return Case(root, tuple(shared.flows))


def seeded_tape(seed: int) -> bytes:
    """The tape of the n-th case of a campaign."""
    return random.Random(seed).randbytes(400)


def text(value: object) -> str:
    """A constant as an expression."""
    return json.dumps(value)


class Builder:
    """Makes the flow of one frame, unit by unit; each reads from those before it."""

    def __init__(self, shared: Shared, *, depth: int, several: bool) -> None:
        """`several`: whether the flow may run more than once in a run."""
        self.shared = shared
        self.dice = shared.dice
        self.depth = depth
        self.several = several
        self.nodes: list[NodeDef] = []
        self.public: list[str] = []
        """Nodes that others may read and that stand in the output."""
        self.numbered: list[str] = []
        """Those of them whose output, if any, has an `n`."""
        self.context: dict[str, ContextKey] = {}
        self.stops = False
        self.remembers = False

    def build(self, units: int, name: str) -> FlowDef:
        """A flow of so many units."""
        for _ in range(units):
            self._add_unit()
        made = flow(
            *self.nodes, name=name, output={n: n for n in self.public}, context=self.context
        )
        nodes = {n: _with_sources(made, node) for n, node in made.nodes.items()}
        return replace(made, nodes=nodes)

    def _add_unit(self) -> None:
        nested: tuple[Callable[[], None], ...] = (self.add_flow, self.add_flow, self.add_plan)
        units: tuple[Callable[[], None], ...] = (
            self.add_agent, self.add_agent, self.add_agent, self.add_failing, self.add_failing,
            self.add_map, self.add_loop, self.add_merge, self.add_early_merge, self.add_early_merge,
            self.add_wait, self.add_shared, *(nested if self.depth < DEEPEST else ()),
        )  # fmt: skip
        self.dice.pick(units)()

    def publish(self, made: NodeDef, *, numbered: bool = True) -> NodeDef:
        """Add a node that others may read."""
        self.nodes.append(made)
        self.public.append(made.name)
        if numbered:
            self.numbered.append(made.name)
        return made

    # ------------------------------------------------------------------ parts of nodes

    def reads(self, most: int = 3, *, tolerant: bool = False) -> str:
        """A list of what some earlier nodes gave; `tolerant`: none of them is needed."""
        chosen = self.dice.pick_some(self.public, most)
        values = [f"default({n}, 0)" if tolerant or self.dice.chance(40) else n for n in chosen]
        return f"[{', '.join(['input.n', *values])}]"

    def order(self) -> dict[str, Any]:
        """When a node runs: `after` others, or on a condition."""
        policy: dict[str, Any] = {}
        if self.dice.chance(25):
            policy["after"] = tuple(self.dice.pick_some(self.public, 2))
        if self.dice.chance(25):
            policy["when"] = self._condition()
        return policy

    def _condition(self) -> str:
        options = ["true", "false"]
        if self.public:
            options.append(f"exists({self.dice.pick(self.public)})")
        if self.numbered:
            options.append(f"{self.dice.pick(self.numbered)}.n > 400")
        return self.dice.pick(options)

    def given(self, name: str, values: str, **more: object) -> dict[str, str]:
        """Inputs of a function."""
        constants = {key: text(value) for key, value in more.items()}
        return {"name": text(name), "values": values, **constants}

    def act(
        self, name: str, *, fails: int = 0, values: str | None = None, **policy: Any
    ) -> NodeDef:
        """A node that gives what depends on all it was given."""
        function = self.dice.pick(("act", "act", "act", "act_in_thread"))
        facts = {"turns": self.dice.below(4), "fails": fails, "large": self.dice.chance(10)}
        given = self.given(name, values or self.reads(), **facts)
        return node(name, function, given=given, **policy)

    # ------------------------------------------------------------------ one node each

    def add_agent(self) -> None:
        """A function that works, perhaps not at once."""
        name = self.shared.new("a")
        fails = self.dice.pick((0, 0, 0, 1, 2))
        policy: dict[str, Any] = self.order()
        if fails:
            policy["retry"] = QUICK
        if self.dice.chance(15):
            policy["timeout"] = 3600.0
        self.publish(self.act(name, fails=fails, **policy))

    def add_failing(self) -> None:
        """A function that fails, or comes too late, and what is done about it."""
        name = self.shared.new("f")
        policy = self.order() | self._remedy()
        if self.dice.chance(20):
            given = self.given(name, self.reads())
            self.publish(node(name, "stuck", given=given, timeout=0.01, **policy))
            return
        if self.dice.chance(50):
            policy["retry"] = replace(QUICK, attempts=2)
        self.publish(self.act(name, fails=ALWAYS, **policy))

    def _remedy(self) -> dict[str, Any]:
        kind = self.dice.pick(
            (
                "continue",
                "give",
                "stand-in",
                "person",
                "stand-in",
                "give",
                "none",
                "continue",
                "stop",
            )
        )
        if kind == "stop" and not self.stops:
            self.stops = True
            return {"on_error": "stop"}
        match kind:
            case "give":
                return {"give": {"n": 5}}
            case "person" if not self.shared.endless:
                return {"fallback": "person"}
            case "stand-in":
                return {"fallback": self._add_stand_in()}
            case "none":
                return {}
            case _:
                return {"on_error": "continue"}

    def _add_stand_in(self) -> str:
        name = self.shared.new("s")
        self.nodes.append(self.act(name, fails=self.dice.pick((0, 0, ALWAYS)), values="[input.n]"))
        return name

    def add_map(self) -> None:
        """A function or a flow for every item; some may fail for good."""
        name = self.shared.new("m")
        items = [self.dice.below(9) for _ in range(self.dice.below(6))]
        policy: dict[str, Any] = {"map": text(items), "concurrency": self.dice.below(4) + 1}
        if self.depth < DEEPEST and self.dice.chance(30):
            self.publish(self._flow_node(name, "item", several=True, **policy), numbered=False)
            return
        if self.dice.chance(30):
            policy |= self.dice.pick(({"give": {"n": 1}}, {"on_error": "continue"}))
            policy["retry"] = replace(QUICK, attempts=2)
        bad = self.dice.pick((99, 99, 99, 4))
        made = self.act(name, values=f"[item, {self.reads(2)}]", **policy)
        given = {**made.inputs, "fails": e(f"item == {bad} ? {ALWAYS} : 0")}
        self.publish(replace(made, inputs=given), numbered=False)

    def add_loop(self) -> None:
        """Round after round, until there is enough or no round left."""
        name = self.shared.new("l")
        enough, most = self.dice.below(4) + 1, self.dice.below(4) + 2
        exhausted = self.dice.pick(("keep", "keep", "keep", "fail"))
        loop = Loop(e(f"last.n >= {enough}"), most, exhausted)
        values = "[default(last.n, 0), round]"
        policy = self.order()
        if self.depth < DEEPEST and self.dice.chance(30):
            inner = Builder(self.shared, depth=self.depth + 1, several=True)
            made = inner.count("input.n")
            body = replace(inner.build(self.dice.below(2), name), output={"n": e(f"{made}.n")})
            given = {"n": "default(last.n, 0)"}
            self.publish(node(name, given=given, body=body, loop=loop, **policy))
            return
        given = self.given(name, values, turns=self.dice.below(3))
        self.publish(node(name, "count", given=given, loop=loop, **policy))

    def count(self, last: str) -> str:
        """A node that gives one more."""
        name = self.shared.new("c")
        self.publish(node(name, "count", given=self.given(name, f"[{last}, 1]", turns=1)))
        return name

    def add_wait(self) -> None:
        """A pause: for a time, an event that comes, one that does not, a person."""
        if self.shared.endless:
            self.add_early_merge()
            return
        name, policy = self.shared.new("w"), self.order()
        kind = self.dice.pick(("time", "event", "late", "person"))
        if kind == "person":
            self.publish(node(name, "person", given={"values": self.reads()}, **policy))
            return
        wait = Wait(seconds=e(self.dice.pick(("0", "0.01", "0.02"))))
        if kind == "event":
            wait = Wait(event=self.shared.new("go"))
        if kind == "late":
            wait = Wait(event=self.shared.new("never"))
            policy |= {"timeout": 0.01, "on_error": "continue"}
        self.publish(node(name, given={}, wait=wait, **policy), numbered=False)

    def add_shared(self) -> None:
        """A node that writes to the context or to memory, and one that reads it afterwards."""
        if self.several:
            self.add_agent()
            return
        name, key = self.shared.new("k"), self.shared.new("key")
        remembers = not self.depth and not self.remembers and self.dice.chance(50)
        self.remembers = self.remembers or remembers
        if not remembers:
            self.context[key] = ContextKey({}, initial=0)
        target, read = ("memory.kept",) * 2 if remembers else (key, f"context.{key}")
        fails = self.dice.pick((0, 0, 1))
        policy: dict[str, Any] = {"on_error": "continue", "writes": {target: e("output.n")}}
        self.publish(self.act(name, fails=fails, **policy, **self.order()))
        reader = self.shared.new("r")
        self.publish(self.act(reader, values=f"[{read}, {self.reads(1)}]", after=(name,)))

    # ------------------------------------------------------------------ flows inside

    def add_flow(self) -> None:
        """A flow in a node, tried again when it fails."""
        policy = self.order()
        if self.dice.chance(40):
            policy["retry"] = replace(QUICK, attempts=2)
        if self.dice.chance(30):
            policy |= self.dice.pick(({"on_error": "continue"}, {"give": {"n": 3}}))
        made = self._flow_node(self.shared.new("b"), "input.n", several=self.several, **policy)
        self.publish(made, numbered=False)

    def _flow_node(self, name: str, n: str, *, several: bool, **policy: Any) -> NodeDef:
        """A node that runs a flow: one that it holds, or one by name, which others may run too."""
        named = self.dice.chance(40)
        if named and self.shared.flows and self.dice.chance(50) and self.depth == 0:
            return node(name, given={"n": n}, flow=self.dice.pick(self.shared.flows).name, **policy)
        inner = Builder(self.shared, depth=self.depth + 1, several=several or named)
        body = inner.build(self.dice.below(3) + 1, self.shared.new("flow"))
        if named:
            self.shared.flows.append(body)
            return node(name, given={"n": n}, flow=body.name, **policy)
        return node(name, given={"n": n}, body=replace(body, name=name), **policy)

    def add_plan(self) -> None:
        """A planner, and the nodes that it planned."""
        planner, planned = self.shared.new("p"), self.shared.new("d")
        given = self.given(planner, self.reads(), wide=self.dice.below(3) + 1)
        self.publish(node(planner, "plan", given=given), numbered=False)
        plan = Planned(e(f"{planner}.plan"), agents=("planned",))
        self.publish(node(planned, given={}, plan=plan), numbered=False)

    # ------------------------------------------------------------------ merges

    def add_merge(self) -> None:
        """Of nodes that others read as well: it waits for all that matter."""
        sources = tuple(self.dice.pick_some(self.public, 4))
        if not sources:
            self.add_agent()
            return
        policy = self.dice.pick(("all", "any", "best"))
        merge = Merge(sources, policy, by=e("item.n") if policy == "best" else None)
        if self.dice.chance(20):
            merge = replace(merge, timeout=3600.0)
        made = node(self.shared.new("g"), given={}, merge=merge, **self.order())
        self.publish(made, numbered=policy != "all")

    def add_early_merge(self) -> None:
        """Of sources of its own, which it cancels when it has what it wants."""
        from tests.flows.random_sources import add_early_merge

        add_early_merge(self)


def _with_sources(made: FlowDef, node: NodeDef) -> NodeDef:
    """Tell a function which nodes must have ended before it began, for the effect it leaves."""
    if node.agent not in FUNCTIONS:
        return node
    stands_in = any(other.fallback == node.name for other in made.nodes.values())
    sources = [] if stands_in else sorted(made.dependencies(node.name))
    return replace(node, inputs={**node.inputs, "sources": e(text(sources))})
