"""The page of commands, from the tree of click commands itself."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import click

from pantheon.cli import command_tree
from pantheon.cli.shapes import LINES, all_shapes, anchor, schema_file

HEADER = """\
<!-- Written by `./run docs` from the commands themselves; edits here are lost. -->
# Commands

Every command answers `--help`. Exit codes are in [exit-codes.md](exit-codes.md); what all commands have
in common is [their contract](cli-contract.md). The JSON that each prints is described in
[cli-json.schema.json](cli-json.schema.json), and `pantheon schema --of COMMAND` prints its part.
"""


_EXAMPLE = re.compile(r"^Example: (.*)$\n?", re.MULTILINE)


def render_json() -> str:
    """The schemas of what all commands print, a definition a line."""
    file = schema_file()
    definitions = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(shape)}" for name, shape in file["$defs"].items()
    )
    head = "".join(
        f" {json.dumps(key)}: {json.dumps(file[key])},\n" for key in ("$schema", "title")
    )
    return f'{{\n{head} "$defs": {{\n{definitions}\n }}\n}}\n'


@dataclass(frozen=True, slots=True)
class Entry:
    """A command with the context that knows its full name."""

    name: str
    command: click.Command
    context: click.Context


def render() -> str:
    """The page of the `pantheon` command."""
    return render_tree(command_tree())


def render_tree(root: click.Command) -> str:
    """A list of all commands, then a section for each."""
    entries = list(walk(root))
    rows = [
        f"| [`{entry.name}`](#{_anchor(entry.name)}) | {_summary(entry)} |" for entry in entries
    ]
    contents = "\n".join(["| command | what it does |", "|---|---|", *rows])
    return "\n".join([HEADER, f"{contents}\n", *map(_section, entries)])


def find_missing_help(root: click.Command) -> list[str]:
    """Commands and options that do not say what they are for."""
    faults: list[str] = []
    for entry in walk(root):
        if not entry.command.help:
            faults.append(f"`{entry.name}` has no help text")
        faults += [
            f"`{entry.name}`: {option.opts[0]} has no help text"
            for option in _options(entry)
            if not option.help
        ]
    return faults


def walk(command: click.Command) -> Iterator[Entry]:
    """The command and all below it that are not hidden, in the order they are listed."""
    yield from _walk("pantheon", command, None)


def _walk(name: str, command: click.Command, parent: click.Context | None) -> Iterator[Entry]:
    context = click.Context(command, info_name=name, parent=parent)
    yield Entry(context.command_path, command, context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            child = command.get_command(context, below)
            if child is not None and not child.hidden:
                yield from _walk(below, child, context)


def _section(entry: Entry) -> str:
    pieces = _pieces(entry)
    usage = " ".join([entry.name, *pieces])
    parts = [
        f"## {entry.name}",
        _described(entry.command.help or ""),
        f"```text\n{usage}\n```",
        _examples(entry.command.help or ""),
        _output(entry),
    ]
    options = [_row(option, entry.context) for option in _options(entry)]
    if options:
        parts.append("\n".join(["| option | meaning |", "|---|---|", *options]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _described(help: str) -> str:
    """The help without its examples."""
    return _EXAMPLE.sub("", inspect.cleandoc(help)).strip()


def _examples(help: str) -> str:
    lines = "\n".join(_EXAMPLE.findall(inspect.cleandoc(help)))
    return f"For example:\n\n```text\n{lines}\n```" if lines else ""


def _output(entry: Entry) -> str:
    """Where the JSON of a command is described."""
    name = entry.name.partition(" ")[2]
    if name not in all_shapes():
        return ""
    each = "Each line of its JSON" if name in LINES else "Its JSON"
    return f"{each}: `#/$defs/{anchor(name)}` in [cli-json.schema.json](cli-json.schema.json)."


def _pieces(entry: Entry) -> list[str]:
    return entry.command.collect_usage_pieces(entry.context)


def _options(entry: Entry) -> list[click.Option]:
    options = (param for param in entry.command.params if isinstance(param, click.Option))
    return [option for option in options if not option.hidden]


def _row(option: click.Option, context: click.Context) -> str:
    names, meaning = option.get_help_record(context) or ("", "")
    return f"| `{names}` | {_cell(meaning)} |"


def _summary(entry: Entry) -> str:
    return _cell(entry.command.get_short_help_str(limit=200))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
