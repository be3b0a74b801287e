"""Single values are set and removed; all else stays, letter by letter."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pantheon.editing import comments_of, remove, set_value
from pantheon.editing._tree import lines_of, parse
from pantheon.errors import InputError
from pantheon.ids import Json
from tests.editing.loose import original, written

TEXT = """\
# top
version: 1
include: a.yaml # why
agents:
  a:
    input: {text: string, note: string}
    tiers:
      - cloud
      - human # x
    say: |
      hello
    # end
  b:
    list: [1, 2, 3]
# last
"""
PATHS = st.sampled_from(
    [("version",), ("include",), ("new",), ("agents", "a", "input"), ("agents", "a", "input", "text"),
     ("agents", "a", "input", "more"), ("agents", "a", "tiers"), ("agents", "a", "tiers", 1),
     ("agents", "a", "say"), ("agents", "c", "deep"), ("agents", "b", "list", 0), ("agents",)]
)  # fmt: skip
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(categories=["L", "P", "Z"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b c", "1", "#"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def value_of(text: str) -> Any:
    """What the text means."""
    yaml: Any = YAML(typ="safe", pure=True)
    return yaml.load(io.StringIO(text))


def _inside(place: Any, part: object) -> Any:
    return place[part] if isinstance(part, int) else place.setdefault(part, {})


@given(PATHS, VALUES)
def test_a_value_is_set_and_nothing_else(path: tuple[str | int, ...], value: Json) -> None:
    """The text means what it meant but for the path; comments stay."""
    changed = set_value(TEXT, path, value)
    wanted = value_of(TEXT)
    place: Any = wanted
    for part in path[:-1]:
        place = _inside(place, part)
    place[path[-1]] = value
    assert value_of(changed) == wanted
    before = {c.text for c in comments_of(lines_of(TEXT), parse(TEXT))}
    after = {c.text for c in comments_of(lines_of(changed), parse(changed))}
    inside: set[str] = (
        {"# x", "# end"} if path in {("agents",), ("agents", "a", "tiers")} else set()
    )
    assert before - after <= inside


@pytest.mark.parametrize(
    "path",
    [("version",), ("include",), ("agents", "a", "input", "text"), ("agents", "a", "input", "note"),
     ("agents", "a", "tiers", 0), ("agents", "a", "say"), ("agents", "b"), ("agents", "b", "list", 2),
     ("agents", "a", "input"), ("agents", "b", "list", 0)],
    ids=lambda path: ".".join(map(str, path)),
)  # fmt: skip
def test_a_value_is_removed_and_nothing_else(path: tuple[str | int, ...]) -> None:
    """A key, an item, on lines of its own or in brackets."""
    wanted = value_of(TEXT)
    place: Any = wanted
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    assert value_of(remove(TEXT, path)) == wanted


def test_what_is_not_there_is_removed_already() -> None:
    """Doing it twice does nothing more."""
    assert remove(TEXT, ("agents", "z")) == TEXT
    once = remove(TEXT, ("version",))
    assert remove(once, ("version",)) == once


def test_a_path_through_a_scalar_is_refused() -> None:
    """Nothing can be put into a text."""
    with pytest.raises(InputError):
        set_value(TEXT, ("version", "x"), 1)


def test_an_empty_text_gets_its_first_key() -> None:
    """Also below other keys."""
    assert value_of(set_value("", ("a", "b"), [1])) == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    ("text", "path", "value", "wanted"),
    [
        ("a:  # why\n  - 1\nb: 2\n", ("a",), [3], "a: [3]  # why\nb: 2\n"),
        ("a: |  # why\n  text\nb: 2\n", ("a",), "x", "a: x  # why\nb: 2\n"),
        ("a:   1   # why\n", ("a",), 2, "a:   2   # why\n"),
        ("a:\n# above\n  b: 1\n", ("a", "c"), 2, "a:\n# above\n  b: 1\n  c: 2\n"),
        ("a: {b: 1, # why\n  }\n", ("a", "c"), 2, "a: {b: 1, c: 2, # why\n  }\n"),
        ("# only this\n", ("a",), 1, "# only this\na: 1\n"),
        ("a:\n- - 1\n  - 2\n", ("a", 0), 3, "a:\n- 3\n"),
        ("a:\n  b: |+\n    text\n\nc: 1\n", ("c",), 2, "a:\n  b: |+\n    text\n\nc: 2\n"),
    ],
)
def test_what_stands_around_a_value_stays(
    text: str, path: tuple[str | int, ...], value: Json, wanted: str
) -> None:
    """Spaces, comments and line ends are the author's."""
    assert set_value(text, path, value) == wanted


def test_the_last_part_leaves_an_empty_collection_behind() -> None:
    """A key that means nothing at all would be another thing."""
    assert remove("a:\n  b: 1\nc: 2\n", ("a", "b")) == "a: {}\nc: 2\n"
    assert remove("a:\n- 1\n", ("a", 0)) == "a: []\n"
    assert remove("- a: 1\n  # of b\n  b: 2\n", (0, "a")) == "# of b\n- b: 2\n"


def test_what_cannot_be_changed_alone_is_refused() -> None:
    """Others refer to it."""
    text = "a: &one {b: 1}\nc: *one\n"
    with pytest.raises(InputError, match="cannot be changed by itself"):
        set_value(text, ("a",), 1)
    with pytest.raises(InputError, match="twice"):
        remove("a: 1\na: 2\n", ("a",))


@given(st.integers(0, 2**32), VALUES)
def test_in_any_file_one_value_is_set_or_removed(seed: int, value: Json) -> None:
    """However the file is laid out, it means what it meant but for that."""
    random = Random(seed)
    text = written(original(random), random)
    path = random.choice(list(_paths(value_of(text))))
    wanted = value_of(text)
    place: Any = wanted
    for part in path[:-1]:
        place = place[part]
    with contextlib.suppress(InputError):  # told, and nothing is changed
        changed = set_value(text, path, value)
        place[path[-1]] = value
        assert value_of(changed) == wanted
    with contextlib.suppress(InputError):
        removed = remove(text, path)
        del place[path[-1]]
        assert value_of(removed) == (wanted or None)


def _paths(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    keys: list[Any] = [*value] if isinstance(value, dict) else [*range(len(value))]
    for key in keys:
        yield (*above, key)
        if isinstance(value[key], dict | list):
            yield from _paths(value[key], (*above, key))
