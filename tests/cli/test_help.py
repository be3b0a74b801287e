"""Help answers at once, and every command explains itself with an example."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from pantheon.cli._app import COMMANDS, app

HEAVY = (
    "numpy",
    "scipy",
    "sklearn",
    "pydantic",
    "ruamel",
    "rich",
    "jinja2",
    "xllamacpp",
    "sqlite3",
)


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command of the tree with its full name."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from walk(child, (*path, name))
    else:
        yield " ".join(path), command


LEAVES = dict(walk(app))


def test_help_imports_nothing_heavy() -> None:
    """`pantheon --help` must not pay for what it does not use."""
    probe = (
        "import sys\nfrom pantheon.cli import main\nmain(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_tables_line_is_the_commands_own_first_line(name: str) -> None:
    """The one-line help of the table cannot drift from the command it names."""
    command = app.get_command(click.Context(app), name)

    assert command is not None
    assert COMMANDS[name][1] == (command.help or "").strip().splitlines()[0]


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_has_help_and_an_example(name: str) -> None:
    """Each command says what it does and shows one call of itself."""
    text = LEAVES[name].help or ""

    assert f"Example: pantheon {name}" in text


@pytest.mark.parametrize("name", [n for n in LEAVES if n != "demo"])
def test_every_command_speaks_json(name: str) -> None:
    """Programs can read every verb."""
    options = {o for p in LEAVES[name].params for o in p.opts}

    assert "--json" in options


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_has_help(name: str) -> None:
    """No option is left unexplained."""
    options = [option for option in LEAVES[name].params if isinstance(option, click.Option)]
    unexplained = [option.name for option in options if not option.help]

    assert unexplained == []
