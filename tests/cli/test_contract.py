"""Every command keeps the contract of the command line: help, examples that run, JSON, errors.

The tree of commands is walked, so a new command is in here by being there. Where its example needs
an id or a file, or does not end with 0, `CASES` says so.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from pantheon.cli import command_tree
from pantheon.cli.shapes import DIALECT, LINES, all_shapes, anchor, schema_file
from pantheon.errors import KINDS
from tests.cli.conftest import Pantheon, Said
from tests.cli.world import World

RUN, OTHER, QUESTION = "r0123456789abcdef", "r0123456789abcdeg", "i0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Case:
    """What the example of a command needs, and how it ends."""

    code: int = 0
    run: str = "done"
    """Which run of the world its id stands for."""
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    """Words of the example, and what stands for them in the world."""
    more: tuple[str, ...] = ()
    """Options that keep the example small, or away from the network."""
    model: bool = False
    """Whether weights are needed."""


CASES: Mapping[str, Case] = {
    "new flow": Case(words={"clean,triage": "measure,triage"}),
    "try": Case(code=10),  # the world's functions are not `deterministic`
    "ask": Case(model=True),
    "route": Case(model=True),
    "resume": Case(run="fork"),
    "runs cancel": Case(run="person"),
    "runs migrate": Case(run="event"),
    "runs resume": Case(run="fork"),
    "runs signal": Case(run="event"),
    "validate": Case(code=3),  # --strict, and the world has warnings
    "verify": Case(code=4),
    "export": Case(code=0 if find_spec("pyagentspec") else 8),
    "import agentspec": Case(code=6),
    "discover": Case(model=True),
    "discover show": Case(code=6),
    "night": Case(model=True),
    "simulate": Case(model=True),
    "import stream": Case(model=True),
    "agents lineage": Case(words={"NAME@3": "triage"}),
    "flows history": Case(words={"NAME": "support"}),
    "flows lineage": Case(words={"NAME@3": "support@2"}),
    "models history": Case(words={"NAME": "cloud"}),
    "models lineage": Case(words={"NAME@3": "cloud@1"}),
    "prompts history": Case(words={"NAME": "prompts/reply.j2"}),
    "prompts lineage": Case(words={"NAME@3": "prompts/reply.j2@2"}),
    "models add": Case(words={"~/Downloads/qwen3-0.6b-q8_0.gguf": "Tiny.gguf"}),
    "models pull": Case(more=("--dry-run",)),
    "demo": Case(words={"/tmp/pantheon-demo": "demo"}, more=("--stream", "work.jsonl")),
}
BARE = {
    "completion", "demo", "import agentspec", "init", "models add", "models list", "models pull",
    "models rm", "schema", "explain", "simulate",
}  # fmt: skip
"""Commands that need no project."""
WITHOUT_FILES = {
    "agents lineage", "alarms close", "alarms list", "discover show", "flows history",
    "flows lineage", "flows show", "fmt", "guards", "inbox list", "inbox show", "memory list",
    "models history", "models lineage", "prompts history", "prompts lineage", "prompts show",
    "retire", "rollback", "runs diff", "runs events", "runs list", "runs replay", "runs show",
    "runs why", "store backup", "store compact", "store migrate", "store path", "store verify",
    "suggestions accept", "suggestions dismiss", "suggestions list", "validate", "verify", "versions list",
}  # fmt: skip
"""Commands that may do their work while the project's files hold mistakes."""


@cache
def commands() -> dict[str, click.Command]:
    """Name → every command that can be called, hidden ones too."""
    return dict(_walk("", command_tree()))


def _walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    if command.invoke_without_command and path:
        yield path, command
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _walk(f"{path} {name}".strip(), child)


def examples(name: str) -> list[list[str]]:
    """The words of the examples in a command's help."""
    lines = re.findall(r"^\s*Example: (.*)$", commands()[name].help or "", re.MULTILINE)
    return [shlex.split(line)[1:] for line in lines]


def slow(names: list[str]) -> list[Any]:
    """Those that need weights are marked."""
    marks = [[pytest.mark.model] if CASES.get(n, Case()).model else [] for n in names]
    return [pytest.param(n, marks=m) for n, m in zip(names, marks, strict=True)]


NAMES = sorted(commands())
WITH_MARKS = slow(NAMES)


def spell(name: str, words: list[str], world: World) -> list[str]:
    """An example with what the world has in place of what it names."""
    case = CASES.get(name, Case())
    ids = {RUN: getattr(world, case.run), OTHER: world.other, QUESTION: world.question}
    text = "\0".join(words)
    for written, real in {**ids, **case.words}.items():
        text = text.replace(written, real)
    return [*text.split("\0"), *case.more]


