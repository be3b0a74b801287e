"""Types of the expressions of a flow, their mistakes told at the place they stand."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import JsonObject
from pantheon.spec._compatibility import ALL_KINDS, describe, kinds_of
from pantheon.spec._draft import FlowDraft, Wired
from pantheon.spec._infer import infer_type
from pantheon.spec._parse import Problem
from pantheon.spec._source import Findings, did_you_mean
from pantheon.spec._syntax import Name, Node, children

_ELSEWHERE = {
    "item": ("`item` means something only in a node with `map`.", "add `map: input.items`"),
    "last": (
        "`last` means something only in the `in` and `until` of a node with `loop`.",
        "add `loop: {until: …, max: 5}`",
    ),
    "round": (
        "`round` means something only in the `in` and `until` of a node with `loop`.",
        "add `loop: {until: …, max: 5}`",
    ),
    "output": (
        "`output` means something only in `writes`.",
        "name the node whose output it is",
    ),
    "context": (
        "This flow declares no `context`.",
        "declare what its nodes share: `context: {draft: string}`",
    ),
    "memory": (
        "There is no `memory` to be read here.",
        "declare it under `memory:`, and read it in the `in` or `when` of a node",
    ),
}
"""Roots that are there in some places only: what to say, and what to do."""


class ExpressionChecker:
    """Checks against the names there are; `stand_ins` run only in another node's place."""

    def __init__(self, draft: FlowDraft, stand_ins: set[str], findings: Findings) -> None:
        self.draft = draft
        self.stand_ins = stand_ins
        self.findings = findings

    def infer(self, wired: Wired, types: Mapping[str, JsonObject]) -> JsonObject | None:
        """The type; None after recording what is wrong."""
        parts = [self.infer(part, types) for part in wired.parts]
        if None in parts:
            return None
        unknown = [n for n in names_in(wired.expression.tree) if n.name not in types]
        for name in {n.name: n for n in reversed(unknown)}.values():
            self.report_unknown(wired, name, types)
        if unknown:
            return None
        schema, problems = infer_type(wired.expression.tree, types)
        for problem in problems:
            self.report(wired, problem)
        return None if problems else schema

    def check_condition(
        self, wired: Wired, types: Mapping[str, JsonObject], what: str = "`when`"
    ) -> None:
        """A condition is true or false (or null, which is false)."""
        schema = self.infer(wired, types)
        if schema is None or kinds_of(schema) in (ALL_KINDS, frozenset()):
            return
        if not kinds_of(schema) <= {"boolean", "null"}:
            message = f"{what} needs a condition; this is {describe(schema)}."
            fix = f"compare it: `{wired.expression.source} == …`, or use `exists(…)`"
            self.findings.error("type-mismatch", wired.written.place, message, fix)

    def report(self, wired: Wired, problem: Problem) -> None:
        place = wired.place_of(problem)
        self.findings.error("type-mismatch", place, problem.message, problem.fix)

    def report_unknown(self, wired: Wired, name: Name, types: Mapping[str, JsonObject]) -> None:
        place = wired.written.part(name.span.start, name.span.end)
        message, fix = self.explain_unknown(wired, name, types)
        self.findings.error("unknown-node", place, message, fix)

    def explain_unknown(
        self, wired: Wired, name: Name, types: Mapping[str, JsonObject]
    ) -> tuple[str, str]:
        """Why a name means nothing here, and what was probably meant."""
        if name.name in self.stand_ins:
            users = [n for n in self.draft.nodes.values() if n.fallback]
            owner = next(n.name for n in users if n.fallback and n.fallback.text == name.name)
            message = f"`{name.name}` only runs in the place of `{owner}`."
            return message, f"refer to `{owner}`: it holds the answer whoever gave it"
        if name.name in _ELSEWHERE:
            return _ELSEWHERE[name.name]
        message = f"There is no node `{name.name}` in this flow."
        fix = did_you_mean(name.name, types)
        if "-" in name.name:
            fix += " To subtract, put spaces around the minus."
        elif isinstance(wired.expression.tree, Name) and "did you mean" not in fix:
            fix = f"for the text itself write `'\"{name.name}\"'`; else {fix}"
        return message, fix


def names_in(tree: Node) -> list[Name]:
    """Every root of a tree, where it stands, in order."""
    if isinstance(tree, Name):
        return [tree]
    return [name for child in children(tree) for name in names_in(child)]
