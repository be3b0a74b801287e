"""The budget for the shape of the code counts what it says it counts."""

from __future__ import annotations

from tools.shape import Budget, judge, measure
from tools.sources import parse

SOURCE = '''"""A module."""
def outer(a):
    """Three lines
    that do not
    count."""
    x = 1

    def inner():
        return 2

    return x + inner()

class Thing:
    def declared(self) -> int:
        """Only a declaration."""
        ...

    async def method(self):
        return 1
'''


def test_lengths_leave_out_docstrings_nested_functions_and_declarations() -> None:
    """`outer` keeps its own five lines; what only declares is not counted at all."""
    shape = measure([parse("a.py", SOURCE)])

    lengths = {function.name: function.lines for function in shape.functions}

    assert lengths == {"outer": 5, "inner": 2, "method": 2}
    assert shape.median() == 2


def test_a_budget_that_is_kept_gives_no_faults() -> None:
    """Code within every bound passes."""
    assert judge(measure([parse("a.py", SOURCE)]), Budget(2, 5, 5, 20)) == []


def test_every_bound_that_is_broken_is_named() -> None:
    """Median, ninth decile, longest function, longest file and missing docstring each say so."""
    source = "x = 1\n" + SOURCE.split("\n", 1)[1]

    faults = judge(measure([parse("a.py", source)]), Budget(1, 1, 4, 10))

    text = "\n".join(faults)
    assert "a.py: a module needs a docstring" in text
    assert "a.py: 19 lines; a file has at most 10" in text
    assert "a.py:2: outer has 5 lines; at most 4" in text
    assert "the median function has 2 lines; at most 1" in text
    assert "one function in ten has more than 4 lines; at most 1" in text
