"""Formatting: the same values in the same spelling, every comment, and nothing more to do after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from ruamel.yaml import YAML

from pantheon.editing import comments_of, format_text
from pantheon.editing._tree import lines_of, parse
from pantheon.errors import InputError

ODD = sorted(Path(__file__).with_name("odd").glob("*.yaml"))


def check(text: str) -> str:
    """Format a text and hold it to all that is promised; what came of it."""
    root = parse(text)
    formatted = format_text(text)
    again = parse(formatted)
    assert (again.meaning if again else None) == (root.meaning if root else None)
    told = [c.text for c in comments_of(lines_of(text), root)]
    assert [c.text for c in comments_of(lines_of(formatted), again)] == told
    assert format_text(formatted) == formatted
    return formatted


# ------------------------------------------------------------------------------ random documents

WORDS = st.sampled_from(["a", "b c", "text", "x-1", "größe", "ha # sh", "it's", "yes", "1", "~"])
COMMENTS = st.sampled_from(["", "", "", "# note", "#", "#tight", "# a: b", "# 'quote"])


@st.composite
def scalars(draw: st.DrawFn) -> str:
    """A value on one line, in any spelling."""
    word = draw(WORDS)
    style = draw(st.sampled_from(["plain", "single", "double", "flow", "anchor"]))
    quoted = word.replace("'", "''")
    match style:
        case "single":
            return f"'{quoted}'"
        case "double":
            return f'"{word}"'
        case "flow":
            space = draw(st.sampled_from(["", " "]))
            return f"{{{space}k:  {'v' + space},l: [ 1,2 ]{space}}}"
        case "anchor":
            return f"&n{draw(st.integers(0, 9))} '{quoted}'"
        case _:
            return "plain" if "#" in word or "'" in word else word


@st.composite
def brackets(draw: st.DrawFn, depth: int = 2) -> list[str]:
    """A collection in brackets, with ends of lines and comments anywhere in it."""
    listed = draw(st.booleans())
    lines = ["[" if listed else "{"]
    for number in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            comment = draw(COMMENTS)
            lines = [
                *lines[:-1],
                f"{lines[-1]} {comment}",
                *draw(st.sampled_from([[""], ["", ""]])),
            ]
        inner = draw(brackets(depth - 1)) if depth and draw(st.booleans()) else [draw(scalars())]
        name = "" if listed else f"{draw(st.sampled_from(['k', 'q ', 'long key ' * 6]))}{number}: "
        lines = [*lines[:-1], f"{lines[-1]} {name}{inner[0]}", *inner[1:]]
        lines[-1] += draw(st.sampled_from([",", " , "]))
    return [*lines[:-1], f"{lines[-1]} {']' if listed else '}'}"]


@st.composite
def blocks(draw: st.DrawFn, depth: int = 3) -> list[str]:
    """The lines of a block, indented from 0 in any way that YAML allows."""
    size = draw(st.integers(1, 3))
    if draw(st.booleans()) and depth < 3:
        return [line for _ in range(size) for line in draw(items(depth))]
    return [line for number in range(size) for line in draw(entries(depth, f"k{number}"))]


def _noise(draw: st.DrawFn) -> list[str]:
    comment = draw(COMMENTS)
    blank = [""] * draw(st.integers(0, 2))
    return [*blank, comment] if comment else blank


@st.composite
def entries(draw: st.DrawFn, depth: int, key: str) -> list[str]:
    """A key with its value."""
    comment, gap = draw(COMMENTS), " " * draw(st.integers(1, 3))
    tail = f"{gap}{comment}" if comment else " " * draw(st.integers(0, 1))
    kind = draw(st.sampled_from(["scalar", "brackets", "block", "text", "folded", "empty"]))
    lines = _noise(draw)
    if kind == "brackets":
        first, *others = draw(brackets())
        return [*lines, f"{key}: {first}", *(f"  {line}" for line in others[:-1]), *others[-1:]]
    if kind == "block" and depth:
        inner = draw(blocks(depth - 1))
        listed = next(line for line in inner if line and line[0] != "#").startswith("-")
        indent = " " * draw(st.integers(0 if listed else 1, 5))
        return [*lines, f"{key}:{tail}", *(f"{indent}{line}" if line else "" for line in inner)]
    if kind == "text":
        mark, indent = draw(st.sampled_from(["|", "|-", ">", "|+"])), " " * draw(st.integers(1, 4))
        return [*lines, f"{key}: {mark}{tail}", f"{indent}one # no comment", f"{indent}  two", ""]
    if kind == "folded":
        return [*lines, f"{key}:{gap}some words", " " * draw(st.integers(1, 5)) + "and more"]
    if kind == "empty":
        return [*lines, f"{key}:{tail}"]
    return [*lines, f"{key}:{gap}{draw(scalars())}{tail}"]


@st.composite
def items(draw: st.DrawFn, depth: int) -> list[str]:
    """An item of a list."""
    gap = " " * draw(st.integers(1, 4))
    if depth and draw(st.booleans()):
        inner = list(draw(blocks(depth - 1)))
        while inner and (not inner[0] or inner[0][0] == "#"):
            inner.pop(0)
        pad = " " * (1 + len(gap))
        return [f"-{gap}{inner[0]}", *(f"{pad}{line}" if line else "" for line in inner[1:])]
    if draw(st.booleans()):
        first, *others = draw(brackets())
        return [*_noise(draw), f"-{gap}{first}", *(f"  {line}" for line in others)]
    return [*_noise(draw), f"-{gap}{draw(scalars())}"]


@given(blocks(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_document_keeps_all_that_is_the_authors(lines: list[str], end: str, bom: bool) -> None:
    """Values, spelling, anchors, comments and their order; and once is enough."""
    text = ("\ufeff" if bom else "") + end.join(lines) + end
    try:
        parse(text)
    except InputError:
        return
    formatted = check(text)
    assert "\r" not in formatted
    assert formatted.endswith("\n")
    assert not formatted.startswith("\n")


@given(st.text(alphabet="ab:-#{}[]&*|>'\" \n\t,?!%@\r\x85\u2028", max_size=40))
def test_any_text_is_formatted_or_refused(text: str) -> None:
    """No other ending than a reason with its place."""
    try:
        parse(text)
    except InputError:
        with pytest.raises(InputError):
            format_text(text)
        return
    check(text)


@pytest.mark.parametrize("file", ODD, ids=lambda file: file.stem)
def test_odd_layouts(file: Path) -> None:
    """Shapes that real files have."""
    check(file.read_bytes().decode())


def test_the_houses_layout() -> None:
    """Two spaces a level, lists below their key, one blank line at most."""
    text = """\
