"""The small, total, safe language of `when`, `in`, `map` and `output`.

    paths        triage.team, input.items[0], input["odd name"]
    values       12, 0.5, "text", 'text', true, false, null, [a, b], {team: triage.team}
    operators    == != < <= > >=  in  not in  and or not (also && || !)  + - *  a ? b : c
    functions    exists(x)  default(x, value)  size(x)  lower(s)  upper(s)  contains(a, x)
                 starts_with(s, prefix)  text(x)

No loops, no definitions, no calls outside this list: every expression ends, and nothing in it can
reach a file, a process or the network. `_evaluate` says what null means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pantheon.errors import ExitCode, PantheonError, SpecError, Where
from pantheon.ids import Json, JsonObject
from pantheon.spec._evaluate import Evaluator, Mismatch, compile_node
from pantheon.spec._parse import Problem, SyntaxProblem, parse
from pantheon.spec._syntax import Node, guarded_names, root_names, write


class ExpressionFault(PantheonError):
    """At run time an expression met values that it has no meaning for."""

    kind = "run_failed"
    exit_code = ExitCode.RUN_FAILED


class ExpressionError(SpecError):
    """An expression does not parse, or its types do not fit; offsets are in `problems`."""

    def __init__(self, source: str, problems: tuple[Problem, ...], where: Where) -> None:
        first = problems[0]
        super().__init__(first.message, hint=first.fix, where=where)
        self.source = source
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked piece of the language, ready to be evaluated many times.

    Two are equal when they were written the same; where does not matter.
    """

    source: str
    where: Where = field(compare=False)
    roots: frozenset[str] = field(compare=False)
    """Names of nodes, `input` and `item` that it refers to."""
    tree: Node = field(compare=False, repr=False)
    _run: Evaluator = field(compare=False, repr=False)

    def evaluate(self, scope: Mapping[str, Json]) -> Json:
        """The value, given the output object of every finished node, `input` and `item`.

        A name that is not in the scope is null. Raises ExpressionFault.
        """
        try:
            return self._run(scope)
        except (Mismatch, OverflowError, RecursionError, ValueError) as fault:
            reason = str(fault) if isinstance(fault, Mismatch) else "the values are too large"
            message = f"The expression `{self.source}` cannot be computed: {reason}."
            hint = "check the values with `exists(…)` or give a `default(…, …)`"
            raise ExpressionFault(message, hint=hint, where=self.where) from None

    def infer(self, types: Mapping[str, JsonObject]) -> JsonObject:
        """JSON Schema of the value, given the schema of every root.

        Raises ExpressionError with every mismatch and its offsets.
        """
        from pantheon.spec._infer import infer_type

        schema, problems = infer_type(self.tree, types)
        if problems:
            raise ExpressionError(self.source, problems, self.where)
        return schema

    @property
    def guarded(self) -> frozenset[str]:
        """Roots it can do without: named inside `exists(…)` or `default(…, …)`."""
        return guarded_names(self.tree)

    def __str__(self) -> str:
        return write(self.tree)

    def __reduce__(self) -> tuple[object, ...]:
        return parse_expression, (self.source, self.where)


def parse_expression(text: str, where: Where) -> Expression:
    """Parse and compile; raises ExpressionError with the offset of the first mistake."""
    try:
        tree = parse(text)
    except SyntaxProblem as fault:
        raise ExpressionError(text, (fault.problem,), where) from None
    return Expression(text, where, root_names(tree), tree, compile_node(tree))
