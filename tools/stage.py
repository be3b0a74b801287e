"""Where the blocks of one page are run: an empty folder, a clean environment, a shell that remembers."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import platformdirs
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tools.pages import ROOT, Block

LONGEST_COMMAND = 300.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# Each command is a shell of its own; folder and exported variables go from one to the next.
REMEMBER = """\
cd "$(cat "$STAGE/cwd")" && . "$STAGE/exports"
trap 'code=$?; pwd > "$STAGE/cwd"; export -p > "$STAGE/exports"; exit $code' EXIT
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A block that did not do what its page says."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a `console` block and the lines shown below it."""

    text: str
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    output: str


@dataclass(slots=True)
class Stage:
    """The folder and the processes of one page; processes left in the background end with it."""

    folder: Path
    groups: list[int] = field(default_factory=list[int])

    def __enter__(self) -> Self:
        self.project.mkdir()
        (self.folder / "home").mkdir()
        (self.folder / "cwd").write_text(str(self.project))
        (self.folder / "exports").write_text("")
        return self

    def __exit__(self, *_: object) -> None:
        for group in self.groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def write_file(self, block: Block, name: str) -> Fault | None:
        """Make the block a file of the project."""
        path = (self.project / name).resolve()
        if not path.is_relative_to(self.project.resolve()):
            return Fault(block.place, f"{name} is outside of the page's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        return None

    def run_script(self, block: Block, text: str) -> Fault | None:
        """Run lines that must all succeed."""
        said = self._run(f"set -e\n{text}")
        return None if said.code == 0 else _ended(block.place, said)

    def run_python(self, block: Block) -> Fault | None:
        """Run a script, or compare a session with `>>>`."""
        script = self.folder / "block.py"
        script.write_text(block.text, encoding="utf-8")
        command = [sys.executable, str(script)]
        if ">>>" in block.text:
            script.write_text(f'r"""\n{block.text}"""\n', encoding="utf-8")
            command = [sys.executable, "-m", "doctest", "-o", "ELLIPSIS", str(script)]
        said = self._wait(command)
        return None if said.code == 0 else _ended(block.place, said)

    def run_session(self, block: Block) -> Fault | None:
        """Run each command of a `console` block and compare what it prints."""
        commands = list(parse_session(block.text))
        if not commands:
            return Fault(block.place, "a console block needs a line that begins with `$ `")
        last = int(block.options.get("exit", "0"))
        for command in commands:
            said = self._run(command.text)
            expected = last if command is commands[-1] else 0
            if said.code != expected:
                return _ended(f"{block.place}: $ {command.text}", said)
            if command.output and not matches(command.output, said.output):
                shown = "\n".join(f"    {line}" for line in said.output.splitlines())
                return Fault(block.place, f"$ {command.text}\n  printed something else:\n{shown}")
        return None

    def parse_data(self, block: Block) -> Fault | None:
        """Data must at least be well formed."""
        try:
            _parse(block)
        except (YAMLError, json.JSONDecodeError) as problem:
            return Fault(block.place, f"not {block.language}: {problem}")
        return None

    def _run(self, commands: str) -> Said:
        return self._wait(["bash", "-c", REMEMBER + commands])

    def _wait(self, command: list[str]) -> Said:
        """Run to the end; output goes to a file, which background processes may keep open."""
        with (self.folder / "output").open("w+") as output:
            process = subprocess.Popen(
                command,
                cwd=self.project,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.groups.append(process.pid)
            try:
                code = process.wait(LONGEST_COMMAND)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = process.wait()
            output.seek(0)
            return Said(code, ESCAPES.sub("", output.read()))

    def _environment(self) -> dict[str, str]:
        """What a reader's terminal has, less the reader's own settings."""
        programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        cache = os.environ.get("PANTHEON_CACHE") or platformdirs.user_cache_dir(
            "pantheon", appauthor=False
        )
        return {
            "PATH": programs,
            "STAGE": str(self.folder),
            "SOURCE": str(ROOT),
            "HOME": str(self.folder / "home"),
            "PANTHEON_CACHE": cache,
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "COLUMNS": "100",
            "GIT_AUTHOR_NAME": "Reader",
            "GIT_AUTHOR_EMAIL": "reader@example.com",
            "GIT_COMMITTER_NAME": "Reader",
            "GIT_COMMITTER_EMAIL": "reader@example.com",
        }


def parse_session(text: str) -> Iterator[Command]:
    """Commands and outputs of a `console` block, in order."""
    command: str | None = None
    output: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield Command(command, tuple(output))
            command, output = line[2:], []
        elif line.startswith("> ") and command is not None and not output:
            command += "\n" + line[2:]
        else:
            output.append(line.rstrip())
    if command is not None:
        yield Command(command, tuple(output))


def matches(expected: tuple[str, ...], printed: str) -> bool:
    """Whether the lines fit what was printed; a line of `...` fits any lines, or none."""
    pattern = "".join(_line_pattern(line) for line in expected)
    lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def _line_pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:[^\n]*\n)*"
    return r"[^\n]*".join(map(re.escape, line.split("..."))) + r"\n"


def _parse(block: Block) -> None:
    if block.language == "yaml":
        parser: Any = YAML(typ="safe", pure=True)  # its methods are only partly annotated
        list(parser.load_all(io.StringIO(block.text)))
    elif block.language == "json":
        json.loads(block.text)
    else:
        for line in block.text.splitlines():
            json.loads(line)


def _ended(place: str, said: Said) -> Fault:
    tail = "\n".join(f"    {line}" for line in said.output.splitlines()[-30:])
    return Fault(place, f"ended with exit code {said.code}\n{tail}")
