"""Single values are set and removed; all else stays, letter by letter."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pantheon.editing import comments_of, remove, set_value
from pantheon.editing._tree import lines_of, parse
from pantheon.errors import InputError
from pantheon.ids import Json

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
