"""Reference pages say what the code says, and a stale one is noticed."""

from __future__ import annotations

from pathlib import Path

import click

from pantheon.errors import ExitCode
from tools import reference, reference_errors
from tools.reference_cli import find_missing_help, render_tree
from tools.reference_schema import Schema, describe, render_schema


@click.group(name="pantheon", help="Answers recurring work.")
def tree() -> None:
    """A small tree of commands."""


@tree.command(help="Run a flow | once.\n\nMore words.")
@click.argument("flow")
@click.option("--json", "as_json", is_flag=True, help="Print JSON | nothing else.")
@click.option("--secret", hidden=True)
def run(flow: str, as_json: bool, secret: str) -> None:
    """Never called."""


@tree.command(hidden=True)
def internal() -> None:
    """Never called."""


@tree.command(name="bare", help="")
@click.option("--mute")
def bare(mute: str) -> None:
    """Never called."""


def test_the_page_of_commands_lists_every_command_that_is_not_hidden() -> None:
    """Name, summary, usage, help text and options; a bar does not break the table."""
    page = render_tree(tree)

    assert "| [`pantheon run`](#pantheon-run) | Run a flow \\| once. |" in page
    assert "```text\npantheon run [OPTIONS] FLOW\n```" in page
    assert "| `--json` | Print JSON \\| nothing else. |" in page
    assert "More words." in page
    assert "internal" not in page
    assert "--secret" not in page


def test_a_command_or_option_without_help_is_a_fault() -> None:
    """Every one that is shown says what it is for."""
    assert find_missing_help(tree) == [
        "`pantheon bare` has no help text",
        "`pantheon bare`: --mute has no help text",
    ]


def test_the_page_of_exit_codes_has_a_meaning_for_every_code() -> None:
    """One row each, none with an empty meaning."""
    rows = [line for line in reference_errors.render().splitlines() if line.startswith("| ")][1:]

    assert [int(row.split("|")[1]) for row in rows] == [int(code) for code in ExitCode]
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_page_of_settings_describes_each_key() -> None:
    """Whether it is required, type, meaning and default; a definition has a section of its own, which is linked."""
    schema: Schema = {
        "description": "A project.",
        "required": ["agents"],
        "properties": {
            "agents": {"type": "object", "additionalProperties": {"$ref": "#/$defs/AgentDef"}},
            "audit": {"type": "number", "minimum": 0, "default": 0.02, "description": "Share."},
        },
        "$defs": {"AgentDef": {"properties": {"kind": {"enum": ["a", "b"]}}}},
    }

    page = render_schema(schema)

    assert "| `agents`, required | name → [AgentDef](#agentdef) |  |" in page
    assert "| `audit` | number ≥ 0 | Share. Default: `0.02`. |" in page
    assert "## AgentDef\n\n| key |" in page
    assert '| `kind` | `"a"`, `"b"` |  |' in page


def test_an_object_inside_another_has_a_section_of_its_own() -> None:
    """Its keys are listed under the path that leads to it, also among alternatives and in lists."""
    retry: Schema = {
        "anyOf": [{"type": "integer"}, {"type": "object", "properties": {"delay": {}}}]
    }
    steps: Schema = {"type": "array", "items": {"type": "object", "properties": {"do": {}}}}
    node: Schema = {
        "anyOf": [
            {"const": "wait", "description": "Does nothing."},
            {"properties": {"retry": retry, "steps": steps}, "required": ["steps"]},
        ]
    }

    page = render_schema({"$defs": {"node": node}})

    assert '- `"wait"`: Does nothing.' in page
    assert "| `retry` | integer or [node.retry](#noderetry) |  |" in page
    assert "| `steps`, required | list of [node.steps](#nodesteps) |  |" in page
    assert "## node.retry\n\nWritten as integer, or with keys.\n\n| key |" in page
    assert "## node.steps\n\n| key |" in page


def test_alternatives_are_joined_and_null_only_means_optional() -> None:
    """A reader sees what can be written."""
    either = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}

    assert describe(either) == "string or list of integer"
    assert describe({"anyOf": [{"type": "string"}, {"type": "null"}]}) == "string"
    assert describe({"const": 1}) == "`1`"
    assert describe({"type": ["string", "number"]}) == "string or number"


def test_a_stale_page_is_noticed_and_a_fresh_one_is_not(tmp_path: Path) -> None:
    """Missing, equal, and different, with the lines that differ."""
    assert "not written yet" in reference.compare("a.md", "one\n", tmp_path)[0]
    reference.write("a.md", "one\n", tmp_path)
    assert reference.compare("a.md", "one\n", tmp_path) == []

    stale = reference.compare("a.md", "two\n", tmp_path)

    assert "stale" in stale[0]
    assert {"-one", "+two"} <= set(stale)
