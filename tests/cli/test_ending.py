"""However a command ends, there is a kind, a fix and an exit code, and no traceback where people read."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from pantheon.cli._session import Session
from pantheon.errors import KINDS, ExitCode, PantheonError
from tests.cli.conftest import Pantheon


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command that loads the project end in this way."""

    def load_project(_: Session, path: Path | None = None) -> None:
        del path
        raise error

    monkeypatch.setattr(Session, "load_project", load_project)


def test_kinds_are_the_kinds_of_the_errors_there_are() -> None:
    """Each error has one of them, and the exit code that belongs to it."""
    for module in ("pantheon.spec", "pantheon.learn.lora", "pantheon.models"):
        importlib.import_module(module)

    def below(kind: type[PantheonError]) -> set[type[PantheonError]]:
        found = {kind}
        return found.union(*(below(each) for each in kind.__subclasses__()))

    for error in below(PantheonError):
        assert KINDS[error.kind] == error.exit_code
    assert set(KINDS.values()) == set(ExitCode) - {ExitCode.OK}


def test_a_mistake_of_ours_is_internal_and_its_traceback_goes_to_a_file(
    desk: Path, pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, where the traceback is, exit code 1; in JSON too."""
    pantheon("runs", "list")
    fail_with(RuntimeError("a \x1b[31mred thing"), monkeypatch)

    said, told = pantheon("flows", "list"), pantheon("flows", "list", "--json")

    assert (said.code, told.code) == (1, 1)
    assert said.out == ""
    assert "Traceback" not in said.err + told.out
    assert "\x1b" not in said.err
    assert told.json["error"]["kind"] == "internal"
    (file,) = (desk / ".pantheon" / "faults").iterdir()
    assert str(file) in told.json["error"]["hint"]
    assert "RuntimeError: a" in file.read_text()


def test_without_a_project_the_hint_says_how_to_see_the_traceback(
    pantheon: Pantheon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left in a folder that is no project."""
    monkeypatch.chdir(tmp_path)
    fail_with(RuntimeError("no"), monkeypatch)
    hidden = pantheon("flows", "list", "--json")
    monkeypatch.setenv("PANTHEON_DEBUG", "1")
    shown = pantheon("flows", "list", "--json")

    assert "PANTHEON_DEBUG=1" in hidden.json["error"]["hint"]
    assert hidden.err == ""
    assert "Traceback" in shown.err
    assert shown.json["error"]["kind"] == "internal"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "x.yaml"), 8, "environment"),
        (OSError(28, "No space left on device"), 8, "environment"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_what_the_world_does_has_a_kind_too(
    error: BaseException,
    code: int,
    kind: str,
    pantheon: Pantheon,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An interrupt, a file that may not be read, a full disk."""
    fail_with(error, monkeypatch)
    said, told = pantheon("flows", "list"), pantheon("flows", "list", "--json")

    assert (said.code, told.code, told.json["error"]["kind"]) == (code, code, kind)
    assert "fix: " in said.err
    assert told.json["error"]["hint"]


@pytest.mark.usefixtures("desk")
def test_json_lines_end_in_an_error_line(pantheon: Pantheon) -> None:
    """A usage error as well, which no command sees."""
    said = pantheon("run", "support", "text=x", "--json-lines", "--sed", "3")

    assert said.code == 2
    assert (said.json["event"], said.json["error"]["kind"]) == ("error", "usage")
    assert "--seed" in said.json["error"]["hint"]


def test_a_word_after_the_dashes_is_no_option(desk: Path, pantheon: Pantheon) -> None:
    """`--json` as an input is an input."""
    assert desk.exists()
    assert pantheon("run", "nothing", "--", "--json").out == ""


@pytest.mark.usefixtures("desk")
def test_progress_is_for_those_who_watch(
    pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, or asked for; never on standard output."""
    pantheon("run", "support", "text=my card")
    words = ("simulate", "--flow", "support")

    assert pantheon(*words).err == ""
    asked = pantheon("--progress", *words, "--json")
    assert asked.err == "1 of 1 runs\n"
    assert asked.json["runs"] == 1
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert pantheon(*words).err == "1 of 1 runs\n"


@pytest.mark.usefixtures("desk")
def test_colours_are_for_terminals_and_for_those_who_want_them(
    pantheon: Pantheon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR a terminal gets none either."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    words = ("graph", "support", "--format", "text")

    assert "\x1b" not in pantheon(*words).out
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" in pantheon(*words).out
