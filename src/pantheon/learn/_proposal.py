"""A change put up for review, a promotion first of all: a git branch and a patch file.

The branch is made from git's object store alone, with an index of its own: the user's work tree,
index and checked-out branch are never touched, and no hook of theirs runs.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pantheon.learn._promote import lock_entry
from pantheon.releases import LOCK_NAME, read_lock, render_lock

if TYPE_CHECKING:
    from pantheon.ids import Json
    from pantheon.store import Version

_WHO = "Pantheon <pantheon@localhost>"
_ZERO = "0" * 40
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where a proposed change can be looked at."""

    patch: Path
    branch: str | None
    """None when the project's folder is not a git work tree with a first commit."""
    note: str = ""
    """Why there is no branch."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One text file of the project; what becomes of its text."""

    path: str
    """From the project's folder, with `/`."""
    edit: Callable[[str | None], str]
    """The new text from the old one; None: there is no such file."""


@dataclass(frozen=True, slots=True)
class Change:
    """Files to be changed, and the message that argues for it."""

    files: tuple[FileChange, ...]
    subject: str
    body: str
    at: float
    """Seconds since the epoch; dates the branch's commit."""


def propose(version: Version, *, root: Path, at: float, reasons: tuple[str, ...]) -> Proposal:
    """Leave a branch `pantheon/night-<date>-<agent>` and a patch that pin `version`.

    Args:
        version: the proposed version; its evidence goes into the message.
        root: the project's folder, where `pantheon.lock` is or will be.
        at: seconds since the epoch; dates the branch and the commit.
        reasons: why the night proposes it, one sentence each.
    """
    change = _pin_change(version, root=root, at=at, reasons=reasons)
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    return put_up(change, root=root, name=f"night-{day}-{safe_name(version.agent)}")


def put_up(change: Change, *, root: Path, name: str) -> Proposal:
    """Leave a branch `pantheon/<name>` on top of HEAD, and a patch for the work tree as it is.

    Raises whatever an `edit` raises.
    """
    patch = _write_patch(root, name, change)
    try:
        branch = _Git(root, change.at).branch(f"pantheon/{name}", change)
    except _NoGit as error:
        return Proposal(patch, None, str(error))
    return Proposal(patch, branch)


def safe_name(agent: str) -> str:
    """A part of a file or ref name that stands for an agent: only a–z, 0–9 and single dashes.

    A name that had to change ends in six digits of its hash, so that two never meet.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", agent.lower()).strip("-")[:40].strip("-")
    if plain and plain == agent:
        return plain
    digits = hashlib.blake2b(agent.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
    return f"{plain or 'agent'}-{digits}"


def _pin_change(version: Version, *, root: Path, at: float, reasons: tuple[str, ...]) -> Change:
    after = render_lock(read_lock(root / LOCK_NAME).with_entry(lock_entry(version)))
    return Change(
        files=(FileChange(LOCK_NAME, lambda _: after),),
        subject=_one_line(f"Let {version.agent}@{version.number} answer"),
        body=_argue(version, reasons),
        at=at,
    )


def _argue(version: Version, reasons: tuple[str, ...]) -> str:
    evidence = [f"{key}: {_show(part)}" for key, part in _flat(version.evidence)]
    lines = [
        *(f"- {_one_line(reason)}" for reason in reasons),
        "",
        "Evidence",
        *(f"  {_one_line(line)}" for line in evidence),
        "",
        f"Version: {version.hash}",
        f"Parent: {version.parent or 'none (the slot is empty)'}",
    ]
    return "\n".join(lines)


def _flat(value: Json, path: str = "") -> list[tuple[str, Json]]:
    if isinstance(value, dict) and value.keys() >= {"value", "low", "high"}:
        low, high = _show(value["low"]), _show(value["high"])
        return [(path, f"{_show(value['value'])} ({low} to {high})")]
    if isinstance(value, dict):
        inner = [(f"{path}.{key}" if path else key, value[key]) for key in value]
        return [line for name, part in inner for line in _flat(part, name)]
    # A curve is for charts; the store has it.
    return [] if isinstance(value, list) else [(path, value)]


def _show(value: Json) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _one_line(text: str) -> str:
    """Text from anywhere, made harmless in a message: no line breaks, no control characters."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


