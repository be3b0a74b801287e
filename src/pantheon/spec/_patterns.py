"""Patterns of collaboration: short for a flow written inside a node, and nothing more.

    v: {vote: {agents: [x, y, z], by: item.label, k: 2}, in: {text: input.text}}
    d: {debate: {agents: [x, y], rounds: 3, judge: j}, in: {…}}
    t: {best_of: {agent: x, n: 3, scorer: s}, in: {…}}

`expand_pattern` writes the flow that the pattern is short for, as a user would have: `input`,
`nodes` and `output`; the reader of nodes goes on as if that stood there. So the linker, the checks
of types and the engine know ordinary nodes alone. Since the contracts of the agents say what is
given to whom, the agents are needed for it; one that is unknown or wrong is left for the check of
names, which finds it at its own place.

vote     x_1, y_2, z_3, each given what it asks for of the input; then `decision`, a merge by
         majority. The output is the answer that won.
debate   x_1_round_1, y_2_round_1, x_1_round_2, …; a member whose contract has `others` is given the
         answers of the other members in the round before (none in the first). Then `judge`, whose
         contract has `answers`, those of the last round; or `decision`, a merge by majority.
best_of  candidate_1, …, each a flow of `answer` and `score`: the scorer is given the fields of the
         answer that it asks for, or all of it as `answer`, else the input's; it gives
         `{score: number}`. `best` keeps the candidate with the highest. The output is its answer.

The input of the flow is what its agents ask for by name, as strict as the strictest of them, so the
node's `in` (or the flow's input, by name) is checked against it as for any flow with a contract. A
member that gives nothing is left out of a vote and of the best; in a debate the others need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from pantheon.ids import Json, JsonObject
from pantheon.spec._compatibility import (
    ANY,
    find_mismatch,
    is_only,
    properties_of,
    property_of,
    required_of,
)
from pantheon.spec._constants import (
    ANY_OBJECT,
)
from pantheon.spec._fields import Fields
from pantheon.spec._model import (
    AgentDef,
)
from pantheon.spec._source import Entry, Findings, Items, Place, Scalar, Table, Written, from_json
from pantheon.spec._syntax import NAME
from pantheon.spec._wire import field_path

PatternKind: TypeAlias = Literal["vote", "debate", "best_of"]

_MEMBERS = {
    "agents": "The agents, at least two; one may be named twice.",
    "agent": "One agent that answers `n` times.",
    "n": "How many times it answers, at least 2.",
}
_MAJORITY = {
    "by": "What must be equal for two answers to agree, of `item`; default: all of it.",
    "k": "How many must agree; default: more than half.",
}
VOTE = {**_MEMBERS, **_MAJORITY}
DEBATE = {
    **_MEMBERS,
    "rounds": "How often each of them answers (2).",
    "judge": "Agent that is given `answers` and has the last word; default: the majority.",
    **_MAJORITY,
}
BEST_OF = {**_MEMBERS, "scorer": "Agent that gives `{score: number}` to an answer."}

MOST_NODES = 100
"""Of one pattern: members times rounds."""

Tree: TypeAlias = "Written | Json | dict[str, Tree]"
"""What a table is made of: parts that the user wrote, and values made here."""


def expand_pattern(
    kind: PatternKind,
    value: Written,
    owner: str,
    agents: Mapping[str, AgentDef | None],
    findings: Findings,
) -> Table | None:
    """The flow that a pattern is short for; None after recording why it is none.

    `owner` is the node, for messages; what is found wrong later is told at the pattern.
    """
    keys, expand = _KINDS[kind]
    fields = Fields.read(value, f"`{kind}` of {owner}", findings, keys)
    members = _read_members(fields) if fields else None
    if fields is None or members is None:
        return None
    draft = expand(_Draft(fields.table.place, agents), fields, members)
    return None if draft is None else draft.build()


def _read_members(fields: Fields) -> list[Scalar] | None:
    """Who takes part, one entry for each answer of a round."""
    several = fields.get("agents") is not None
    if several == (fields.get("agent") is not None):
        message = f"{fields.owner[0].upper()}{fields.owner[1:]} needs `agents`, or `agent` and `n`."
        fields.reject(fields.table.place, message, "write `agents: [x, y]` or `agent: x, n: 3`")
        return None
    if several:
        members = list(fields.names("agents"))
        sound = "n" not in fields and len(members) == len(fields.listed("agents"))
        if "n" in fields:
            message = "`n` belongs to `agent`; here are `agents`."
            fields.reject(fields.table.place_of("n"), message, "remove `n`, or list one more often")
    else:
        fields.require("n", "say how many times it answers: `n: 3`")
        count, member = fields.whole("n", 1), fields.name_at("agent")
        members = [member] * min(count or 0, MOST_NODES + 1) if member else []
        sound = count is not None and member is not None
    return members if sound and _check_count(fields, len(members)) else None


def _check_count(fields: Fields, count: int) -> bool:
    if 2 <= count <= MOST_NODES:
        return True
    key = "agents" if fields.get("agents") is not None else "n"
    bound = "at least 2 answers" if count < 2 else f"at most {MOST_NODES} answers"
    fix = "add one" if count < 2 else "ask fewer"
    fields.reject(fields.place(key), f"{fields.owner} compares {bound}.", fix)
    return False


# ------------------------------------------------------------------------------------ expansion


@dataclass(slots=True)
class _Draft:
    """A flow while it is written: its nodes, and what its agents ask for of the input."""

    place: Place
    agents: Mapping[str, AgentDef | None]
    nodes: dict[str, Tree] = field(default_factory=dict[str, "Tree"])
    output: Tree = None
    asked: dict[str, list[JsonObject]] = field(default_factory=dict[str, list[JsonObject]])
    required: set[str] = field(default_factory=set[str])
    whole: bool = True
    """Whether all agents are known, and so all that is asked for."""

    def contract(self, written: Scalar) -> AgentDef | None:
        """The agent that a name with its constraint stands for."""
        return self.agents.get(_agent_name(written))

    def ask(self, name: str, written: Scalar, offered: Mapping[str, str]) -> None:
        """Add a node that asks an agent: what is offered by name, else fields of the input."""
        agent = self.contract(written)
        node: dict[str, Tree] = {"agent": written}
        if agent is not None:
            taken = self.take(agent.input, offered)
            node["in"] = dict[str, Tree](taken)
        self.whole &= agent is not None
        self.nodes[name] = node

    def take(self, contract: JsonObject, offered: Mapping[str, str]) -> dict[str, str]:
        """Sources for the fields of a contract; what comes from the input is asked of it."""
        for port, schema in properties_of(contract).items():
            if port not in offered:
                self.asked.setdefault(port, []).append(schema)
        self.required |= required_of(contract) - set(offered)
        ports = properties_of(contract)
        return {port: offered.get(port, field_path("input", port)) for port in ports}

    def give(self, path: str, members: list[Scalar], findings: Findings) -> None:
        """Let all fields of an answer be the output; `path` is where it is found."""
        known = [agent for member in members if (agent := self.contract(member)) is not None]
        names = dict.fromkeys(name for agent in known for name in properties_of(agent.output))
        if not names and len(known) == len(members):
            message = f"The fields of the output of `{known[0].name}` are not known."
            fix = f"list them in the contract of `{known[0].name}`"
            findings.error("bad-output", members[0].place, message, fix)
        fields: dict[str, Tree] = {name: field_path(path, name) for name in names}
        self.output = fields or path.partition(".")[0]

    def contract_of_input(self) -> JsonObject:
        """What the flow is given: the strictest that any of its agents asks for."""
        if not self.whole or not self.asked:
            return ANY_OBJECT
        properties: JsonObject = {p: _strictest(schemas) for p, schemas in self.asked.items()}
        required = [port for port in properties if port in self.required]
        return {
            "type": "object",
            "properties": properties,
            "required": list[Json](required),
            "additionalProperties": False,
        }

    def as_tree(self) -> dict[str, Tree]:
        return {"input": self.contract_of_input(), "nodes": self.nodes, "output": self.output}

    def build(self) -> Table:
        return cast("Table", _write(self.as_tree(), self.place))


def _write(tree: Tree, place: Place) -> Written:
    """A table whose own parts stand at one place; a node stands where its agent is named."""
    if isinstance(tree, Scalar | Items | Table):
        return tree
    if not isinstance(tree, dict):
        return from_json(cast("Json", tree), place)
    entries: dict[str, Entry] = {}
    for key, value in tree.items():
        agent = value.get("agent") if isinstance(value, dict) else None
        at = agent.place if isinstance(agent, Scalar) else place
        entries[key] = Entry(Scalar(key, at, key), _write(value, at))
    return Table(entries, place)


def _agent_name(written: Scalar) -> str:
    return written.text.partition("@")[0].strip()


def _strictest(schemas: list[JsonObject]) -> JsonObject:
    """The schema whose values fit all the others; anything where there is none."""
    if any(map(_refers, schemas)):
        return ANY
    for schema in schemas:
        if all(find_mismatch(schema, other) is None for other in schemas):
            return schema
    return ANY


def _refers(schema: Json) -> bool:
    """Whether a schema refers to definitions, which stand beside it and not in it."""
    if isinstance(schema, list):
        return any(map(_refers, schema))
    if not isinstance(schema, dict):
        return False
    return "$ref" in schema or any(map(_refers, schema.values()))


def _member_names(members: list[Scalar]) -> list[str]:
    """`x_1`, `y_2`: the number makes it a name of its own."""
    names = [_agent_name(member)[:40] for member in members]
    usable = [name if NAME.fullmatch(name) else "member" for name in names]
    return [f"{name}_{number}" for number, name in enumerate(usable, 1)]


def _expand_vote(draft: _Draft, fields: Fields, members: list[Scalar]) -> _Draft:
    names = _member_names(members)
    for name, member in zip(names, members, strict=True):
        draft.ask(name, member, {})
    _add_majority(draft, fields, names, members)
    return draft


def _add_majority(draft: _Draft, fields: Fields, sources: list[str], members: list[Scalar]) -> None:
    """The node `decision`; its settings stand where the user wrote them."""
    settings = {key: value for key in _MAJORITY if (value := fields.get(key)) is not None}
    merge: dict[str, Tree] = {"from": list[Json](sources), "policy": "majority", **settings}
    draft.nodes["decision"] = {"merge": merge}
    draft.give("decision", members, fields.findings)


def _expand_debate(draft: _Draft, fields: Fields, members: list[Scalar]) -> _Draft | None:
    rounds = fields.whole("rounds", 1) if fields.get("rounds") is not None else 2
    judge = fields.name_at("judge")
    sound = _check_debate(draft, fields, members, rounds or 1) and rounds is not None
    if judge is not None:
        sound &= _check_judge(draft, fields, judge)
    if not sound or rounds is None or (judge is None) != (fields.get("judge") is None):
        return None
    last = _add_rounds(draft, members, rounds)
    if judge is None:
        _add_majority(draft, fields, last, members)
        return draft
    draft.ask("judge", judge, {"answers": f"[{', '.join(last)}]"})
    draft.give("judge", [judge], fields.findings)
    return draft


def _add_rounds(draft: _Draft, members: list[Scalar], rounds: int) -> list[str]:
    """The answers of every round that somebody hears; returns the names of the last."""
    heard: dict[str, list[str]] = {}
    last: list[str] = []
    for number in range(1, rounds + 1):
        names = [f"{name}_round_{number}" for name in _member_names(members)]
        for index, (name, member) in enumerate(zip(names, members, strict=True)):
            others = [*last[:index], *last[index + 1 :]]
            draft.ask(name, member, {"others": f"[{', '.join(others)}]"})
            heard[name] = others if _hears(draft.contract(member)) else []
        last = names
    needed, pending = set(last), list(last)
    while pending:
        new = set(heard[pending.pop()]) - needed
        needed |= new
        pending += new
    draft.nodes = {name: node for name, node in draft.nodes.items() if name in needed}
    return last


def _hears(agent: AgentDef | None) -> bool:
    """Whether an agent asks for what the others said, as far as it is known."""
    return agent is None or "others" in properties_of(agent.input)


def _check_debate(draft: _Draft, fields: Fields, members: list[Scalar], rounds: int) -> bool:
    """Not too many answers; and somebody who hears the others, else rounds change nothing."""
    if len(members) * rounds > MOST_NODES:
        message = f"{len(members)} members and {rounds} rounds are more than {MOST_NODES} answers."
        fields.reject(fields.place("rounds"), message, "take fewer rounds or members")
        return False
    if rounds > 1 and not any(_hears(draft.contract(member)) for member in members):
        message = "No member of this debate is told what the others said."
        fix = f"add `others: [object]` to the input of `{_agent_name(members[0])}`"
        fields.findings.warn("deaf-debate", fields.table.place, message, fix)
    return True


def _check_judge(draft: _Draft, fields: Fields, judge: Scalar) -> bool:
    for key in _MAJORITY:
        if key in fields:
            message = f"The judge decides, so `{key}` means nothing."
            fields.reject(fields.table.place_of(key), message, f"remove `{key}` or `judge`")
    agent = draft.contract(judge)
    if agent is not None and property_of(agent.input, "answers") is None:
        message = f"The judge `{agent.name}` cannot be given the answers."
        fix = f"add `answers: [object]` to the input of `{agent.name}`"
        fields.findings.error("missing-input", judge.place, message, fix)
        return False
    return not any(key in fields for key in _MAJORITY)


def _expand_best_of(draft: _Draft, fields: Fields, members: list[Scalar]) -> _Draft | None:
    fields.require("scorer", "name the agent that scores an answer: `scorer: critic`")
    scorer = fields.name_at("scorer")
    if scorer is None or not _check_scorer(draft, fields, scorer):
        return None
    names = [f"candidate_{number}" for number in range(1, len(members) + 1)]
    for name, member in zip(names, members, strict=True):
        candidate = _Draft(member.place, draft.agents)
        candidate.ask("answer", member, {})
        answer = candidate.contract(member)
        given = {p: field_path("answer", p) for p in properties_of(answer.output if answer else {})}
        candidate.ask("score", scorer, {"answer": "answer", **given})
        candidate.output = {"answer": "answer", "score": "score.score"}
        taken = draft.take(candidate.contract_of_input(), {})
        draft.whole &= candidate.whole
        draft.nodes[name] = {**candidate.as_tree(), "in": dict[str, Tree](taken)}
    draft.nodes["best"] = {
        "merge": {"from": list[Json](names), "policy": "best", "by": "item.score"}
    }
    draft.give("best.answer", members, fields.findings)
    return draft


def _check_scorer(draft: _Draft, fields: Fields, scorer: Scalar) -> bool:
    agent = draft.contract(scorer)
    if agent is None or is_only(property_of(agent.output, "score") or ANY, "number"):
        return True
    message = f"The scorer `{agent.name}` does not say how good an answer is."
    fields.findings.error("type-mismatch", scorer.place, message, "give it `{score: number}`")
    return False


_Expand: TypeAlias = "Callable[[_Draft, Fields, list[Scalar]], _Draft | None]"
_KINDS: dict[PatternKind, tuple[Mapping[str, str], _Expand]] = {
    "vote": (VOTE, _expand_vote),
    "debate": (DEBATE, _expand_debate),
    "best_of": (BEST_OF, _expand_best_of),
}
