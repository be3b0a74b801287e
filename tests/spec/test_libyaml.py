"""libyaml and the pure parser give the same located values, or libyaml gives none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pantheon.spec._libyaml import compose_in_c, is_large, reads_alike, resolve_plain
from pantheon.spec._located import locate
from pantheon.spec._source import Entry, Findings, Items, Scalar, SourceFile, Table, Written
from pantheon.spec._yaml import _compose_purely, parse_yaml, read_text

FOLDER = Path(__file__).parent
FILES = sorted([*FOLDER.rglob("*.yaml")])
PIECES = [
    *("key: value", "- item", "  - a: 1", "  b: {x: 1, y: [1, 2,3]}", "a: &x 1", "b: *x", "<<: *x"),
    *(
        "c: |",
        "   text",
        "d: >-",
        "  folded",
        "# comment",
        " e: 'q''q'",
        'f: "\\u00e9\\n"',
        "{a:1}",
    ),
    *('{"a":1}', "url: {u: http://x/y}", "? k", ": v", "---", "...", "!!str 1", "- - - a", "- ? a"),
    *("t: a #b", "t: [a, b,]", "t: {a, b: , c}", "z: 0o17", "z: 0x1F", "z: 1_000", "z: 1e5"),
    *("z: .5", "z: +.inf", "d: 2020-01-01", "- |2-", "    lit", "", "  ", "\t", "  multi", 'x: "a'),
    *('  b"', "y: 'a", "   b'", "m: [", "1, 2", "]", "k: {", "a: b,", "}", "? [a]: b", "-", ": x"),
    *(
        "a:",
        "é: ü",
        "a: 😀 # c",
        "😀: {x: 😀, y: z}",
        "a: b != c",
        "&a",
        "*a",
        "%YAML 1.1",
        "k: ''",
    ),
    *(
        "when: a ? b : c",
        "on: yes",
        "n: ~",
        "n: Null",
        "- \N{ZERO WIDTH NO-BREAK SPACE}b",
        "a: 'b' ",
    ),
]


def shape_of(written: Written | None) -> Any:
    """Values, texts, insets and places, for comparison."""
    match written:
        case None:
            return None
        case Scalar(value=value, place=place, text=text, inset=inset):
            return repr(value), text, inset, place.line, place.column, place.length
        case Items(items=items, place=place):
            return place.line, place.column, place.length, [shape_of(item) for item in items]
        case Table(entries=entries, place=place):
            pairs = [_entry(entry) for entry in entries.values()]
            return place.line, place.column, place.length, pairs


def _entry(entry: Entry) -> Any:
    return shape_of(entry.key), shape_of(entry.value)


def read_with(node: Any, source: SourceFile, findings: Findings) -> Any:
    """What a composed node comes to: its values, and what is wrong with them."""
    written = None if node is None else locate(node, source, findings)
    return shape_of(written), [(d.code, d.where) for d in findings.diagnostics]


def check(source: SourceFile) -> bool:
    """Compare the two on one file; whether libyaml had anything to say."""
    text = "\n".join(source.lines)
    fast = compose_in_c(text).node
    if fast is None or not reads_alike(fast, text):
        return False
    findings = Findings()
    pure = _compose_purely(text, source, findings)
    if pure is not None:
        assert read_with(fast, source, Findings()) == read_with(pure, source, findings)
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_files_are_read_alike(path: Path) -> None:
    """Every file of the tests, the sound ones and the wrong ones."""
    source = read_text(path, path.name, Findings())
    assert source is None or check(source) or source.name


@given(st.lists(st.tuples(st.sampled_from([0, 0, 2, 4]), st.sampled_from(PIECES)), max_size=7))
@example([(0, "a: {b: , c}"), (0, "z: 1 ")])
@example([(0, "a:"), (0, "k: >-"), (2, "folded"), (2, "text"), (4, "more"), (0, "b:")])
def test_pieces_of_yaml_are_read_alike(lines: list[tuple[int, str]]) -> None:
    """What YAML gives a meaning to, at any indentation, one below the other."""
    text = "\n".join(" " * indent + piece for indent, piece in lines)
    check(SourceFile("f", tuple(text.split("\n"))))


@given(st.text(alphabet="a: -?[]{}&*!|>'\"%@`#,\n  <~.1=\\é😀_0", max_size=40))
def test_punctuation_is_read_alike(text: str) -> None:
    """Text made of what YAML gives a meaning to, below a key so that some of it parses."""
    check(SourceFile("f", ("k: v", *text.split("\n"))))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(("1", "int"), ("-0x1F", "int"), ("0o17", "int"), ("1_000", "int"), ("+1", "int")),
        *(
            ("1.5", "float"),
            (".5", "float"),
            ("1e5", "float"),
            ("-.inf", "float"),
            (".NaN", "float"),
        ),
        *(("true", "bool"), ("FALSE", "bool"), ("yes", "str"), ("on", "str"), ("~", "null")),
        *(("", "null"), ("Null", "null"), ("nULL", "str"), ("<<", "merge"), ("2020-01-01", "str")),
        *(("1:30", "str"), ("0b12", "str"), ("1.2.3", "str"), (".", "str"), ("-", "str")),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, kind: str) -> None:
    """`yes` and `1:30` are text, as YAML 1.2 has it."""
    assert resolve_plain(text) == f"tag:yaml.org,2002:{kind}"


def test_files_in_order_never_meet_the_slow_parser() -> None:
    """The common layout of a project is what libyaml reads."""
    for name in ("full/pantheon.yaml", "engine/pantheon.yaml", "declared/pantheon.yaml"):
        text = (FOLDER / "valid" / name).read_text("utf-8")
        assert reads_alike(compose_in_c(text).node, text), name


@pytest.mark.parametrize("text", ["[" * 400, "- " * 30_000, '["]",' * 30_000, "a: " + "{a: " * 450])
def test_depth_ends_in_a_message_not_in_a_crash(text: str) -> None:
    """The recursion of C is stopped long before its stack is full."""
    assert compose_in_c(text).too_deep is not None


def test_the_slow_parser_is_not_asked_about_what_takes_for_ever() -> None:
    """A long file with a mistake at its end is told by libyaml, in its place."""
    text = "a: [" + "1," * 100_000 + "\n]\nb: ]\n"
    findings = Findings()
    assert is_large(text)
    assert parse_yaml(SourceFile("f", tuple(text.split("\n"))), findings) is None
    assert [(d.code, str(d.where)) for d in findings.diagnostics] == [("yaml-syntax", "f:3:4")]


def test_a_tab_in_a_comment_or_in_block_text_is_no_reason_to_be_slow() -> None:
    """Anywhere else it is."""
    for text, alike in [
        ("a: 1 # b\tc\n", True),
        ("a:\n- b: |\n    x\ty\n\n    \tz\n  c: 1\n", True),
        ("a: b\tc\n", False),
        ("a: |\n  x\nb:\t1\n", False),
    ]:
        assert reads_alike(compose_in_c(text).node, text) is alike, text
