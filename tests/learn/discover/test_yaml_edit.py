"""A new agent in a project's file: nothing else changes."""

from __future__ import annotations

import pytest

from pantheon.errors import InputError
from pantheon.ids import JsonObject
from pantheon.learn.discover._yaml_edit import insert_agent

AGENT: JsonObject = {
    "description": "It: does # it",
    "input": {"text": "string"},
    "tiers": ["cloud"],
}
BLOCK = """\
  # Found.
  new:
    description: 'It: does # it'
    input: {text: string}
    tiers: [cloud]
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, f"version: 1\nagents:\n{BLOCK}"),
        ("version: 1\n", f"version: 1\nagents:\n{BLOCK}"),
        ("version: 1 # one", f"version: 1 # one\nagents:\n{BLOCK}"),
        (
            "agents: # all\n  # old\n  old: {input: t}\nflows: {}\n",
            f"agents: # all\n{BLOCK}  # old\n  old: {{input: t}}\nflows: {{}}\n",
        ),
    ],
)
def test_one_block_is_added(before: str | None, after: str) -> None:
    """At the head of the section, with all other lines as they were."""
    assert insert_agent(before, "new", AGENT, comment="Found.") == after


def test_the_indent_is_the_files_own() -> None:
    """Four spaces stay four."""
    text = insert_agent("agents:\n    old: {input: t}\n", "new", AGENT, comment="Found.")

    assert "\n    new:\n      description:" in text


@pytest.mark.parametrize("before", ["agents: {old: {input: t}}\n", "agents: {}\n", "agents:\n"])
def test_sections_on_one_line_are_written_again(before: str) -> None:
    """They cannot take a block, so the library writes them."""
    text = insert_agent(before, "new", AGENT, comment="Found.")

    assert "new:" in text
    assert ("old" in before) == ("old" in text)


@pytest.mark.parametrize("before", ["agents: [", "- a\n", "agents:\n  new: {input: t}\n"])
def test_what_cannot_be_edited_is_refused(before: str) -> None:
    """With a sentence, and without a change."""
    with pytest.raises(InputError):
        insert_agent(before, "new", AGENT, comment="Found.")
