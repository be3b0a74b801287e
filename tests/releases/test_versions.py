"""What a version is: recorded once, found by any of its names, with its ancestors."""

from __future__ import annotations

import pytest

from pantheon.errors import GateFailed, NotFound, UsageError
from pantheon.ids import hash_json
from pantheon.releases import (
    Drafts,
    Terms,
    contents_of,
    deploy,
    find,
    lineage,
    load,
    promote,
    record,
    retire,
    rollback,
    standing_of,
)
from pantheon.releases._model_json import model_from_json, model_to_json
from pantheon.spec import ModelDef, Price
from pantheon.store import Store, Version
from tests.releases.world import World

ALL = ["flow:hello", "flow:note", "agent:greet", "agent:shout", "agent:write", "model:small"]


def keep(world: World, store: Store) -> list[str]:
    """Record everything; the titles of what is new."""
    known = {row.hash for row in store.releases.list()}
    found = record(store, world.project, who="me", why="a test")
    return sorted(f"{r.kind}:{r.title}" for r in found if r.hash not in known)


def test_everything_is_a_version_once(world: World) -> None:
    """Flows, agents, models and prompts; what has not changed is no new version."""
    with world.store() as store:
        assert keep(world, store) == sorted([*(f"{n}@1" for n in ALL), "prompt:prompts/write.j2@1"])
        assert keep(world, store) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("words.py", "hello", "bye", "agent:greet agent:shout flow:hello"),
        ("prompts/write.j2", "Write", "Tell", "agent:write flow:note prompt:prompts/write.j2"),
        ("pantheon.yaml", "smollm2-135m-instruct}", "other}", "agent:write flow:note model:small"),
        ("pantheon.yaml", '"1.0"', '"1.1"', "agent:greet flow:hello"),
        ("pantheon.yaml", "{text: write.text}", "{text: write.text}   # said", ""),
        ("pantheon.yaml", "output: {text: shout.text}", "output: {text: greet.text}", "flow:hello"),
    ],
)
def test_a_change_makes_versions_of_what_it_changes(
    world: World, file: str, old: str, new: str, changed: str
) -> None:
    """What uses something is another version when that is; comments are nothing."""
    with world.store() as store:
        keep(world, store)
        world.edit(file, old, new)

        assert keep(world, store) == [f"{name}@2" for name in changed.split()]


def test_what_was_written_before_is_that_version_again(world: World) -> None:
    """And what is written then comes from it, not from what came between."""
    with world.store() as store:
        keep(world, store)
        world.edit("words.py", "hello", "bye")
        keep(world, store)
        world.edit("words.py", "bye", "hello")
        assert keep(world, store) == []
        world.edit("words.py", "hello", "good day")
        keep(world, store)

        third = find(store, world.project, "flow:hello@3")
        assert [r.title for r in lineage(store, third)] == ["hello@3", "hello@1"]
        same = find(store, world.project, "draft:hello")
        assert [r.title for r in lineage(store, same)] == ["hello@3", "hello@1"]
        world.edit("words.py", "good day", "hey")
        draft = find(store, world.project, "draft:hello")
        assert [r.title for r in lineage(store, draft)] == ["draft:hello", "hello@3", "hello@1"]


def test_a_version_reads_back_with_all_it_needs(world: World) -> None:
    """Definition, code, models and what it uses; the same as what was derived from the files."""
    with world.store() as store:
        keep(world, store)
        drafts = Drafts(world.project)
        for kind, name in (("flow", "hello"), ("agent", "write"), ("model", "small")):
            draft = drafts.release(kind, name)  # pyright: ignore[reportArgumentType]
            kept = load(store, draft.hash)
            assert (kept.body, kept.files, kept.models, kept.uses) == (
                draft.body,
                draft.files,
                draft.models,
                draft.uses,
            )
        hello = find(store, None, "hello@1")
        assert contents_of(store, hello)["words.py"] == b'WORD = "hello"\n'
        assert hello.pin().flow == world.project.flows["hello"]
        assert set(hello.agents()) == {"greet", "shout"}


def test_a_project_with_a_version_in_its_place(world: World) -> None:
    """For whoever tries or compares versions: everything else is as the files say."""
    with world.store() as store:
        keep(world, store)
        before = world.project
        world.edit("pantheon.yaml", '"1.0"', '"2.0"')
        now = find(store, world.project, "hello@1").within(world.project)

        assert now.agents["greet"] == before.agents["greet"]
        assert now.flows["note"] == world.project.flows["note"]


