"""Rules about the project as a whole: models, stores, secrets, the format."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pantheon.errors import Where
from pantheon.lint._finding import Edit
from pantheon.lint._flows import budgets_of
from pantheon.lint._rule import rule
from pantheon.lint._view import Doubt, View
from pantheon.spec import CommandTier, Price

_SECRET = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abp]-[A-Za-z0-9-]{20,}"
    r"|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|glpat-[A-Za-z0-9_-]{20,})"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
)
_VERSION = re.compile(r"^version\s*:", re.MULTILINE)
_MEMORY = "memory"


@rule("P150", "unused-model")
def unused_model(view: View) -> Iterator[Doubt]:
    """A model that no tier asks."""
    for model in view.project.models.values():
        if model.name not in view.asked_models:
            message = f"No tier asks the model `{model.name}`."
            yield Doubt(model.where, message, "name it in a tier, or remove it")


@rule("P151", "unused-memory")
def unused_memory(view: View) -> Iterator[Doubt]:
    """A store that no flow reads or writes."""
    if not view.project.memory:
        return
    used = _memory_of(view)
    for name in view.project.memory:
        if name not in used:
            where = _place_of(view, _MEMORY, name)
            message = f"No flow reads or writes `memory.{name}`."
            yield Doubt(where, message, "use it, or remove it", name)


def _memory_of(view: View) -> set[str]:
    from pantheon.spec import expressions_of, paths_of

    expressions = [e for _, node in view.nodes for e in expressions_of(node)]
    expressions += [e for flow, _ in view.nodes for e in flow.output.values()]
    trees = [flow.tree for flow, _ in view.nodes]
    while trees:
        tree = trees.pop()
        if tree is not None:
            trees += tree.children
            expressions += [tree.test] if tree.test else []
    read = {path for e in expressions if _MEMORY in e.roots for path in paths_of(e)}
    written = {tuple(key.split(".")) for _, node in view.nodes for key in node.writes}
    return {path[1] for path in read | written if path[0] == _MEMORY and len(path) > 1}


def _place_of(view: View, section: str, name: str) -> Where:
    """Where a section stands that holds this name; the first file where none does."""
    for file in view.names:
        for number, line in enumerate(view.lines(file), 1):
            if line.startswith(f"{section}:") and view.locate(Where(file, number, 1), name)[
                0
            ] != Where(file, number, 1):
                return Where(file, number, 1)
    return first_line(view)


def first_line(view: View) -> Where:
    """The beginning of the first file."""
    return Where(next(iter(view.names), "pantheon.yaml"), 1, 1)


@rule("P152", "no-price")
def no_price(view: View) -> Iterator[Doubt]:
    """A budget in USD counts nothing where no price is known."""
    project = view.project
    trees = any(budgets_of(flow.tree) for flow, _ in view.nodes)
    if project.night.budget.cloud_usd is None and not trees:
        return
    for model in project.models.values():
        if model.remote and model.price == Price() and model.name in view.asked_models:
            message = (
                f"There is a budget in USD, and `{model.name}` has no price: it costs nothing."
            )
            fix = "write `price: {input: 2.5, output: 10}` (USD per million tokens)"
            yield Doubt(model.where, message, fix)


@rule("P153", "secret-in-text", "error")
def secret_in_text(view: View) -> Iterator[Doubt]:
    """Keys stand in environment variables; files are shared and kept."""
    for name in view.names:
        for number, line in enumerate(view.lines(name), 1):
            found = _SECRET.search(line)
            if found:
                where = Where(name, number, found.start() + 1)
                message = "What stands here looks like a secret key."
                fix = "revoke it, and name an environment variable in its place"
                yield Doubt(where, message, fix)
    for agent in view.project.agents.values():
        for tier in agent.tiers:
            path = getattr(tier, "template_path", None)
            if path and _SECRET.search(getattr(tier, "template", None) or ""):
                message = f"In the prompt `{path}` of `{agent.name}` stands what looks like a key."
                yield Doubt(agent.where, message, "revoke it, and remove it from the file", "tiers")


@rule("P154", "no-format-version", "info")
def no_format_version(view: View) -> Iterator[Doubt]:
    """The file does not say in which version of the format it is written."""
    name = first_line(view).file
    text = view.text(name)
    if view.project.dialect == "original" or not text or _VERSION.search(text):
        return
    message = f"`{name}` does not say which version of the format it is written in."
    yield Doubt(first_line(view), message, "write `version: 1` first", edit=_version(view, name))


def _version(view: View, name: str) -> Edit | None:
    for number, line in enumerate(view.lines(name)):
        if line and not line.startswith("#"):
            if line[0] in "{[%-&!\"' ":
                return None
            end = "\r\n" if "\r\n" in view.text(name) else "\n"
            return Edit(name, (number, 0), (number, 0), f"version: 1{end}")
    return None


@rule("P155", "original-dialect", "info")
def original_dialect(view: View) -> Iterator[Doubt]:
    """The original dialect stays readable, and gains nothing new."""
    if view.project.dialect == "original":
        message = "This project is written in the original dialect."
        yield Doubt(first_line(view), message, "`pantheon migrate` rewrites it, comments included")


@rule("P156", "shell-in-command")
def shell_in_command(view: View) -> Iterator[Doubt]:
    """A shell turns data into commands."""
    for agent in view.project.agents.values():
        for tier in agent.tiers:
            if isinstance(tier, CommandTier) and _is_shell(tier.argv):
                message = (
                    f"`{agent.name}` starts a shell: what an input holds may become a command."
                )
                yield Doubt(agent.where, message, "name the program itself", "tiers")


def _is_shell(argv: tuple[str, ...]) -> bool:
    program = argv[0].rsplit("/", 1)[-1] if argv else ""
    return program in {"sh", "bash", "zsh", "dash", "cmd", "powershell"} and "-c" in argv[1:]


@rule("P157", "one-name-two-things")
def one_name_two_things(view: View) -> Iterator[Doubt]:
    """An agent and a flow of one name: commands that take a name must guess."""
    for name, flow in view.project.flows.items():
        if name in view.project.agents:
            message = f"`{name}` is a flow and an agent."
            yield Doubt(flow.where, message, "give one of them another name")
