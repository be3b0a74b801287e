"""Promotion, rollback, and proposals that wait in git for a person."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.clock import FakeClock
from pantheon.errors import EnvironmentFault, GateFailed, NotFound
from pantheon.ids import ContentHash
from pantheon.learn._promote import promote, rollback
from pantheon.learn._proposal import propose, safe_name
from pantheon.releases import read_lock
from pantheon.store import Store, Version
from tests.learn.specimens import add_version, open_store

CLOCK = FakeClock()
NIGHT = 1_700_000_000.0
REASONS = ("It answers 412 of 1,000 requests.", "risk\nat most 4 %")


def deploy(store: Store, version: Version, lock: Path | None = None) -> None:
    """Promote as a night does."""
    promote(store, version.agent, version.hash, who="night", why="better", clock=CLOCK, lock=lock)


def git(folder: Path, *arguments: str) -> str:
    """Run git as the user would; what it printed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


# ------------------------------------------------------------------------------ moves
def test_a_promotion_moves_channel_state_and_lock_together(tmp_path: Path) -> None:
    """The version answers, the one before is retired, the file pins the new one."""
    lock = tmp_path / "pantheon.lock"
    with open_store() as store:
        first = add_version(store, "triage", 1)
        second = add_version(store, "triage", 2, parent=first.hash)
        deploy(store, first, lock)
        store.monitors.set("triage", {"stepped_back": True})
        deploy(store, second, lock)

        assert store.channels.current("triage") == second.hash
        assert [v.state for v in store.versions.list("triage")] == ["retired", "promoted"]
        assert read_lock(lock).entries["triage"].hash == second.hash
        assert not (store.monitors.get("triage") or {}).get("stepped_back")


def test_rollback_walks_the_lineage_to_the_empty_slot(tmp_path: Path) -> None:
    """Each rollback gives back what the current version replaced; the last leaves nothing."""
    lock = tmp_path / "pantheon.lock"
    with open_store() as store:
        first = add_version(store, "triage", 1)
        second = add_version(store, "triage", 2, parent=first.hash)
        deploy(store, first, lock)
        deploy(store, second, lock)

        moves = [
            rollback(store, "triage", who="person", why="odd", clock=CLOCK, lock=lock)
            for _ in range(2)
        ]

        assert [m.version for m in moves] == [first.hash, None]
        assert {m.cause for m in moves} == {"rollback"}
        assert read_lock(lock).entries == {}
        with pytest.raises(NotFound, match="no promoted version"):
            rollback(store, "triage", who="person", why="odd", clock=CLOCK)


def test_rollback_undoes_moves_and_not_trainings() -> None:
    """What answered before comes back, though another version was the parent in training."""
    with open_store() as store:
        first, second, third = (add_version(store, "triage", number) for number in (1, 2, 3))
        for version in (first, third, second):
            deploy(store, version)

        moves = [
            rollback(store, "triage", who="person", why="odd", clock=CLOCK).version
            for _ in range(3)
        ]

    assert moves == [third.hash, first.hash, None]


def test_a_rejected_version_is_not_promoted() -> None:
    """Nothing supports the promise with it, whoever asks."""
    with open_store() as store:
        version = add_version(store, "triage", 1)
        store.versions.set_state(version.hash, "rejected")

        with pytest.raises(GateFailed, match="triage@1 was rejected"):
            deploy(store, version)

        assert store.channels.current("triage") is None


def test_promoting_what_answers_already_is_refused() -> None:
    """Nothing moves, and the message says so."""
    with open_store() as store:
        version = add_version(store, "triage", 1)
        deploy(store, version)

        with pytest.raises(GateFailed, match="triage@1"):
            deploy(store, version)

        assert len(store.channels.history("triage")) == 1


def test_a_version_of_another_agent_is_refused() -> None:
    """A hash alone does not decide whose slot it fills."""
    with open_store() as store:
        version = add_version(store, "reply", 1)

        with pytest.raises(NotFound, match="belongs to agent 'reply'"):
            promote(store, "triage", version.hash, who="x", why="y", clock=CLOCK)


def test_the_lock_is_written_before_the_store_moves(tmp_path: Path) -> None:
    """A lock that cannot be written leaves the store as it was."""
    with open_store() as store:
        version = add_version(store, "triage", 1)

        with pytest.raises(EnvironmentFault, match="cannot be written"):
            deploy(store, version, tmp_path / "missing" / "pantheon.lock")

        assert store.channels.current("triage") is None


# -------------------------------------------------------------------------- proposals
def proposed(agent: str = "triage") -> Version:
    """A version that a night proposes."""
    with open_store() as store:
        return add_version(store, agent, 3)


def repository(folder: Path) -> Path:
    """A repository with one commit and a change that is staged and one that is not."""
    git(folder, "init", "-q", "-b", "main")
    (folder / "notes.txt").write_text("one\n")
    git(folder, "add", "notes.txt")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "notes.txt").write_text("two\n")
    git(folder, "add", "notes.txt")
    (folder / "notes.txt").write_text("three\n")
    return folder


