"""Revisions in git, read without a checkout; and git's own diff, driven."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pantheon.diff import compare, drive, load_revision, working_source
from pantheon.diff._files import wanted
from pantheon.errors import EnvironmentFault, NotFound, UsageError
from pantheon.spec import InvalidProject
from tests.diff.world import BEFORE, Folder, edited

LATER = edited(("[cards, other]", "[cards, other, fraud]"))
LATER_NAMES = ["triage", "support"]
"""The agent, and the flow whose output has another type by it."""


def changed_names(folder: Folder, revision: str) -> list[str]:
    """What differs between a revision and the files."""
    before = load_revision(revision, folder.path)
    return [d.name for d in compare(before, working_source(folder.load())).definitions]


def told(*lines_of: object) -> str:
    """The text of driven lines."""
    (lines,) = lines_of
    return "\n".join("".join(text for _, text in line) for line in lines)  # type: ignore[attr-defined]


def test_a_revision_has_its_own_includes_and_prompts(folder: Folder) -> None:
    """Nothing of the work tree shows through, and the work tree is not touched."""
    included = "include: [agents/*.yaml]\n" + BEFORE
    (folder.path / "agents").mkdir()
    more = "agents:\n  more: {input: {a: string}, output: {b: string}, tiers: [human]}\n"
    folder.write(included)
    (folder.path / "agents" / "more.yaml").write_text(more)
    folder.commit()
    folder.write(BEFORE, prompt="Another {{ text }}.")
    (folder.path / "agents" / "more.yaml").unlink()
    before = load_revision("HEAD", folder.path)
    assert "more" in before.project.agents
    assert changed_names(folder, "HEAD") == ["reply", "more"]
    assert folder.git("status", "--porcelain").count("\n") == 3


def test_older_revisions_other_paths_and_sub_folders(folder: Folder, tmp_path: Path) -> None:
    """REV, REV:PATH from the root, and a project that is not at the root of its repository."""
    folder.commit()
    folder.write(LATER).commit()
    assert changed_names(folder, "HEAD") == []
    assert changed_names(folder, "HEAD~1") == LATER_NAMES
    assert changed_names(folder, "HEAD~1:pantheon.yaml") == LATER_NAMES
    outer = Folder(tmp_path / "outer")
    inner = Folder(outer.path / "apps" / "desk").write()
    outer.commit()
    inner.write(LATER)
    assert changed_names(inner, "HEAD") == LATER_NAMES
    assert changed_names(inner, "HEAD:apps/desk") == LATER_NAMES
    assert changed_names(inner, "HEAD:./pantheon.yaml") == LATER_NAMES


def test_what_is_not_there_is_told(folder: Folder, tmp_path: Path) -> None:
    """No repository, no such revision, no project at it."""
    with pytest.raises(NotFound, match=r"no revision 'HEAD'|in no git repository"):
        load_revision("HEAD", folder.path)
    folder.commit()
    for revision in ("nowhere", "--output=x", "HEAD^{tree}"):
        with pytest.raises(NotFound, match="There is no revision"):
            load_revision(revision, folder.path)
    with pytest.raises(NotFound, match=r"At HEAD there is no `other/pantheon.yaml`"):
        load_revision("HEAD:other/pantheon.yaml", folder.path)
    with pytest.raises(NotFound, match="there is no"):
        load_revision("HEAD:../../etc", folder.path)


def test_mistakes_of_a_revision_are_told_as_of_there(folder: Folder) -> None:
    """So that nobody looks for them in the work tree."""
    folder.write(edited(("tiers: [human]", "tears: [human]"))).commit()
    folder.write()
    with pytest.raises(InvalidProject) as caught:
        load_revision("HEAD", folder.path)
    assert caught.value.diagnostics[0].where.file == "git:HEAD:pantheon.yaml"


def test_without_git(folder: Folder) -> None:
    """The machine is at fault, and there is another way."""

    def missing(arguments: object, given: bytes) -> bytes:
        raise FileNotFoundError

    with pytest.raises(EnvironmentFault, match="no `git`"):
        load_revision("HEAD", folder.path, run=missing)


def test_only_files_that_definitions_may_name() -> None:
    """And whole skills, whatever is in them; nothing hidden, installed, or outside."""
    paths = [
        "pantheon.yaml", "prompts/a.j2", "src/app.py", ".env.yaml", "node_modules/x/a.json",
        "skills/pdf/SKILL.md", "skills/pdf/scripts/run.sh", "/etc/passwd.txt", "photo.png",
    ]  # fmt: skip
    assert wanted(paths) == [
        "pantheon.yaml", "prompts/a.j2", "skills/pdf/SKILL.md", "skills/pdf/scripts/run.sh",
    ]  # fmt: skip


# -------------------------------------------------------------------------------- the driver


def driven(folder: Folder, *arguments: str) -> str:
    """What `git diff` prints with Pantheon as its driver."""
    program = f"'{sys.executable}' -m pantheon.cli diff --git"
    settings = {"diff.pantheon.command": program, "core.attributesFile": str(folder.path / "attrs")}
    (folder.path / "attrs").write_text("*.yaml diff=pantheon\n*.j2 diff=pantheon\n")
    return folder.git("--no-pager", *arguments, settings=settings)


@pytest.mark.slow
def test_git_shows_what_a_change_means(folder: Folder) -> None:
    """Of the project file and of a prompt beside it; of commits too."""
    folder.commit()
    folder.write(
        LATER, prompt="Write a warm reply to {{ text }} for the team {{ team }}. Be brief."
    )
    shown = driven(folder, "diff")
    assert "~ agent triage" in shown
    assert "may now also be `fraud`" in shown
    assert "Write a {+warm +}reply" in shown
    assert shown.count("~ agent reply") == 1
    folder.commit()
    assert "also be `fraud`" in driven(folder, "log", "-1", "-p", "--ext-diff")


@pytest.mark.slow
def test_git_shows_added_removed_and_renamed_files(folder: Folder) -> None:
    """A new project is all added; a file that is no project any more is compared as text."""
    folder.commit()
    folder.git("mv", "prompts/reply.j2", "prompts/answer.j2")
    folder.write(edited(("prompts/reply.j2", "prompts/answer.j2")))
    (folder.path / "prompts" / "reply.j2").unlink()
    shown = driven(folder, "diff", "-M", "HEAD")
    assert "diff a/prompts/reply.j2 b/prompts/answer.j2" in shown
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    folder.commit()
    assert "+ agent triage" in driven(folder, "diff", empty, "HEAD", "--", "pantheon.yaml")


def test_a_side_that_is_no_project_is_compared_as_text(folder: Folder, tmp_path: Path) -> None:
    """With the reason; git must go on to the next file."""
    old = tmp_path / "old"
    old.write_text(BEFORE.replace("tiers: [human]", "tears: [human]"))
    arguments = ["pantheon.yaml", str(old), "1", "100644", "pantheon.yaml", "2", "100644"]
    text = told(drive(arguments, folder.path, width=80))
    assert "compared as text, because a side is no valid project" in text
    assert "-  reviewer: {input: {reply: string}, output: {ok: boolean}, tears: [human]}" in text


def test_a_change_of_comments_means_nothing(folder: Folder, tmp_path: Path) -> None:
    """It is told, and shown as text."""
    old = tmp_path / "old"
    old.write_text(f"# Ours.\n{BEFORE}")
    arguments = ["pantheon.yaml", str(old), "1", "100644", "pantheon.yaml", "2", "100644"]
    text = told(drive(arguments, folder.path, width=80))
    assert "the definitions mean the same" in text
    assert "-# Ours." in text


def test_conflicts_and_wrong_calls(folder: Folder) -> None:
    """Git gives only the path of a file with a conflict; anything else is a mistake."""
    assert told(drive(["pantheon.yaml"], folder.path, width=80)) == "* Unmerged path pantheon.yaml"
    with pytest.raises(UsageError, match="7 arguments"):
        drive(["a", "b"], folder.path, width=80)


def test_no_text_of_a_file_steers_the_terminal(folder: Folder, tmp_path: Path) -> None:
    """Neither of a side that is read, nor of one that is not."""
    for bad in (BEFORE.replace("Which team", "Which \x1b[31m team"), "\x1b[2J not yaml: ["):
        old = tmp_path / "old"
        old.write_text(bad)
        arguments = ["pantheon.yaml", str(old), "1", "100644", "pantheon.yaml", "2", "100644"]
        assert "\x1b" not in told(drive(arguments, folder.path, width=80))


def test_the_driver_is_a_program_that_git_can_call(folder: Folder, tmp_path: Path) -> None:
    """It succeeds whatever it is given to compare."""
    old = tmp_path / "old"
    old.write_bytes(b"\xff\xfe\x00")
    arguments = ["pantheon.yaml", str(old), "1", "100644", "/dev/null", ".", "."]
    done = subprocess.run(
        [sys.executable, "-m", "pantheon.cli", "diff", "--git", *arguments],
        cwd=folder.path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
