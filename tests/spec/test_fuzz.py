"""Any bytes whatever give a project or a list of mistakes, never another error."""

from __future__ import annotations

import contextlib
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pantheon.spec import InvalidProject, Project, load_project
from pantheon.spec import _keys as keys

EXAMPLES = Path(__file__).parent / "valid"
WRITES_FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(folder: Path, content: bytes) -> Project | InvalidProject:
    """What loading these bytes comes to; any other error fails the test."""
    path = folder / "pantheon.yaml"
    path.write_bytes(content)
    try:
        found: Project | InvalidProject = load_project(path, environment={})
    except InvalidProject as error:
        found = error
    shown = (
        json.dumps(found.to_json()) + found.render() if isinstance(found, InvalidProject) else "-"
    )
    assert shown
    return found


@WRITES_FILES
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    """Random bytes are told to be no project."""
    assert isinstance(outcome(tmp_path, content), InvalidProject)


@WRITES_FILES
@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text(tmp_path: Path, content: str) -> None:
    """So is random text."""
    assert isinstance(outcome(tmp_path, content.encode()), InvalidProject)


@WRITES_FILES
@given(st.text(alphabet="a: -?[]{}&*!|>'\"%@`#,\n\t<~.1", max_size=120))
def test_any_yaml_punctuation(tmp_path: Path, content: str) -> None:
    """And text made of what YAML gives a meaning to."""
    assert isinstance(outcome(tmp_path, content.encode()), InvalidProject)


