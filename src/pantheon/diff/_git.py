"""Definitions as they stood at a revision, read from git's objects: nothing is checked out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from pantheon.diff._files import MAX_BYTES, laid_out, load_named, wanted
from pantheon.diff._model import Source
from pantheon.diff._side import with_lock
from pantheon.errors import EnvironmentFault, InputError, NotFound
from pantheon.spec import Recorded, load_project
from pantheon.text import clean

PREFIX = "git:"
FILE_NAME = "pantheon.yaml"
_TIMEOUT = 60.0
Run: TypeAlias = Callable[[Sequence[str], bytes], bytes]
"""Runs a program with bytes on its input, gives its output; raises CalledProcessError."""


def run_program(arguments: Sequence[str], given: bytes) -> bytes:
    """Run a program, without the user's secrets and without questions."""
    kept = {n: os.environ[n] for n in ("PATH", "HOME", "TMPDIR") if n in os.environ}
    done = subprocess.run(
        arguments,
        input=given,
        env={**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"},
        capture_output=True,
        check=True,
        timeout=_TIMEOUT,
    )
    return done.stdout


@dataclass(frozen=True, slots=True)
class Repository:
    """The git repository around a folder."""

    folder: Path
    run: Run = field(default=run_program, repr=False)

    def git(self, *arguments: str, given: bytes = b"") -> bytes:
        """What a command of git prints. Raises InputError and EnvironmentFault."""
        try:
            return self.run(["git", "-C", str(self.folder), *arguments], given)
        except FileNotFoundError:
            hint = "Install git, or compare folders: pantheon diff OLD NEW."
            raise EnvironmentFault("There is no `git` on this machine.", hint=hint) from None
        except subprocess.TimeoutExpired:
            raise EnvironmentFault("git took more than a minute.", hint="Try again.") from None
        except subprocess.CalledProcessError as error:
            said = clean(error.stderr.decode(errors="replace").removeprefix("fatal: "))
            raise InputError(f"git says: {said or 'no'}.", hint="Name another revision.") from None

    @property
    def top(self) -> Path:
        """The root of the work tree. Raises NotFound where there is none."""
        try:
            found = self.git("rev-parse", "--show-toplevel")
        except InputError:
            message = f"{self.folder} is in no git repository."
            hint = "Name two sides: pantheon diff OLD NEW."
            raise NotFound(message, hint=hint) from None
        return Path(os.fsdecode(found.rstrip(b"\n")))

    def commit(self, revision: str) -> str:
        """The full name of a commit. Raises NotFound."""
        try:
            found = self.git(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
            )
        except InputError:
            message = f"There is no revision {revision!r} in this repository."
            hint = "`git log --oneline` lists some; HEAD is the last commit."
            raise NotFound(message, hint=hint) from None
        return found.decode().strip()

    def kind(self, commit: str, path: str) -> str | None:
        """`blob`, `tree`, or None where a commit has nothing there."""
        try:
            return self.git("cat-file", "-t", f"{commit}:{path}").decode().strip()
        except InputError:
            return None

    def objects(self, commit: str, folder: str) -> dict[str, str]:
        """The plain files of a commit's folder: path from there → the object's name."""
        listed = self.git("ls-tree", "-r", "-z", "-l", "--full-tree", f"{commit}:{folder}")
        return dict(_objects(listed))

    def read(self, name: str) -> bytes:
        """The content of an object."""
        return self.git("cat-file", "blob", name)

    def files(self, objects: Mapping[str, str]) -> dict[str, bytes]:
        """Those that definitions may name, with their content."""
        chosen = wanted(objects)
        asked = "".join(f"{objects[path]}\n" for path in chosen).encode()
        contents = _contents(self.git("cat-file", "--batch", given=asked))
        return dict(zip(chosen, contents, strict=True))


def _objects(listed: bytes) -> Iterator[tuple[str, str]]:
    """(path, object) of the plain files that are not too large."""
    for line in listed.split(b"\0"):
        head, tab, path = line.partition(b"\t")
        if tab:
            mode, _, name, size = head.split()
            if mode.startswith(b"100") and int(size) <= MAX_BYTES:
                yield os.fsdecode(path), name.decode()


def _contents(batch: bytes) -> Iterator[bytes]:
    """Objects as `git cat-file --batch` prints them: a line with the size, then so many bytes."""
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        size = int(batch[at:end].split()[-1])
        yield batch[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def load_revision(
    text: str,
    folder: Path,
    *,
    env: str | None = None,
    settings: Sequence[str] = (),
    recorded: Recorded | None = None,
    run: Run = run_program,
) -> Source:
    """The definitions at `REV`, or at `REV:PATH` for another file or folder of the repository.

    `folder` is where the project is now; PATH counts from the root of the repository, or from
    `folder` if it begins with `./`. What is included is read from the same revision; constraints
    may choose among the `recorded` versions of agents.

    Raises:
        NotFound: no such repository, revision or file.
        InvalidProject: it held mistakes; they are told as of `REV:FILE`.
    """
    repository = Repository(folder, run)
    from pantheon.releases import Kept, SourceFiles

    revision, _, path = text.partition(":")
    commit = repository.commit(revision)
    base, name = _locate(repository, commit, revision, path)
    label = f"{PREFIX}{text}"
    objects = repository.objects(commit, base)
    with laid_out(repository.files(objects)) as laid:
        project = load_named(
            label,
            lambda: load_project(
                laid / name, env=env, settings=settings, local=False, recorded=recorded
            ),
        )
        found = with_lock(label, project, laid)
    code = SourceFiles(Kept(objects, lambda path: repository.read(objects[path])))
    return replace(found, code={"": code})


def _locate(repository: Repository, commit: str, revision: str, path: str) -> tuple[str, str]:
    """Folder in the repository, and name of the project's file."""
    top = repository.top
    inside = (repository.folder.resolve() / ".").relative_to(top.resolve()).as_posix()
    full = path.removeprefix("./") if not path.startswith("./") else f"{inside}/{path[2:]}"
    full = _normal(full or inside)
    kind = repository.kind(commit, full)
    if kind == "blob":
        place = PurePosixPath(full)
        return _normal(place.parent.as_posix()), place.name
    if kind == "tree" and repository.kind(commit, f"{full}/{FILE_NAME}".lstrip("/")) == "blob":
        return full, FILE_NAME
    missing = f"{full}/{FILE_NAME}".lstrip("/") if kind or not path else full
    raise NotFound(
        f"At {revision} there is no `{missing}`.",
        hint=f"Name it: git:{revision}:PATH, from the root of the repository.",
    )


def _normal(path: str) -> str:
    """As git writes paths: the root is empty."""
    return "" if path in {".", ""} else PurePosixPath(os.path.normpath(path)).as_posix().strip("/")
