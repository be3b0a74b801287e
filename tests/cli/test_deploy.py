"""Deploying from the command line: what is said, to people and to programs, and what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Pantheon

EDIT = ("'fast' if words < 20", "'quick' if words < 20")


def edit(desk: Path, old: str = EDIT[0], new: str = EDIT[1], file: str = "desk.py") -> None:
    """Change what is written."""
    text = (desk / file).read_text()
    assert old in text
    (desk / file).write_text(text.replace(old, new))


def folder(pantheon: Pantheon, *options: str) -> str:
    """What the flow says of a message about a card."""
    said = pantheon("run", "support", "text=my card", "--json", *options)
    assert said.code == 0, said.err
    return said.json["output"]["folder"]


def test_the_whole_way_of_a_version(desk: Path, pantheon: Pantheon) -> None:
    """Deployed, changed, tried as a canary, promoted, rolled back, retired."""
    assert folder(pantheon) == "cards/fast"
    said = pantheon("deploy", "support", "--why", "the first")
    assert said.out.splitlines() == [
        "flow support: stable  nothing -> support@1",
        "applied: pantheon.lock is written; commit it",
    ]
    edit(desk)
    assert folder(pantheon) == "cards/fast"
    assert folder(pantheon, "--draft") == "cards/quick"

    pantheon("deploy", "support", "--canary", "100%", "--why", "shorter")
    assert folder(pantheon) == "cards/quick"
    assert pantheon("promote", "support").code == 0
    assert folder(pantheon) == "cards/quick"
    said = pantheon("rollback", "support", "--why", "not so good")
    assert "flow support: stable  support@2 -> support@1" in said.out
    assert folder(pantheon) == "cards/fast"
    said = pantheon("retire", "support")
    assert "the working files answer" in said.out
    assert folder(pantheon) == "cards/quick"

    whys = [m["why"] for m in pantheon("flows", "history", "support", "--json").json["moves"]]
    assert whys == ["the first", "shorter", "promoted", "not so good", "retired"]


def test_a_run_says_which_version_answered_and_that_the_files_differ(
    desk: Path, pantheon: Pantheon
) -> None:
    """On standard error, with the commands that help; the result stays clean."""
    pantheon("deploy", "support")
    said = pantheon("run", "support", "text=my card")
    assert "support  done  support@1 (stable)" in said.out
    assert said.err == ""
    edit(desk)
    said = pantheon("run", "support", "text=my card", "--json")
    assert (said.json["release"], said.json["channel"]) == ("support@1", "stable")
    for part in ("support@1 answers; your files differ", "pantheon diff support", "--draft"):
        assert part in said.err


def test_runs_are_listed_by_version(desk: Path, pantheon: Pantheon) -> None:
    """Those of the working files belong to none."""
    folder(pantheon)
    pantheon("deploy", "support")
    folder(pantheon)
    edit(desk)
    pantheon("deploy", "support")
    folder(pantheon)

    listed = pantheon("runs", "list", "--json").json["items"]
    assert [i["release"] for i in listed] == ["support@2", "support@1", None]
    one = pantheon("runs", "list", "--version", "support@1", "--json").json["items"]
    assert [i["release"] for i in one] == ["support@1"]
    assert "support@2" in pantheon("runs", "list", "--version", "support@stable").out
    assert pantheon("runs", "list", "--version", "support@7", "--json").code == 6


def test_a_run_that_keeps_nothing_says_that_the_files_answer(
    desk: Path, pantheon: Pantheon
) -> None:
    """Its store is empty, and knows of no version."""
    pantheon("deploy", "support")
    edit(desk)
    said = pantheon("run", "support", "text=my card", "--durability", "memory", "--json")
    assert said.json["output"]["folder"] == "cards/quick"
    assert "the working files answer" in said.err


def test_an_agent_alone(desk: Path, pantheon: Pantheon) -> None:
    """It answers in the flow of the files, and is told when it is not what they say."""
    pantheon("deploy", "file")
    edit(desk)
    said = pantheon("run", "support", "text=my card", "--json")
    assert said.json["output"]["folder"] == "cards/fast"
    assert "file@1 answers; your files differ" in said.err
    assert said.json["release"] is None
    listed = pantheon("agents", "list", "--json").json["items"]
    assert {i["agent"]: i["definition"] for i in listed}["file"] == "stable file@1"


def test_the_contract_is_that_of_the_deployed_version(desk: Path, pantheon: Pantheon) -> None:
    """The words of a run are read by what answers, also when the files lack the flow."""
    pantheon("deploy", "support")
    edit(desk, "router: {flows: [support]}", "router: {flows: [other]}", "pantheon.yaml")
    edit(desk, "  support:\n", "  other:\n", "pantheon.yaml")

    assert folder(pantheon) == "cards/fast"
    assert pantheon("run", "support", "text=x", "--draft").code == 6
    assert pantheon("run", "suport", "text=x").code == 6


def test_what_is_so_already_is_said_and_a_dry_run_changes_nothing(
    desk: Path, pantheon: Pantheon
) -> None:
    """`status` for programs: would, applied, already."""
    lock = desk / "pantheon.lock"
    statuses: list[str] = []
    for command in (
        ("deploy", "support", "--dry-run"),
        ("deploy", "support"),
        ("deploy", "support"),
        ("retire", "support", "--dry-run"),
        ("retire", "support"),
        ("retire", "support"),
        ("rollback", "support"),
    ):
        statuses.append(pantheon(*command, "--json").json["status"])
        if statuses == ["would"]:
            assert not lock.exists()
    assert statuses == ["would", "applied", "already", "would", "applied", "already", "applied"]


@pytest.mark.parametrize(
    ("command", "code", "kind"),
    [
        (("deploy", "suport"), 6, "not_found"),
        (("deploy", "support@7"), 6, "not_found"),
        (("deploy", "support", "--canary", "lots"), 2, "usage"),
        (("deploy", "support", "--canary", "10%", "--shadow"), 2, "usage"),
        (("deploy", "model:cloud"), 2, "usage"),
        (("promote", "support"), 6, "not_found"),
        (("rollback", "support"), 6, "not_found"),
        (("retire", "nobody"), 6, "not_found"),
        (("flows", "history", "nobody"), 6, "not_found"),
        (("flows", "show", "support@3"), 6, "not_found"),
        (("agents", "lineage", "nobody"), 6, "not_found"),
        (("prompts", "show", "nothing.j2"), 6, "not_found"),
        (("models", "history", "nothing"), 6, "not_found"),
    ],
)
def test_mistakes_have_a_kind_and_a_code(
    desk: Path, pantheon: Pantheon, command: tuple[str, ...], code: int, kind: str
) -> None:
    """For people a sentence with its fix, for programs the closed kinds."""
    said = pantheon(*command, "--json")
    assert (said.code, said.json["error"]["kind"]) == (code, kind)


def test_a_project_with_mistakes_can_be_rolled_back(desk: Path, pantheon: Pantheon) -> None:
    """What answers must not hang on what somebody is just writing."""
    pantheon("deploy", "support")
    edit(desk)
    pantheon("deploy", "support")
    edit(desk, "agent: measure", "agent: measur", "pantheon.yaml")

    assert pantheon("rollback", "support").code == 0
    assert pantheon("versions", "list", "--json").json["items"][0]["files"] == "hold mistakes"
    assert pantheon("retire", "support").code == 0


def test_verify_ends_with_4_when_something_drifted(desk: Path, pantheon: Pantheon) -> None:
    """And with 0 when nothing did."""
    pantheon("deploy", "support")
    assert pantheon("verify").code == 0
    assert pantheon("verify", "--json").json["clean"] is True
    edit(desk)
    said = pantheon("verify", "--json")
    assert said.code == 4
    assert [(d["kind"], d["subject"]) for d in said.json["drifts"]] == [("code", "desk.py")]
    said = pantheon("verify")
    assert "desk.py is not what it was when support@1 was deployed." in said.out
    assert "pantheon deploy support" in said.err


def test_a_revert_of_the_lock_file_is_a_rollback(desk: Path, pantheon: Pantheon) -> None:
    """Whoever opens the project next follows it, and the log says so."""
    lock = desk / "pantheon.lock"
    pantheon("deploy", "support")
    before = lock.read_text()
    edit(desk)
    pantheon("deploy", "support")
    lock.write_text(before)

    assert folder(pantheon) == "cards/fast"
    moves = pantheon("flows", "history", "support", "--json").json["moves"]
    assert (moves[-1]["action"], moves[-1]["who"]) == ("lock", "pantheon.lock")
    lock.unlink()
    assert folder(pantheon) == "cards/quick", "no file, nothing deployed"


def test_recording_without_deploying(desk: Path, pantheon: Pantheon) -> None:
    """All of it, some of it, and what would be."""
    said = pantheon("versions", "record", "--dry-run", "--json").json
    assert said["status"] == "would"
    assert len(said["versions"]) == 4
    assert pantheon("versions", "record", "support").out.endswith("4 recorded\n")
    assert pantheon("versions", "record", "--json").json["status"] == "already"
    edit(desk)
    said = pantheon("versions", "record", "agent:file", "--why", "so", "--json").json
    assert [v["version"] for v in said["versions"]] == ["file@2"]
    lineage = pantheon("agents", "lineage", "file@2", "--json").json["items"]
    assert [v["version"] for v in lineage] == ["file@2", "file@1"]
    assert not (desk / "pantheon.lock").exists()
    assert "Nothing is deployed" in pantheon("versions", "list").out


def test_prompts_and_models_have_a_history(desk: Path, pantheon: Pantheon) -> None:
    """A prompt's text as it was; a model by its keys."""
    (desk / "reply.j2").write_text("Say hello to {{ text }}.\n")
    edit(
        desk,
        "agents:\n",
        "models:\n  small: {engine: llama.cpp, weights: smollm2-135m-instruct}\nagents:\n"
        "  reply:\n    input: {text: string}\n    output: {reply: string}\n"
        "    tiers: [{prompt: {model: small, template: reply.j2}}]\n",
        "pantheon.yaml",
    )
    pantheon("versions", "record")
    (desk / "reply.j2").write_text("Greet {{ text }}.\n")
    pantheon("versions", "record")

    listed = pantheon("prompts", "list", "--json").json["items"]
    assert [(i["prompt"], i["version"], i["agents"]) for i in listed] == [
        ("reply.j2", "reply.j2@2", ["reply"])
    ]
    assert pantheon("prompts", "show", "reply.j2@1").out == "Say hello to {{ text }}.\n"
    assert pantheon("prompts", "show", "reply.j2").out == "Greet {{ text }}.\n"
    assert len(pantheon("prompts", "history", "reply.j2", "--json").json["versions"]) == 2
    assert "small@1" in pantheon("models", "history", "small").out
    assert pantheon("models", "lineage", "small@1").out.startswith("small@1")
    found = pantheon("agents", "show", "reply@2", "--json").json
    assert found["uses"].keys() == {"model:small", "prompt:reply.j2"}


def test_what_only_this_machine_says_is_not_deployed_unseen(desk: Path, pantheon: Pantheon) -> None:
    """A version holds what overlays say; a version that was recorded before does not."""
    (desk / "pantheon.local.yaml").write_text("agents: {triage: {description: Mine}}\n")

    assert "holds what pantheon.local.yaml says" in pantheon("deploy", "support").err
    assert pantheon("deploy", "support@1").err == ""