def test_a_version_is_found_by_any_of_its_names(world: World) -> None:
    """Number, channel, label, hash, the working files, and what answers now."""
    with world.store() as store:
        deploy(store, world.project, ["hello", "greet"], order=world.order())
        world.edit("words.py", "hello", "bye")
        deploy(store, world.project, ["hello"], Terms("canary"), order=world.order())
        world.edit("words.py", "bye", "hey")

        def title(text: str) -> str:
            return find(store, world.project, text).title

        assert title("hello") == title("hello@stable") == title("flow:hello@1") == "hello@1"
        assert title("hello@canary") == "hello@2"
        assert title("hello@draft") == title("draft:hello") == title("draft:flow:hello")
        assert title("draft:hello") == "draft:hello"
        assert title("note") == "draft:note", "nothing of it is deployed: the files answer"
        assert title("greet@1.0") == title("greet@2"), "the newest with that label"
        hash = find(store, world.project, "hello@2").hash
        assert title(hash) == title(hash[:12]) == title(hash[3:12]) == "hello@2"


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        ("helo", NotFound, "hello"),
        ("hello@9", NotFound, "hello@1"),
        ("hello@shadow", NotFound, "flows history"),
        ("note@1", NotFound, "pantheon deploy note"),
        ("both", UsageError, "flow:both or agent:both"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    world: World, text: str, error: type[Exception], hint: str
) -> None:
    """The nearest names, the versions there are, or the commands that make one."""
    world.edit("pantheon.yaml", "  shout:\n    input", "  both:\n    input")
    world.edit("pantheon.yaml", "agent: shout", "agent: both")
    world.edit("pantheon.yaml", "  note:\n", "  both:\n")
    world.edit("pantheon.yaml", "flows:\n", "flows:\n")
    with world.store() as store:
        deploy(store, world.project, ["flow:hello"], order=world.order())
        if text.startswith("note"):
            world.edit(
                "pantheon.yaml",
                "  both:\n    input: {text: string}\n    nodes",
                "  note:\n    input: {text: string}\n    nodes",
            )
        with pytest.raises(error) as caught:
            find(store, world.project, text)
        assert hint in getattr(caught.value, "hint", "")


def test_specialists_and_definitions_of_an_agent_share_their_numbers(world: World) -> None:
    """So that `greet@2` means one thing; who asks for the other is told where it is."""
    with world.store() as store:
        deploy(store, world.project, ["greet"], order=world.order())
        assert store.versions.next_number("greet") == 2
        artifact = store.blobs.put(b"x")
        trained = Version(
            hash_json(["greet", artifact]), "greet", 2, None, "night", 0, "candidate", {}, artifact
        )
        store.versions.add(trained)
        world.edit("words.py", "hello", "bye")
        deploy(store, world.project, ["greet"], order=world.order())

        assert find(store, world.project, "greet").title == "greet@3"
        with pytest.raises(NotFound, match="is a specialist") as caught:
            find(store, world.project, "greet@2")
        assert "pantheon agents promote greet@2" in caught.value.hint


# ----------------------------------------------------------------------------------- commands


def test_deploying_again_changes_nothing_and_a_dry_run_writes_nothing(world: World) -> None:
    """Said as `already` and `would`; not even a version is recorded by a dry run."""
    with world.store() as store:
        would = deploy(store, world.project, ["hello"], order=world.order(dry_run=True))
        assert (would.status, store.releases.list(), world.lock.exists()) == ("would", [], False)
        assert deploy(store, world.project, ["hello"], order=world.order()).status == "applied"
        text = world.lock.read_bytes()
        assert deploy(store, world.project, ["hello"], order=world.order()).status == "already"
        assert world.lock.read_bytes() == text
        assert len(store.releases.moves()) == 1


def test_several_are_deployed_together_or_not_at_all(world: World) -> None:
    """One change id for all; one wrong name and nothing is changed."""
    with world.store() as store:
        with pytest.raises(NotFound):
            deploy(store, world.project, ["hello", "nobody"], order=world.order())
        assert store.releases.moves() == []
        deploy(store, world.project, ["hello", "greet", "hello"], order=world.order())
        assert len({move.change for move in store.releases.moves()}) == 1
        assert len(store.releases.moves()) == 2