# ------------------------------------------------------------------------------------- patch
def _write_patch(root: Path, name: str, change: Change) -> Path:
    text = _render_patch(change, root)
    folder = root / ".pantheon" / "proposals"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.patch"
    number = 1
    while path.exists() and path.read_text(encoding="utf-8") != text:
        number += 1
        path = folder / f"{name}-{number}.patch"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _render_patch(change: Change, root: Path) -> str:
    """The change as `git am`, `git apply` and `patch -p1` read it in the project's folder."""
    stamp = datetime.fromtimestamp(change.at, UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    head = f"From {_ZERO} Mon Sep 17 00:00:00 2001\nFrom: {_WHO}\nDate: {stamp}\n"
    parts = "".join(_render_file(file, root) for file in change.files)
    return f"{head}Subject: [PATCH] {change.subject}\n\n{change.body}\n---\n{parts}--\npantheon\n"


def _render_file(file: FileChange, root: Path) -> str:
    path = root / file.path
    before = path.read_text(encoding="utf-8") if path.exists() else None
    mode = "new file mode 100644\n" if before is None else ""
    diff = difflib.unified_diff(
        (before or "").splitlines(keepends=True),
        file.edit(before).splitlines(keepends=True),
        "/dev/null" if before is None else f"a/{file.path}",
        f"b/{file.path}",
    )
    lines = (x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in diff)
    return f"diff --git a/{file.path} b/{file.path}\n{mode}{''.join(lines)}"


# -------------------------------------------------------------------------------------- git
class _NoGit(Exception):
    """There is no repository to put a branch into; the text says why."""


class _Git:
    """The few plumbing commands a branch needs, run where they can harm nothing."""

    def __init__(self, root: Path, at: float) -> None:
        self._root = root
        self._environment = _quiet_environment(at)

    def branch(self, name: str, change: Change) -> str:
        """Make a branch with `change` on top of HEAD; its full name.

        Raises:
            _NoGit: no git, no repository, no first commit, or git refused.
        """
        head = self._head()
        commit = self._commit(head, change)
        for number in range(1, _TRIES):
            branch = name if number == 1 else f"{name}-{number}"
            if self._create(branch, commit):
                return branch
        raise _NoGit(f"git already has {_TRIES} branches named {name}")

    def _head(self) -> str:
        try:
            self._run("rev-parse", "--is-inside-work-tree")
        except FileNotFoundError:
            raise _NoGit("git is not installed") from None
        except subprocess.CalledProcessError:
            raise _NoGit("the project's folder is not in a git repository") from None
        try:
            return self._run("rev-parse", "--verify", "HEAD^{commit}")
        except subprocess.CalledProcessError:
            raise _NoGit("the git repository has no commit yet") from None

    def _commit(self, head: str, change: Change) -> str:
        try:
            tree = self._tree(head, change)
            message = f"{change.subject}\n\n{change.body}\n"
            return self._run("commit-tree", tree, "-p", head, "-F", "-", stdin=message)
        except subprocess.CalledProcessError as error:
            raise _NoGit(f"git refused: {_one_line(str(error.stderr))}") from None

    def _tree(self, head: str, change: Change) -> str:
        """HEAD's tree with the changed files, made in an index that is thrown away."""
        with tempfile.TemporaryDirectory(prefix="pantheon-index-") as folder:
            extra = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            prefix = self._run("rev-parse", "--show-prefix")
            self._run("read-tree", head, extra=extra)
            for file in change.files:
                path = prefix + file.path
                text = file.edit(self._text(head, path))
                blob = self._run("hash-object", "-w", "--no-filters", "--stdin", stdin=text)
                self._run(
                    "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", extra=extra
                )
            return self._run("write-tree", extra=extra)

    def _text(self, head: str, path: str) -> str | None:
        """A file's text in a commit, to the letter; None when it is not there."""
        try:
            return self._run("cat-file", "blob", f"{head}:{path}", whole=True)
        except subprocess.CalledProcessError:
            return None

    def _create(self, branch: str, commit: str) -> bool:
        try:
            self._run("update-ref", f"refs/heads/{branch}", commit, "")
        except subprocess.CalledProcessError:
            return self._points_at(branch, commit)
        return True

    def _points_at(self, branch: str, commit: str) -> bool:
        try:
            return self._run("rev-parse", "--verify", f"refs/heads/{branch}") == commit
        except subprocess.CalledProcessError:
            return False

    def _run(
        self,
        *arguments: str,
        stdin: str = "",
        extra: Mapping[str, str] | None = None,
        whole: bool = False,
    ) -> str:
        done = subprocess.run(
            ["git", "-c", "core.hooksPath=/dev/null", "-C", str(self._root), *arguments],
            input=stdin,
            env={**self._environment, **(extra or {})},
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=60,
        )
        return done.stdout if whole else done.stdout.rstrip("\n")


def _quiet_environment(at: float) -> dict[str, str]:
    """Only what git needs: none of the user's secrets, none of a surrounding hook's GIT_*."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    stamp = f"@{int(at)} +0000"
    who = {"NAME": "Pantheon", "EMAIL": "pantheon@localhost", "DATE": stamp}
    signed = {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()}
    return {**kept, **signed, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
