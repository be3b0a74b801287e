"""What a test expects, as written: each kind of assertion checked against the contract at load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from pantheon.ids import JsonObject
from pantheon.spec import _keys as keys
from pantheon.spec._case import ANY_FAILURE, LOCAL, Expectation, Satisfies
from pantheon.spec._compatibility import is_only, kinds_of, properties_of, required_of
from pantheon.spec._constants import ANY_OBJECT
from pantheon.spec._contract import read_contract
from pantheon.spec._fields import Fields
from pantheon.spec._model import AgentDef
from pantheon.spec._source import Findings, Scalar, Table, Written, did_you_mean, to_json
from pantheon.spec._validate import validate_value

_JUDGED = ("input", "output", "criterion")
"""What a judge may be given; `output` it must take."""
SCORE, SATISFIED = "score", "satisfied"
"""Fields of a judge's output: a number from 0 to 1, or true and false."""
_STATES = ("ok", "skipped", "failed", "abstained", "timed_out", "cancelled", "waiting")
_REASON = re.compile(r"[a-z]+(_[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test is about."""

    owner: str
    input: JsonObject = field(default_factory=lambda: ANY_OBJECT)
    output: JsonObject = field(default_factory=lambda: ANY_OBJECT)
    agent: bool = False
    nodes: tuple[str, ...] | None = None
    """Of a flow."""


@dataclass(frozen=True, slots=True)
class ExpectationReader:
    """Reads the assertions of one test."""

    tested: Tested
    agents: Mapping[str, AgentDef | None]
    findings: Findings

    def read(self, written: Written, owner: str) -> Expectation:
        """Everything that is expected; mistakes are recorded."""
        fields = Fields.read(written, f"`expect` of {owner}", self.findings, keys.EXPECT)
        if fields is None:
            return Expectation()
        if not any(fields.get(key) is not None for key in keys.EXPECT):
            message = f"{fields.owner[0].upper()}{fields.owner[1:]} expects nothing."
            self._error(fields.table, message, "write for example `equals: {…}`")
        within = fields.section("within", f"`within` of {owner}", keys.WITHIN)
        schema = fields.get("schema")
        expected = Expectation(
            equals=self.whole(fields, "equals"),
            same=self.whole(fields, "same"),
            contains=self._parts(fields, "contains"),
            matches=self._patterns(fields),
            schema=None if schema is None else read_contract(schema, self.findings),
            satisfies=self._satisfies(fields),
            tier=self._tiers(fields),
            nodes=self._nodes(fields),
            fails=self._fails(fields),
            seconds=within.duration("time") if within else None,
            usd=within.number("usd", 0, float("inf")) if within else None,
        )
        self._check_sense(fields, expected)
        return expected

    def _error(self, written: Written, message: str, fix: str) -> None:
        self.findings.error("bad-test", written.place, message, fix)

    def _check_sense(self, fields: Fields, expected: Expectation) -> None:
        """An output cannot be wanted and ruled out at once."""
        about_output = ("equals", "same", "contains", "matches", "schema", "satisfies")
        for key in about_output if expected.fails else ():
            value = fields.get(key)
            if value is not None:
                message = f"`fails` expects no output, and `{key}` expects one."
                self._error(value, message, "keep one of them")
                return

    # ------------------------------------------------------------------ the output

    def whole(self, fields: Fields, key: str) -> JsonObject | None:
        """A whole output, as the contract has it."""
        written = fields.get(key)
        if written is None:
            return None
        value = to_json(written)
        if not isinstance(value, dict):
            fields.wrong_type(key, written, "an object: the whole output")
            return None
        for problem in validate_value(self.tested.output, value)[:3]:
            message = f"`{key}` of {fields.owner} breaks the contract: {problem}."
            fix = "change it, or expect parts of the output with `contains`"
            self._error(written, f"{message}", fix)
        return value

    def _parts(self, fields: Fields, key: str) -> JsonObject | None:
        """Parts of an output, by fields that it may have."""
        written = fields.get(key)
        if written is None:
            return None
        if not isinstance(written, Table):
            fields.wrong_type(key, written, "a mapping from fields of the output")
            return None
        known = properties_of(self.tested.output)
        closed = self.tested.output.get("additionalProperties") is False
        for entry in written.entries.values() if closed else ():
            if entry.key.text not in known:
                message = f"`{entry.key.text}` is no field of what {self.tested.owner} gives."
                fix = did_you_mean(entry.key.text, known)
                self.findings.error("bad-test", entry.key.place, message, fix)
        return cast("JsonObject", to_json(written))

    def _patterns(self, fields: Fields) -> JsonObject | None:
        parts = self._parts(fields, "matches")
        written = fields.get("matches")
        if parts is not None and written is not None:
            self._check_patterns(written)
        return parts

    def _check_patterns(self, written: Written) -> None:
        if isinstance(written, Table):
            for entry in written.entries.values():
                self._check_patterns(entry.value)
        elif isinstance(written, Scalar) and isinstance(written.value, str):
            try:
                re.compile(written.value)
            except (re.error, OverflowError, RecursionError) as error:
                message = f"`{written.text}` is not a regular expression: {error}."
                self._error(written, message, "escape special characters with `\\`")

    # ------------------------------------------------------------------ how it came about

    def _tiers(self, fields: Fields) -> tuple[str, ...]:
        names = fields.names("tier")
        value = fields.get("tier")
        if value is not None and not self.tested.agent:
            message = "`tier` is about an agent: in a flow several answer."
            self._error(value, message, "write it into a test of the agent")
        for name in names:
            if name.text not in keys.TIERS and name.text != LOCAL:
                message = f"`{name.text}` is not a kind of tier."
                self._error(name, message, did_you_mean(name.text, [*keys.TIERS, LOCAL]))
        return tuple(name.text for name in names)

    def _nodes(self, fields: Fields) -> JsonObject:
        written = fields.get("nodes")
        if written is None:
            return {}
        known = self.tested.nodes
        if known is None or not isinstance(written, Table):
            message = "`nodes` is a mapping from nodes of a flow to the state they come to."
            self._error(written, message, "write for example `nodes: {ask: skipped}` in a flow")
            return {}
        found: JsonObject = {}
        for entry in written.entries.values():
            name, state = entry.key, entry.value
            if name.text not in known:
                message = f"There is no node `{name.text}` in {self.tested.owner}."
                self._error(name, message, did_you_mean(name.text, known))
            elif not isinstance(state, Scalar) or state.text not in _STATES:
                text = state.text if isinstance(state, Scalar) else ""
                message = f"A node comes to one of the states of the journal, not `{text}`."
                self._error(state, message, did_you_mean(text, _STATES))
            else:
                found[name.text] = state.text
        return found

    def _fails(self, fields: Fields) -> str | None:
        """`fails: true`, or the reason."""
        value = fields.get("fails")
        if value is None:
            return None
        if isinstance(value, Scalar) and value.value is True:
            return ANY_FAILURE
        if isinstance(value, Scalar) and _REASON.fullmatch(str(value.value)):
            return value.text
        message = "`fails` is `true`, or the reason for which there is no output."
        self._error(value, message, "write for example `fails: invalid_input`")
        return None

    # ------------------------------------------------------------------ judged by an agent

    def _satisfies(self, fields: Fields) -> tuple[Satisfies, ...]:
        each = (self._judged(item, fields.owner) for item in fields.listed("satisfies"))
        return tuple(one for one in each if one is not None)

    def _judged(self, written: Written, owner: str) -> Satisfies | None:
        fields = Fields.read(written, f"`satisfies` in {owner}", self.findings, keys.SATISFIES)
        if fields is None:
            return None
        fields.require("judge", "name the agent that judges: `judge: AGENT`")
        fields.require("criterion", "say in a sentence what it is judged by")
        judge, criterion = fields.name_at("judge"), fields.text("criterion")
        if judge is None or criterion is None:
            return None
        self._check_judge(judge)
        at_least = fields.number("at_least", 0, 1)
        return Satisfies(
            judge=judge.text,
            criterion=criterion,
            at_least=0.5 if at_least is None else at_least,
            times=fields.whole("times", 1) or 1,
        )

    def _check_judge(self, name: Scalar) -> None:
        if name.text not in self.agents:
            message = f"There is no agent `{name.text}` to judge."
            fix = did_you_mean(name.text, self.agents)
            self.findings.error("unknown-agent", name.place, message, fix)
            return
        judge = self.agents[name.text]
        problem = judge and _judge_problem(judge)
        if problem:
            message = f"`{name.text}` cannot judge by a criterion: {problem[0]}."
            self.findings.error("bad-judge", name.place, message, problem[1])


def _judge_problem(judge: AgentDef) -> tuple[str, str] | None:
    """What keeps an agent from judging outputs by a criterion, and the fix."""
    whole = "give it the input `{output: object, criterion: string}`"
    known = properties_of(judge.input)
    if "output" not in known:
        return "its input has no field `output`", whole
    extra = sorted(required_of(judge.input) - set(_JUDGED))
    if extra:
        return f"it needs `{extra[0]}`, which nobody gives it", f"make `{extra[0]}` optional"
    for name in ("input", "output"):
        if name in known and not kinds_of(known[name]) & {"object", "string"}:
            return f"its `{name}` is neither an object nor text", whole
    verdicts = properties_of(judge.output)
    score, satisfied = verdicts.get(SCORE), verdicts.get(SATISFIED)
    if score is not None and is_only(score, "number"):
        return None
    if satisfied is not None and is_only(satisfied, "boolean"):
        return None
    fix = "give it the output `{score: number}` (0 to 1), or `{satisfied: boolean}`"
    return "its output has neither a number `score` nor a boolean `satisfied`", fix