# head
version:   1


agents:
    a:     # eol
        # about input
        input: { text: string,b: [ 1,2 ] }
        tiers:
        -   prompt:
                template: |
                    Hello
                      there

                    end
        # before cloud
        - cloud
        # end of a
    b: {x: "#no", y: 'it''s'}   # c

    # last
flows:
        n:  {agent: a,
             in: {text: input.text}}
"""
    assert check(text) == snapshot("""\
# head
version: 1

agents:
  a:     # eol
    # about input
    input: {text: string, b: [1, 2]}
    tiers:
      - prompt:
          template: |
            Hello
              there

            end
      # before cloud
      - cloud
      # end of a
  b: {x: "#no", y: "it's"}   # c

  # last
flows:
  n: {agent: a, in: {text: input.text}}
""")


EXPLICIT = """\
agents:
    a:
        input: {t: string}
    ? b
    : {input: {t: string}}
    "c" :   1
"""


@pytest.mark.parametrize("text", [EXPLICIT, "a:\n    b: 1\n    ? c\n    : 2\n", "? a\n: - ? b\n"])
def test_keys_behind_a_question_mark_stay_where_they_are(text: str) -> None:
    """Not inside the key before, though a list of all keys and values would read the same."""
    yaml: Any = YAML(typ="safe", pure=True)

    assert yaml.load(check(text)) == yaml.load(text)


def test_what_is_in_what_belongs_to_the_meaning() -> None:
    """Two texts with the same keys and values in the same order are told apart by it."""
    one, other = parse("a:\n  b: {}\nc: {}\n"), parse("a:\n  b: {}\n  c: {}\n")

    assert one
    assert other
    assert one.meaning != other.meaning