@WRITES_FILES
@given(st.binary(max_size=200), st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_overlay_and_any_setting(tmp_path: Path, content: bytes, setting: str) -> None:
    """What lies over a sound project may be anything too."""
    (tmp_path / "pantheon.local.yaml").write_bytes(content)
    (tmp_path / "pantheon.yaml").write_text(SOUND, "utf-8")
    for settings_ in ([setting], [f"agents.a.{setting}"], [f"agents.a={setting}"]):
        with contextlib.suppress(InvalidProject):
            load_project(tmp_path, environment={}, settings=settings_)


@WRITES_FILES
@given(
    st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r", "\x85", "\u2028", "\n\ufeff", "\t\n", " \n"]),
)
def test_any_encoding_and_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    """As an editor, or a careless program, may have saved it."""
    outcome(tmp_path, (end.join(LINES) + "# é").encode(encoding, "replace"))


SOUND = "agents: {a: {input: {text: string}, output: {reply: string}}}"
LINES = [
    *(EXAMPLES / "full" / "pantheon.yaml").read_text("utf-8").splitlines(),
    *(EXAMPLES / "full" / "more.yaml").read_text("utf-8").splitlines(),
]
ENGINE = (EXAMPLES / "engine" / "pantheon.yaml").read_text("utf-8").splitlines()


BOMBS = {
    "laughs": "a: &a [l]\n"
    + "".join(f"{y}: &{y} [{f'*{x},' * 9}]\n" for x, y in pairwise("abcdefgh")),
    "nested": "a: " + "[" * 50_000,
    "quoted": "a: " + '["]",' * 50_000,
    "dashes": "- " * 50_000,
    "indented": "\n".join(" " * depth + "k:" for depth in range(900)),
    "long": "a: [" + "1," * 200_000 + "\nb: ]",
    "text": 'a: "' + "x " * 300_000 + "\nb: ]",
    "doubled": "agents: {a: {cost: 1}}\n" * 3_000,
    "aliases": "a: &a 1\nb: [" + "*a, " * 200_000 + "]",
    "merges": "m0: &m0 {a: 1}\n"
    + "".join(f"m{i + 1}: &m{i + 1} {{<<: *m{i}, k{i}: 1}}\n" for i in range(400)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_made_to_take_for_ever_ends_at_once(tmp_path: Path, name: str) -> None:
    """Within seconds even on a slow machine."""
    started = time.perf_counter()
    assert isinstance(outcome(tmp_path, BOMBS[name].encode()), InvalidProject)
    assert time.perf_counter() - started < 10


@WRITES_FILES
@given(st.lists(st.sampled_from([*LINES, *ENGINE]), max_size=40).map("\n".join))
def test_lines_of_valid_files_in_any_order(tmp_path: Path, content: str) -> None:
    """Shuffled, repeated and missing lines are mistakes like others."""
    outcome(tmp_path, content.encode())


@WRITES_FILES
@given(st.data())
def test_valid_file_with_pieces_replaced(tmp_path: Path, data: st.DataObject) -> None:
    """A valid file into which somebody's cat has typed."""
    text = "\n".join(data.draw(st.sampled_from([LINES, ENGINE])))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        typed = data.draw(st.text(alphabet="abc:{}[]\"'\n -.@&*=<>!?#0é\t", max_size=6))
        text = text[:start] + typed + text[start + length :]
    outcome(tmp_path, text.encode())


Values: TypeAlias = st.SearchStrategy[Any]
_WORDS: Values = st.sampled_from(
    [
        *("a", "b", "cloud", "input.text", "a.reply", "item", "string", "a@>=1", "m:f", "30s"),
        *("specialist", "prompt", "openai", "llama.cpp", "x.j2", "root", "", "a.x == 1", "5%"),
        *("../x", "\x1b[31m", "{{ text }}", "{{", "${X}", "8GB", "22:00-06:00", "*"),
    ]
)
_TABLES = [cast("dict[str, str]", table) for name, table in vars(keys).items() if name.isupper()]
_SCHEMA_KEYS = ["type", "properties", "enum", "required", "items", "anyOf", "$ref", "text", "x?"]
_KEYS = st.sampled_from(sorted({*_SCHEMA_KEYS, "a", "b"}.union(*_TABLES)))


def _nested(inner: Values) -> Values:
    return st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4)


_LEAVES: Values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 99), st.floats(allow_nan=False), _WORDS
)
_ANYTHING: Values = st.recursive(_LEAVES, _nested, max_leaves=25)
_TIERS: Values = st.lists(_WORDS | st.dictionaries(_KEYS, _ANYTHING, max_size=1), max_size=3)
_CONTRACTS: Values = _ANYTHING | st.dictionaries(
    st.sampled_from(["text", "team", "reply?"]),
    st.sampled_from(["string", "integer"]) | _ANYTHING,
    max_size=3,
)
_NAMES = st.sampled_from(["a", "b", "cloud", "c d"])
_AGENTS: Values = st.fixed_dictionaries(
    {"input": _CONTRACTS, "output": _CONTRACTS}, optional={"tiers": _TIERS, "promise": _ANYTHING}
)
_NODES: Values = st.dictionaries(st.sampled_from(sorted(keys.NODE)), _ANYTHING, max_size=5)
_FULL: Values = st.fixed_dictionaries(
    {"input": _CONTRACTS, "nodes": st.dictionaries(_NAMES, _NODES), "output": _ANYTHING},
    optional={"context": _ANYTHING, "tree": _ANYTHING, "priority": _ANYTHING},
)
_ORIGINAL: Values = st.dictionaries(st.sampled_from(sorted(keys.ORIGINAL_FLOW)), _ANYTHING)
_OTHERS = dict.fromkeys(["router", "night", "include", "version"], _ANYTHING)
_PROJECTS: Values = st.fixed_dictionaries(
    {"agents": st.dictionaries(_NAMES, _AGENTS | _ANYTHING, max_size=2)},
    optional={
        "flows": st.dictionaries(_NAMES, _FULL | _ORIGINAL, max_size=2),
        "models": st.dictionaries(_NAMES, _ANYTHING, max_size=2),
        **_OTHERS,
    },
)


@WRITES_FILES
@given(_PROJECTS)
def test_any_values_under_known_keys(tmp_path: Path, project: object) -> None:
    """Every key takes any value without breaking the loader."""
    outcome(tmp_path, json.dumps(project).encode())
