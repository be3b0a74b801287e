"""The `rules` tier as users write it: conditions over the input, each with the answer it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pantheon.ids import JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._compatibility import ALL_KINDS, describe, describe_fields, kinds_of
from pantheon.spec._draft import Wired, read_expression
from pantheon.spec._expression import Expression
from pantheon.spec._fields import Fields
from pantheon.spec._infer import infer_type
from pantheon.spec._model import Rule, RulesTier
from pantheon.spec._order import order_example
from pantheon.spec._source import Findings, Items, Table, Written, to_json
from pantheon.spec._source import describe as kind_of
from pantheon.spec._typing import names_in
from pantheon.spec._validate import validate_value
from pantheon.spec._verify import constant_of

EXAMPLE = "- {when: 'contains(input.text, \"refund\")', give: {team: payments}}"
_INPUT = "input"


@dataclass(frozen=True, slots=True)
class RulesReader:
    """Reads rules against the contract that they answer for."""

    owner: str
    input: JsonObject
    output: JsonObject
    findings: Findings

    def read(self, written: Written) -> RulesTier | None:
        """The tier, or None after recording why there is none."""
        if not isinstance(written, Items) or not written.items:
            said = f"The rules of {self.owner} are a list of `when` and `give`, not"
            self.findings.error(
                "bad-rule", written.place, f"{said} {kind_of(written)}.", f"write `{EXAMPLE}`"
            )
            return None
        rules = [self.read_rule(item, number) for number, item in enumerate(written.items, 1)]
        found = [rule for rule in rules if rule is not None]
        if len(found) < len(rules):
            return None
        self.doubt_unreachable(found, written)
        return RulesTier(tuple(found))

    def read_rule(self, written: Written, number: int) -> Rule | None:
        """One rule; its condition must be one, and what it gives an output."""
        owner = f"rule {number} of {self.owner}"
        fields = Fields.read(written, owner, self.findings, keys.RULE)
        if fields is None:
            return None
        when = fields.require("when", 'say when it holds: `contains(input.text, "refund")`')
        give = fields.require("give", "say what it answers: `give: {team: payments}`")
        condition = self.read_condition(when, owner) if when is not None else None
        output = self.read_output(give, owner) if give is not None else None
        return Rule(condition, output) if condition is not None and output is not None else None

    def read_condition(self, written: Written, owner: str) -> Expression | None:
        """A condition over `input` alone."""
        wired = read_expression(written, self.findings)
        if wired is None or not self.check_names(wired, owner):
            return None
        schema, problems = infer_type(wired.expression.tree, {_INPUT: self.input})
        for problem in problems:
            place = wired.place_of(problem)
            self.findings.error("type-mismatch", place, problem.message, problem.fix)
        kinds = kinds_of(schema)
        if not problems and kinds != ALL_KINDS and not kinds <= {"boolean", "null"}:
            message = f"`when` of {owner} needs a condition; this is {describe(schema)}."
            fix = f"compare it: `{wired.expression.source} == …`, or use `contains(…, …)`"
            self.findings.error("type-mismatch", written.place, message, fix)
            return None
        return None if problems else wired.expression

    def check_names(self, wired: Wired, owner: str) -> bool:
        """A rule sees the agent's input and nothing else."""
        other = next((n for n in names_in(wired.expression.tree) if n.name != _INPUT), None)
        if other is None:
            return True
        place = wired.written.part(other.span.start, other.span.end)
        message = f"There is no `{other.name}` here: {owner} sees the agent's `input` only."
        fix = f"write `input.{other.name}`, or quote text"
        self.findings.error("unknown-input", place, message, fix)
        return False

    def read_output(self, written: Written, owner: str) -> JsonObject | None:
        """An output, as it is: a constant."""
        if not isinstance(written, Table):
            message = f"`give` of {owner} must be an output, not {kind_of(written)}."
            fix = f"write its fields: `{{{describe_fields(self.output)}}}`"
            self.findings.error("bad-rule", written.place, message, fix)
            return None
        value = cast("JsonObject", to_json(written))
        problems = validate_value(self.output, value)
        for problem in problems[:1]:
            entry = next((e for k, e in written.entries.items() if f"`{k}`" in problem), None)
            message = f"What {owner} gives breaks the contract: {problem}."
            fix = "give an output of the agent, or change its contract"
            place = entry.value.place if entry else written.place
            self.findings.error("bad-rule", place, message, fix)
        if problems:
            return None
        ordered = order_example({"output": value}, {}, self.output)["output"]
        return cast("JsonObject", ordered)

    def doubt_unreachable(self, rules: list[Rule], written: Items) -> None:
        """Doubt rules that never come to be asked, or never hold."""
        always: int | None = None
        asked: dict[str, int] = {}
        for number, rule in enumerate(rules, 1):
            constant, text = constant_of(rule.when.tree), str(rule.when)
            before = always or asked.get(text)
            place = written.items[number - 1].place
            if before is not None:
                message = (
                    f"Rule {number} of {self.owner} is never asked: rule {before} comes first."
                )
                self.findings.warn("unreachable-rule", place, message, "remove one of them")
            elif constant is not None and constant.value is not True:
                message = f"The condition of rule {number} of {self.owner} is never true."
                self.findings.warn("constant-condition", place, message, "change it, or remove it")
            elif constant is not None:
                always = number
            asked.setdefault(text, number)