def test_an_earlier_version_can_be_deployed_by_its_number(world: World) -> None:
    """As it was recorded; the working files are left alone."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit("words.py", "hello", "bye")
        deploy(store, world.project, ["hello"], order=world.order())
        change = deploy(store, world.project, ["hello@1"], order=world.order())

        stable = change.moves[0].after.stable
        assert stable is not None
        assert stable.number == 1
        assert "bye" in (world.root / "words.py").read_text()


def test_what_makes_no_sense_is_refused_with_the_way_that_does(world: World) -> None:
    """Each says what to do instead."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        project, order = world.project, world.order()
        refused: list[tuple[type[Exception], object]] = [
            (GateFailed, lambda: deploy(store, project, ["hello"], Terms("canary"), order=order)),
            (GateFailed, lambda: deploy(store, project, ["hello"], Terms("shadow"), order=order)),
            (UsageError, lambda: deploy(store, project, ["note"], Terms(share=0.1), order=order)),
            (UsageError, lambda: deploy(store, project, ["note"], Terms("canary", 2), order=order)),
            (UsageError, lambda: deploy(store, project, ["model:small"], order=order)),
            (NotFound, lambda: deploy(store, project, ["note"], Terms(fallback=True), order=order)),
            (
                UsageError,
                lambda: deploy(store, project, ["hello"], Terms(fallback_to="note@1"), order=order),
            ),
            (NotFound, lambda: promote(store, project, ["hello"], order=order)),
            (NotFound, lambda: promote(store, project, ["hello@7"], order=order)),
            (NotFound, lambda: rollback(store, project, ["note"], order=order)),
            (UsageError, lambda: rollback(store, project, ["hello@1"], order=order)),
            (NotFound, lambda: retire(store, project, ["nobody"], order=order)),
        ]
        before = standing_of(store, "flow", "hello")
        for error, attempt in refused:
            with pytest.raises(error) as caught:
                attempt()  # pyright: ignore[reportCallIssue, reportGeneralTypeIssues, reportUnknownVariableType]
            assert getattr(caught.value, "hint", "")
        assert standing_of(store, "flow", "hello") == before
        assert promote(store, project, ["hello@1"], order=order).status == "already"


# ------------------------------------------------------------------------------------- models


def test_a_model_is_kept_without_its_password() -> None:
    """What would be a secret in an address is no part of a version, nor of its hash."""
    model = ModelDef("m", "openai", base_url="https://me:secret@example.com/v1", price=Price(1, 2))
    other = ModelDef("m", "openai", base_url="https://example.com/v1", price=Price(1, 2))

    assert "secret" not in str(model_to_json(model))
    assert model_to_json(model) == model_to_json(other)
    assert model_from_json("m", model_to_json(other)) == other


# ---------------------------------------------------------------------------------- contracts


def test_a_flow_that_would_break_its_callers_is_refused(world: World) -> None:
    """Each part is named; what only adds is let through, and so is what somebody insists on."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit(
            "pantheon.yaml",
            "    input: {name: string}\n    nodes",
            "    input: {name: string, age?: integer}\n    nodes",
        )
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit(
            "pantheon.yaml",
            "name: string, age?: integer",
            "name: string, age: integer, city: string",
        )
        world.edit("pantheon.yaml", "output: {text: shout.text}", "output: {said: shout.text}")

        for terms in (Terms(), Terms("canary"), Terms("shadow")):
            with pytest.raises(GateFailed) as caught:
                deploy(store, world.project, ["hello"], terms, order=world.order())
            for part in ("input: ", "city", "age", "output: ", "text"):
                assert part in caught.value.message
        assert len(store.releases.list("flow", "hello")) == 2, "not even recorded"
        terms = Terms(allow_breaking=True)
        assert deploy(store, world.project, ["hello"], terms, order=world.order()).moves


def test_an_earlier_agent_that_does_not_fit_the_flows_any_longer_is_refused(world: World) -> None:
    """Every flow and node that it would break is named, with its place."""
    with world.store() as store:
        deploy(store, world.project, ["shout"], order=world.order())
        retire(store, world.project, ["shout"], order=world.order())
        world.edit(
            "pantheon.yaml",
            "  shout:\n    input: {text: string}",
            "  shout:\n    input: {words: string}",
        )
        world.edit("pantheon.yaml", "in: {text: greet.text}", "in: {words: greet.text}")

        with pytest.raises(GateFailed, match=r"hello\.shout \(.*pantheon\.yaml:\d+:\d+\)"):
            deploy(store, world.project, ["shout@1"], order=world.order())
        assert deploy(store, world.project, ["shout"], order=world.order()).status == "applied"
