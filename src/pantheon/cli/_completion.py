"""`pantheon completion`: shells complete commands, options, and the names of a project.

Names are read line by line and ids from the database as it is: completing must be quick, must work
while the project's files hold mistakes, and must change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pantheon.cli._output import echo, echo_json, json_option
from pantheon.cli._session import STATE_FOLDER, Session

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
Finder = Callable[[Path], list[str]]
_MOST_FILES = 2_000
_MOST_IDS = 50
_WHERE = {
    "bash": "~/.bashrc",
    "zsh": "~/.zshrc",
    "fish": "~/.config/fish/completions/pantheon.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@json_option
def command(shell: str, as_json: bool) -> None:
    """Print the script by which a shell completes commands and names.

    In bash and zsh: `eval "$(pantheon completion bash)"` in the file that the shell reads when it
    starts. In fish: write it to ~/.config/fish/completions/pantheon.fish.

    Example: pantheon completion bash
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from pantheon.cli._app import COMPLETING, app

    found = get_completion_class(shell)
    assert found is not None, "click knows all three"
    # The class's own `source` would run the shell first, only to see how old it is.
    script = ShellComplete.source(found(app, {}, "pantheon", COMPLETING))
    if as_json:
        echo_json({"shell": shell, "file": _WHERE[shell], "script": script})
    else:
        echo(script.strip())


# --------------------------------------------------------------------------------- what is named


def _names_in(sections: tuple[str, ...], root: Path) -> list[str]:
    """Names that the project's files define in these sections, right or wrong."""
    found = {name: None for file in _files(root) for name in _keys_below(file, sections)}
    return list(found)


def _files(root: Path) -> Iterator[Path]:
    from pantheon.cli._session import FILE_NAMES

    main = next((root / name for name in FILE_NAMES if (root / name).is_file()), None)
    if main is None:
        return
    yield main
    count = 0
    for pattern in _includes(_lines(main)):
        for file in root.glob(pattern):
            count += 1
            if count > _MOST_FILES:
                return
            yield file


def _includes(lines: list[str]) -> Iterator[str]:
    """What `include:` names: in brackets, or a line each."""
    inside = False
    for line in lines:
        if line[:1].strip() and line[:1] not in "-#":
            inside = line.startswith("include:")
        if inside:
            yield from (p for p in re.findall(r"[\w./*?-]+", line) if ".y" in p and p[0] != "/")


def _keys_below(file: Path, sections: tuple[str, ...]) -> Iterator[str]:
    """Keys one step below a section that begins at the margin."""
    inside, step = False, ""
    for line in _lines(file):
        if line[:1].strip() and not line.startswith("#"):
            inside, step = line.rstrip().rstrip(":") in sections, ""
        elif inside and (key := re.match(r"( +)(?:\"([^\"]+)\"|([A-Za-z_][\w.-]*))\s*:", line)):
            step = step or key[1]
            if key[1] == step:
                yield key[2] or key[3]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _ids(query: str, root: Path) -> list[str]:
    """Ids out of the database, without opening it as the store does: nothing is migrated."""
    import sqlite3

    file = root / STATE_FOLDER / "pantheon.db"
    if not file.is_file():
        return []
    store = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0.05)
    try:
        return [str(row[0]) for row in store.execute(f"{query} LIMIT {_MOST_IDS}")]
    finally:
        store.close()


def _flows(root: Path) -> list[str]:
    return _names_in(("flows",), root)


def _agents(root: Path) -> list[str]:
    return _names_in(("agents",), root)


def _both(root: Path) -> list[str]:
    return _names_in(("flows", "agents"), root)


def _runs(root: Path) -> list[str]:
    return _ids("SELECT id FROM runs ORDER BY created DESC", root)


def _questions(root: Path) -> list[str]:
    return _ids("SELECT id FROM inbox WHERE state = 'open' ORDER BY asked", root)


def _alarms(root: Path) -> list[str]:
    return _ids("SELECT id FROM alarms WHERE state = 'open'", root)


def _suggestions(root: Path) -> list[str]:
    return _ids("SELECT id FROM suggestions WHERE state = 'open'", root)


FINDERS: dict[str, Finder] = {
    "flow": _flows,
    "FLOW": _flows,
    "FLOW[@N]": _flows,
    "agent": _agents,
    "AGENT": _agents,
    "AGENT@N": _agents,
    "AGENT[@N]": _agents,
    "AGENT|FLOW": _both,
    "NAME...": _both,
    "NAME[@N]...": _both,
    "[NAME]...": _both,
    "RUN": _runs,
    "RUN[:NODE]": _runs,
    "A": _runs,
    "B": _runs,
    "QUESTION": _questions,
    "ALARM": _alarms,
    "SUGGESTION": _suggestions,
}
"""What an argument is called in the usage line → what may stand there."""
OF_COMMAND: dict[tuple[str, str], Finder] = {
    ("try", "name"): _both,
    ("test", "names"): _both,
}
"""For arguments whose name alone does not say it."""


def equip(command: click.Command) -> click.Command:
    """Let the parameters of a command, and of all below it, complete names of the project."""
    for parameter in command.params:
        label = parameter.metavar or parameter.name or ""
        finder = FINDERS.get(label) or OF_COMMAND.get((command.name or "", label))
        if finder is not None and not isinstance(parameter.type, click.Path):
            # An attribute of the object hides the method of its class.
            vars(parameter)["shell_complete"] = _complete_with(finder)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            equip(below)
    return command


def _complete_with(
    finder: Finder,
) -> Callable[[click.Context, str], list[CompletionItem]]:
    def complete(context: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            names = finder(_root(context))
        except Exception:  # noqa: BLE001  a traceback in the middle of a line helps nobody
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]

    return complete


def _root(context: click.Context) -> Path:
    """The project's folder; the root command's own parameters are read, but it has not run."""
    session = context.find_object(Session)
    given = context.find_root().params.get("directory")
    return (session or Session(given or Path.cwd())).project_file().parent.resolve()
