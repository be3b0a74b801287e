"""Types of the nodes of a flow: every input asked for, there and fitting; every expression sound."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.ids import JsonObject
from pantheon.spec._compatibility import (
    ANY,
    find_mismatch,
    kinds_of,
    properties_of,
    property_of,
    required_of,
)
from pantheon.spec._draft import FlowDraft, NodeDraft, Wired
from pantheon.spec._known import Called
from pantheon.spec._source import Findings, Place, did_you_mean, to_json
from pantheon.spec._tree_check import check_tree, tree_tests
from pantheon.spec._types import FlowTypes
from pantheon.spec._typing import ExpressionChecker
from pantheon.spec._validate import validate_value


class NodeChecker:
    """Checks one flow whose types have been found."""

    def __init__(self, draft: FlowDraft, types: FlowTypes, findings: Findings) -> None:
        self.draft = draft
        self.types = types
        self.shares = types.shares
        self.findings = findings
        self.checker = ExpressionChecker(draft, types.stand_ins, findings)

    def check(self) -> None:
        """Check every expression of every node, then the tree and the output."""
        self.shares.check_declared()
        for node in self.draft.nodes.values():
            for wired in node.expressions():
                self.shares.check_reads(wired, node)
            self.check_conditions(node)
            self.check_values(node)
            self.check_inputs(node)
            self.check_stand_in(node)
            self.check_given(node)
            if node.write_keys:
                scope = self.types.seen_by_writes(node)
                self.shares.check_writes(node, lambda w, s=scope: self.checker.infer(w, s))
        self.check_tree()
        scope = self.types.seen_by(None)
        for wired in self.draft.output.values():
            self.shares.check_reads(wired, None)
            self.checker.infer(wired, scope)

    # -------------------------------------------------------------------------------- expressions

    def check_conditions(self, node: NodeDraft) -> None:
        """What must be true or false."""
        if node.when:
            self.checker.check_condition(node.when, self.types.seen_by(node))
        if node.loop:
            until, scope = node.loop.until, self.types.seen_by_end(node)
            self.checker.check_condition(until, scope, "`until`")
        if node.merge and node.merge.valid:
            valid, scope = node.merge.valid, self.types.seen_by_merge(node)
            self.checker.check_condition(valid, scope, "`valid`")

    def check_values(self, node: NodeDraft) -> None:
        """What must be a list, a number or an object."""
        scope = self.types.seen_by(node)
        if node.map:
            self.check_kind(node.map, scope, "array", "`map` needs a list", "give it a list")
        if node.plan:
            fix = "give it `{nodes: […], output: …}`"
            self.check_kind(node.plan.source, scope, "object", "`plan` needs a plan", fix)
        if node.wait and node.wait.seconds:
            fix = "write a time such as `2h`, or seconds"
            self.check_kind(node.wait.seconds, scope, "number", "`for` needs a time", fix)
        if node.merge and node.merge.by:
            by, scope = node.merge.by, self.types.seen_by_merge(node)
            if node.merge.policy == "best":
                self.check_kind(by, scope, "number", "`by` needs a number", "compare by a number")
            else:
                self.checker.infer(by, scope)

    def check_kind(
        self, wired: Wired, scope: Mapping[str, JsonObject], kind: str, message: str, fix: str
    ) -> None:
        schema = self.checker.infer(wired, scope)
        if schema is not None and not kinds_of(schema) & {kind}:
            shown = f"{message}; `{wired.expression.source}` is none."
            self.findings.error("type-mismatch", wired.written.place, shown, fix)

    # ------------------------------------------------------------------------------------- inputs

    def check_inputs(self, node: NodeDraft) -> None:
        """Every input must be asked for, be there, and fit."""
        called, scope = self.types.called(node), self.types.seen_by_inputs(node)
        for name, wired in (node.inputs or {}).items():
            schema = self.checker.infer(wired, scope)
            port = property_of(called.input, name) if called else ANY
            if called is None or schema is None or port is None:
                continue
            reason = find_mismatch(schema, port)
            if reason:
                self.report_mismatch(called, f"input `{name}` of `{node.name}`", wired, reason)
        if called is not None and node.inputs is not None:
            self.check_ports(node, called)

    def check_ports(self, node: NodeDraft, called: Called) -> None:
        given = set(node.input_keys) | set(node.inputs or {})
        for name, key in node.input_keys.items():
            if property_of(called.input, name) is None:
                message = f"{called.what[0].upper()}{called.what[1:]} has no input `{name}`."
                fix = did_you_mean(name, properties_of(called.input))
                self.findings.error("unknown-input", key.place, message, fix)
        missing = sorted(required_of(called.input) - given)
        if missing and node.sound:
            self.report_missing(node, called, missing)

    def report_missing(self, node: NodeDraft, called: Called, missing: list[str]) -> None:
        names = ", ".join(f"`{name}`" for name in missing)
        message = f"The node `{node.name}` does not give {called.what} its {names}."
        found = [
            f"{owner}.{missing[0]}"
            for owner, schema in self.types.types.items()
            if owner != node.name and missing[0] in properties_of(schema)
        ]
        source = found[0] if found else "…"
        fix = f"add `{missing[0]}: {source}` to `in` of `{node.name}`"
        self.findings.error("missing-input", node.key.place, message, fix)

    def report_mismatch(self, called: Called, what: str, wired: Wired, reason: str) -> None:
        message = f"The {what} does not fit: {reason}."
        fix = f"change the contract of `{called.name}`, or what is given here"
        if reason.startswith("may be null"):
            source = wired.expression.source
            fix = f"write `default({source}, …)`, or make it optional in the contract"
            if source.startswith("context."):
                fix = f"wait for a node that writes it (`after: […]`), or {fix}"
        self.findings.error("type-mismatch", wired.written.place, message, fix)

    # --------------------------------------------------------------------- when a node has failed

    def check_given(self, node: NodeDraft) -> None:
        """What is given in the place of an output must be one."""
        called = self.types.called(node)
        if node.give is None or called is None:
            return
        for problem in validate_value(called.output, to_json(node.give))[:1]:
            message = f"What `{node.name}` gives when it fails is no output of {called.what}:"
            fix = f"give what {called.what} would"
            self.findings.error("type-mismatch", node.give.place, f"{message} {problem}.", fix)

    def check_stand_in(self, node: NodeDraft) -> None:
        """A fallback must be able to work from the failed node's inputs and give its output."""
        if node.fallback is None or node.fallback.text not in self.draft.nodes:
            return
        substitute = self.draft.nodes[node.fallback.text]
        first, second = self.types.called(node), self.types.called(substitute)
        if second is None or (first is None and node.plan is None):
            return
        place = node.fallback.place
        if first is not None:
            self.check_stand_in_output(first, second, place)
        if substitute.inputs is None:
            self.check_handed_inputs(node, second, place)
        for wired in (substitute.inputs or {}).values():
            if node.name in wired.expression.roots:
                message = f"`{substitute.name}` stands in for `{node.name}`, so it cannot read it."
                fix = "read what the failed node would have read"
                self.findings.error("bad-fallback", wired.written.place, message, fix)

    def check_stand_in_output(self, first: Called, second: Called, place: Place) -> None:
        # More than what was promised does no harm: it is another agent's own answer.
        reason = find_mismatch(second.output, {**first.output, "additionalProperties": True})
        if reason:
            message = f"`{second.name}` cannot stand in for `{first.name}`: its output does not fit"
            fix = f"give `{second.name}` the output of `{first.name}`"
            self.findings.error("type-mismatch", place, f"{message}, {reason}.", fix)

    def check_handed_inputs(self, node: NodeDraft, called: Called, place: Place) -> None:
        missing = sorted(required_of(called.input) - set(node.inputs or {}))
        if missing and node.inputs is not None:
            message = f"`{called.name}` needs `{missing[0]}`, which `{node.name}` does not have."
            fix = f"give `{called.name}` an input that `{node.name}` has"
            self.findings.error("missing-input", place, message, fix)

    # --------------------------------------------------------------------------------------- tree

    def check_tree(self) -> None:
        """Its leaves must be nodes, its tests conditions."""
        tree, at = self.draft.tree, self.draft.key.place
        if tree is None:
            return
        check_tree(tree, self.draft.nodes, self.findings, at)
        scope = self.types.seen_by_tree()
        for wired in tree_tests(tree, at):
            self.shares.check_reads(wired, None)
            self.checker.check_condition(wired, scope, "A tree's test")
