"""Build the environment that `./run` needs: packages by hash from lock/, and the project itself.

Started by any Python 3.11 or newer, so it uses the standard library alone. Safe to start twice at
once (one builds, the other waits) and to interrupt at any moment (the next start begins anew).
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, get_args

Level = Literal["base", "dev"]
ROOT = Path(__file__).resolve().parent.parent
TAIL = 25
ENVIRONMENT_FAULT = 8


class SetUpFailed(Exception):
    """A step of the set-up went wrong; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment at one of two levels: what the product needs, or developers too."""

    folder: Path
    level: Level

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def log(self) -> Path:
        return self.folder / "setup.log"

    def requirements(self) -> Path:
        return ROOT / "lock" / f"{self.level}.txt"

    def key(self) -> str:
        """What the environment is built from; `./run` computes the same text."""
        locks = [ROOT / "lock" / "base.txt"]
        if self.level == "dev":
            locks.append(ROOT / "lock" / "dev.txt")
        files = [*locks, ROOT / "pyproject.toml", self.folder / "pyvenv.cfg"]
        done = subprocess.run(["cksum", *files], capture_output=True, text=True, check=False)
        return done.stdout.rstrip("\n")

    def stamp(self) -> Path:
        return self.folder / f".ready-{self.level}"

    def is_ready(self) -> bool:
        stamp = self.stamp()
        return self.python.exists() and stamp.exists() and stamp.read_text() == self.key()


def build(environment: Environment) -> None:
    """Bring the environment to its level; does nothing when another process just did."""
    with _only_builder(environment.folder) as journal:
        if environment.is_ready():
            return
        interrupted = journal.read() != ""
        if interrupted or not environment.python.exists():
            _note(journal, "building")
            _create(environment, journal)
        _note(journal, "building")
        _install(environment, journal)
        environment.stamp().write_text(environment.key())
        _note(journal, "")


@contextmanager
def _only_builder(folder: Path) -> Generator[IO[str]]:
    """Hold the lock file beside the environment; its text says whether a build was cut short."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("a+") as journal:
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another set-up of the same environment to finish")
            fcntl.flock(journal, fcntl.LOCK_EX)
        journal.seek(0)
        yield journal


def _note(journal: IO[str], text: str) -> None:
    journal.seek(0)
    journal.truncate()
    journal.write(text)
    journal.flush()


def _create(environment: Environment, journal: IO[str]) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    started = time.monotonic()
    command = [sys.executable, "-m", "venv", "--clear", str(environment.folder)]
    held = (journal.fileno(),)
    done = subprocess.run(command, capture_output=True, text=True, check=False, pass_fds=held)
    if done.returncode != 0:
        reason = (done.stdout + done.stderr).strip()
        raise SetUpFailed(f"Python {version} could not create {environment.folder}:\n{reason}")
    _say(f"environment with Python {version} in {environment.folder.name}", since=started)


def _install(environment: Environment, journal: IO[str]) -> None:
    environment.log.unlink(missing_ok=True)
    pip = [str(environment.python), "-m", "pip", "install", "--disable-pip-version-check"]
    lock = environment.requirements()
    packages = sum(line[:1].isalnum() for line in lock.read_text().splitlines())
    # No byte code ahead of time: it costs seconds, and most modules are never imported.
    locked = [*pip, "--no-compile", "--require-hashes", "-r", str(lock)]
    _run_pip(environment, journal, locked, what=f"up to {packages} packages from lock/{lock.name}")
    own = [*pip, "--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    _run_pip(environment, journal, own, what="pantheon itself")


def _run_pip(environment: Environment, journal: IO[str], command: list[str], *, what: str) -> None:
    """Run pip quietly, its words in a log; show what it is at where someone is watching.

    Pip holds the lock too: should this process be killed, the next start waits for it to end.
    """
    started = time.monotonic()
    _say(f"{what} ...", transient=True)
    with (
        environment.log.open("a") as log,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=(journal.fileno(),),
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            if line.startswith("Collecting "):
                _say(f"{what}: {line.split()[1]}"[:78], transient=True)
            elif line.startswith("Installing "):
                _say(f"{what}: unpacking", transient=True)
    if process.returncode != 0:
        tail = "\n".join(environment.log.read_text().splitlines()[-TAIL:])
        raise SetUpFailed(f"pip could not install {what}. Its last words:\n{tail}")
    _say(what, since=started)


def _say(text: str, *, since: float | None = None, transient: bool = False) -> None:
    """One line on standard error; a transient one only on a terminal, where the next covers it."""
    watched = sys.stderr.isatty()
    if transient and not watched:
        return
    took = "" if since is None else f" ({time.monotonic() - since:.1f} s)"
    start, end = ("\r\x1b[K", "" if transient else "\n") if watched else ("", "\n")
    print(f"{start}set-up: {text}{took}", end=end, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """`bootstrap.py base|dev FOLDER`."""
    level, folder = arguments
    chosen = next(known for known in get_args(Level) if known == level)
    try:
        build(Environment(Path(folder), chosen))
    except SetUpFailed as failure:
        _say(str(failure))
        return ENVIRONMENT_FAULT
    except KeyboardInterrupt:
        _say("interrupted; the next start begins anew")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
