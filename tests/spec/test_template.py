"""What a prompt needs is found without Jinja where that is plain, and is what Jinja finds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pantheon.spec._template import _look_into

_PIECES = ["{", "}", "{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "a", "b1", "_", ".", "|"]
_WORDS = ["true", "none", "range", "if", "loop", "self", "é", "1", "{{ a }}", "{{b1}}", "{{- a -}}"]

_TAGS = [
    "and",
    "as",
    "block",
    "call",
    "caller",
    "context",
    "elif",
    "else",
    "extends",
    "false",
    "False",
    "filter",
    "for",
    "from",
    "if",
    "import",
    "in",
    "include",
    "is",
    "kwargs",
    "loop",
    "macro",
    "none",
    "None",
    "not",
    "or",
    "recursive",
    "self",
    "set",
    "super",
    "true",
    "True",
    "varargs",
    "with",
]


def names_by_jinja(text: str) -> set[str] | None:
    """The variables that Jinja itself finds; None for what it cannot compile."""
    environment = ImmutableSandboxedEnvironment(autoescape=False)
    try:
        environment.from_string(text)
        tree = environment.parse(text)
    except TemplateSyntaxError:
        return None
    return meta.find_undeclared_variables(tree) - set(environment.globals)


@given(st.lists(st.sampled_from([*_PIECES, *_WORDS]), max_size=9).map("".join))
@example("{{{ a }}}")
@example("{{ a }}{{{b}}")
@example("{{ range }} {{ none }} {{ a }}")
@example("{{a}}}}")
@example("{{{{a}}a}}")
def test_the_short_way_finds_what_jinja_finds(text: str) -> None:
    """Names, or that it is no template."""
    try:
        found = _look_into(text)[0]
    except TemplateSyntaxError:
        assert names_by_jinja(text) is None
    else:
        assert found == names_by_jinja(text)


@pytest.mark.parametrize("word", [*_TAGS, *ImmutableSandboxedEnvironment().globals])
def test_words_with_a_meaning_are_left_to_jinja(word: str) -> None:
    """`{{ true }}` names no variable."""
    names = names_by_jinja(f"{{{{ {word} }}}}")
    try:
        assert _look_into(f"{{{{ {word} }}}}")[0] == names
    except TemplateSyntaxError:
        assert names is None
