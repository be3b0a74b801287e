"""The shape of the code, held to a budget: short functions, files that fit in the head.

Counted from the syntax tree. A function's length is its lines from `def` to the last, less its
docstring and the functions inside it; overloads and bodies of `...` are declarations, not counted.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.sources import Source, read

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Budget:
    """Most lines allowed: of a function at the median, at the ninth decile, ever; and of a file."""

    median: float
    ninth_decile: float
    function: int
    file: int


# Tests tell a story from top to bottom, so only their longest are bounded.
BUDGETS = {
    "src/pantheon": Budget(median=8, ninth_decile=30, function=60, file=400),
    "tools": Budget(median=12, ninth_decile=30, function=60, file=400),
    "bench": Budget(median=20, ninth_decile=40, function=60, file=400),
    "tests": Budget(median=20, ninth_decile=40, function=60, file=600),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One function: where it begins, its name, and its own lines of code."""

    path: str
    line: int
    name: str
    lines: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name} has {self.lines} lines"


@dataclass(frozen=True, slots=True)
class Shape:
    """What was counted in one folder."""

    functions: tuple[Measured, ...]
    files: dict[str, int]
    without_docstring: tuple[str, ...]

    def median(self) -> float:
        return statistics.median(function.lines for function in self.functions)

    def ninth_decile(self) -> float:
        lengths = [function.lines for function in self.functions]
        return statistics.quantiles(lengths, n=10, method="inclusive")[-1]


def measure(sources: Iterable[Source]) -> Shape:
    """The shape of these files."""
    functions: list[Measured] = []
    files: dict[str, int] = {}
    without_docstring: list[str] = []
    for source in sources:
        files[source.path] = len(source.text.splitlines())
        if not ast.get_docstring(source.tree):
            without_docstring.append(source.path)
        functions += [_measure_function(source.path, node) for node in _functions(source.tree)]
    return Shape(tuple(functions), files, tuple(without_docstring))


def _functions(tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function) and not _is_declaration(node):
            yield node


def _is_declaration(node: Function) -> bool:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return all(
        isinstance(step, ast.Expr)
        and isinstance(step.value, ast.Constant)
        and step.value.value is Ellipsis
        for step in body
    )


def _measure_function(path: str, node: Function) -> Measured:
    docstring = _height(node.body[0]) if ast.get_docstring(node) else 0
    nested = sum(_height(inner) for inner in _inner_functions(node))
    return Measured(path, node.lineno, node.name, _height(node) - docstring - nested)


def _inner_functions(node: Function) -> Iterator[Function]:
    """Functions directly inside `node`; theirs are counted with them."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        here = waiting.pop()
        if isinstance(here, Function):
            yield here
        else:
            waiting.extend(ast.iter_child_nodes(here))


def _height(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def judge(shape: Shape, budget: Budget) -> list[str]:
    """Every way in which the shape is over its budget, worst first within each kind."""
    faults = [f"{path}: a module needs a docstring" for path in shape.without_docstring]
    long_files = sorted(shape.files.items(), key=lambda item: -item[1])
    faults += [
        f"{path}: {lines} lines; a file has at most {budget.file}"
        for path, lines in long_files
        if lines > budget.file
    ]
    longest = sorted(shape.functions, key=lambda function: -function.lines)
    faults += [
        f"{function}; at most {budget.function}"
        for function in longest
        if function.lines > budget.function
    ]
    if len(shape.functions) > 1:
        faults += _judge_spread(shape, budget, longest)
    return faults


def _judge_spread(shape: Shape, budget: Budget, longest: list[Measured]) -> list[str]:
    faults: list[str] = []
    if shape.median() > budget.median:
        faults.append(f"the median function has {shape.median()} lines; at most {budget.median}")
    if shape.ninth_decile() > budget.ninth_decile:
        faults.append(
            f"one function in ten has more than {shape.ninth_decile():.0f} lines; "
            f"at most {budget.ninth_decile}. The longest:"
        )
        faults += [f"  {function}" for function in longest[:15]]
    return faults


def main() -> int:
    """Print each folder's figures and faults; 1 when there are faults."""
    failed = False
    for name, budget in BUDGETS.items():
        shape = measure(read(name))
        if not shape.functions:
            continue
        print(
            f"{name}: {len(shape.files)} files, {sum(shape.files.values())} lines, "
            f"{len(shape.functions)} functions: median {shape.median():.0f}, "
            f"ninth decile {shape.ninth_decile():.0f}, longest "
            f"{max(function.lines for function in shape.functions)}"
        )
        faults = judge(shape, budget)
        failed = failed or bool(faults)
        print("".join(f"  {fault}\n" for fault in faults), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