def test_a_proposal_leaves_work_tree_and_index_alone(tmp_path: Path) -> None:
    """Status, index and HEAD are the same before and after; the branch holds the lock."""
    root = repository(tmp_path)
    (root / ".gitignore").write_text(".pantheon/\n")
    before = (git(root, "status", "--porcelain"), git(root, "ls-files", "-s"))

    proposal = propose(proposed(), root=root, at=NIGHT, reasons=REASONS)

    assert (git(root, "status", "--porcelain"), git(root, "ls-files", "-s")) == before
    assert git(root, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert proposal.branch == "pantheon/night-2023-11-14-triage"
    assert git(root, "diff", "--name-only", "main", proposal.branch) == "pantheon.lock"
    assert not (root / "pantheon.lock").exists()


def test_the_commit_argues_with_the_evidence(tmp_path: Path) -> None:
    """Subject, reasons and every figure are in the message, one line each."""
    proposal = propose(proposed(), root=repository(tmp_path), at=NIGHT, reasons=REASONS)

    message = git(tmp_path, "log", "-1", "--format=%an%n%B", str(proposal.branch)).splitlines()

    assert message[:2] == ["Pantheon", "Let triage@3 answer"]
    assert "- risk at most 4 %" in message
    assert "  risk.upper: 0.04" in message
    assert "  share: 0.5 (0.41 to 0.6)" in message


def test_merging_the_branch_promotes_at_the_next_open(tmp_path: Path) -> None:
    """What is merged is a lock that the reader takes."""
    root = repository(tmp_path)
    version = proposed()
    proposal = propose(version, root=root, at=NIGHT, reasons=REASONS)
    git(root, "stash", "-q")

    git(root, "merge", "-q", str(proposal.branch))

    assert read_lock(root / "pantheon.lock").entries["triage"].hash == version.hash


@pytest.mark.parametrize("tool", ["apply", "am"])
def test_the_patch_applies(tmp_path: Path, tool: str) -> None:
    """Git takes the patch over a lock that exists, and makes the same file as the branch."""
    root = repository(tmp_path)
    (root / "pantheon.lock").write_text(f'[agents.old]\nversion = 1\nhash = "b2:{0:032x}"\n')
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "lock")
    proposal = propose(proposed(), root=root, at=NIGHT, reasons=REASONS)

    git(root, tool, str(proposal.patch))

    pinned = (root / "pantheon.lock").read_text()
    assert set(read_lock(root / "pantheon.lock").entries) == {"old", "triage"}
    assert git(root, "show", f"{proposal.branch}:pantheon.lock") == pinned.strip()


def test_a_project_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    """The branch changes the lock beside the project's file, not one at the top."""
    root = repository(tmp_path) / "support"
    root.mkdir()

    proposal = propose(proposed(), root=root, at=NIGHT, reasons=REASONS)

    changed = git(root, "diff", "--name-only", "main", str(proposal.branch))
    assert changed == "support/pantheon.lock"


def test_without_git_there_is_a_patch_and_a_reason(tmp_path: Path) -> None:
    """A plain folder, and a repository without a commit, get the patch alone."""
    plain = propose(proposed(), root=tmp_path, at=NIGHT, reasons=REASONS)
    git(tmp_path, "init", "-q")
    unborn = propose(proposed(), root=tmp_path, at=NIGHT, reasons=REASONS)

    assert (plain.branch, plain.note) == (None, "the project's folder is not in a git repository")
    assert (unborn.branch, unborn.note) == (None, "the git repository has no commit yet")
    assert "+++ b/pantheon.lock" in plain.patch.read_text()


def test_no_hook_of_the_user_runs(tmp_path: Path) -> None:
    """A branch that the night leaves must not start programs."""
    root = repository(tmp_path)
    hook = root / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)

    propose(proposed(), root=root, at=NIGHT, reasons=REASONS)

    assert not list(root.rglob("hooked"))


def test_a_second_proposal_of_the_night_gets_its_own_names(tmp_path: Path) -> None:
    """Nothing is overwritten; the same proposal again is the same branch and patch."""
    root = repository(tmp_path)
    version = proposed()
    other = replace(version, number=4, hash=ContentHash(f"b2:{4:032x}"))

    first = propose(version, root=root, at=NIGHT, reasons=REASONS)
    again = propose(version, root=root, at=NIGHT, reasons=REASONS)
    second = propose(other, root=root, at=NIGHT, reasons=REASONS)

    assert again == first
    assert str(second.branch) == f"{first.branch}-2"
    assert second.patch.name == "night-2023-11-14-triage-2.patch"


@given(st.text(max_size=60))
def test_any_agent_name_becomes_a_harmless_part_of_a_name(agent: str) -> None:
    """Only letters, digits and single dashes: no separators, no dots, no options, never empty."""
    name = safe_name(agent)

    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) <= 47


@pytest.mark.parametrize("agent", ["../../etc/x", "-rf", "a..b.lock", "Triage", "naïve\n", "@{-1}"])
def test_names_that_had_to_change_stay_apart(agent: str, tmp_path: Path) -> None:
    """A hostile name lands in the proposals folder under a name of its own."""
    proposal = propose(proposed(agent), root=repository(tmp_path), at=NIGHT, reasons=REASONS)

    assert safe_name(agent) != safe_name(agent + "!")
    assert proposal.patch.parent == tmp_path / ".pantheon" / "proposals"
    assert re.fullmatch(r"pantheon/night-2023-11-14-[a-z0-9-]+", str(proposal.branch))