def own_cache(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that change the machine's models get a cache of their own."""
    if name in {"models add", "models rm", "models pull"}:
        monkeypatch.setenv("PANTHEON_CACHE", str(world.folder / "cache"))


def check(name: str, body: object) -> None:
    """A document against the schema of a command, or `error`."""
    key = name if name == "error" else anchor(name)
    schema = {"$schema": DIALECT, "$ref": f"#/$defs/{key}", "$defs": _definitions()}
    validator: Any = Draft202012Validator(schema)
    validator.validate(body)


@cache
def _definitions() -> dict[str, Any]:
    return schema_file()["$defs"]


def documents(name: str, said: Said) -> list[Any]:
    """What was printed on standard output, as JSON."""
    texts = said.out.splitlines() if name in LINES else [said.out]
    return [json.loads(text) for text in texts]


def steering(text: str) -> set[str]:
    """Characters that could steer a terminal or deceive a reader."""
    kept = "\n\u200c\u200d"
    hidden = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return {c for c in text if unicodedata.category(c) in hidden and c not in kept}


# ---------------------------------------------------------------------------------------- schemas


def test_the_schemas_are_schemas_and_belong_to_commands() -> None:
    """Each command has one, and there is none for a command that is gone."""
    Draft202012Validator.check_schema(schema_file())

    assert sorted(all_shapes()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_an_example_and_json(name: str) -> None:
    """The example calls the command itself."""
    command = commands()[name]
    options = {option for parameter in command.params for option in parameter.opts}

    assert command.help
    assert "--json" in options
    assert examples(name)
    assert all(words[: len(name.split())] == name.split() for words in examples(name))


# --------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize("name", WITH_MARKS)
def test_every_example_runs_and_prints_nothing_that_steers_a_terminal(
    name: str, world: World, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For people: the documented exit code, no escape sequences, no traceback."""
    own_cache(name, world, monkeypatch)
    for words in examples(name):
        said = pantheon(*spell(name, words, world))

        assert said.code == CASES.get(name, Case()).code, said.err
        assert steering(said.out + said.err) == set()
        assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize("name", WITH_MARKS)
def test_every_example_prints_json_that_its_schema_describes(
    name: str, world: World, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For programs: one document, or one a line, and nothing else on standard output."""
    own_cache(name, world, monkeypatch)
    for words in examples(name):
        said = pantheon(*spell(name, words, world), *([] if "--json" in words else ["--json"]))

        assert said.code == CASES.get(name, Case()).code, said.out
        assert said.out.isascii()
        for body in documents(name, said):
            check("error" if set(body) == {"error"} else name, body)


# ----------------------------------------------------------------------------------------- errors


def refused(name: str, said: Said) -> None:
    """An error in its envelope, with the exit code of its kind."""
    (body,) = documents("", said)
    check("error", body)
    assert said.code == KINDS[body["error"]["kind"]]
    assert body["error"]["kind"] != "internal", body
    assert body["error"]["message"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BARE])
def test_without_a_project_the_error_is_an_envelope(
    name: str,
    original_world: World,
    pantheon: Pantheon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kind `not_found`, and what to do."""
    monkeypatch.chdir(tmp_path)
    for words in examples(name):
        said = pantheon(
            *spell(name, words, original_world), *([] if "--json" in words else ["--json"])
        )

        refused(name, said)
        assert said.json["error"]["hint"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BARE])
def test_with_broken_files_the_error_is_an_envelope(
    name: str, world: World, pantheon: Pantheon
) -> None:
    """Kind `validation` with every diagnostic, unless the command can do without the files."""
    file = world.folder / "pantheon.yaml"
    file.write_text(file.read_text() + "agnets: {}\n")
    for words in examples(name):
        said = pantheon(*spell(name, words, world), *([] if "--json" in words else ["--json"]))

        if said.code == 3 and name != "validate":
            refused(name, said)
            assert said.json["error"]["diagnostics"]
        else:
            assert name in WITHOUT_FILES
            for body in documents(name, said):
                check("error" if set(body) == {"error"} else name, body)


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_a_usage_error(name: str, pantheon: Pantheon) -> None:
    """With the fix, in both forms."""
    told = pantheon(*name.split(), "--no-such-option")
    said = pantheon(*name.split(), "--no-such-option", "--json")

    refused(name, said)
    assert (told.code, said.code, said.json["error"]["kind"]) == (2, 2, "usage")
    assert said.json["error"]["hint"]
    assert "fix: " in told.err


NAMED = [
    name
    for name in NAMES
    if commands()[name].params and isinstance(commands()[name].params[0], click.Argument)
]


@pytest.mark.parametrize("name", NAMED)
def test_an_unknown_name_is_an_error_with_a_kind(
    name: str, world: World, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never a traceback, whatever stands for the first argument; hostile names do no harm."""
    own_cache(name, world, monkeypatch)
    (words, *_) = examples(name)
    asked = spell(name, words, world)
    place = len(name.split())
    asked[place : place + 1] = ["nobody\x1b[31m\u202e"]
    told, said = pantheon(*asked), pantheon(*asked, "--json")

    assert steering(told.out + told.err) == set()
    assert "Traceback" not in told.err
    if said.code not in {0, 4, 5, 10}:
        refused(name, said)


GROUPS = sorted({name.rpartition(" ")[0] for name in NAMES if " " in name})


@pytest.mark.parametrize("group", GROUPS)
def test_an_unknown_sub_command_names_those_there_are(group: str, pantheon: Pantheon) -> None:
    """Teach through the error, one level down as well."""
    below = next(name for name in NAMES if name.startswith(f"{group} ")).rpartition(" ")[2]
    said = pantheon(*group.split(), f"{below}x", "--json")
    error = said.json["error"]

    assert said.code == 2
    assert f"{below}x" in error["message"]
    assert f"Did you mean '{below}'?" in error["hint"]
    assert "are: " in error["hint"]


def test_a_group_without_a_command_is_a_usage_error(pantheon: Pantheon) -> None:
    """People see its help; programs an envelope."""
    assert "Usage: pantheon runs" in pantheon("runs").err
    assert pantheon("runs").code == 2
