"""What is deployed answers, whatever the working files say; and what it answers with."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pantheon.agents import Answer
from pantheon.errors import NotFound
from pantheon.flows import definition_failed
from pantheon.ids import JsonObject, RunId
from pantheon.releases import (
    ReleasedVersions,
    Terms,
    current,
    deploy,
    find,
    history,
    read_lock,
    record,
    retire,
    rollback,
    runs_of,
    sync_releases,
    verify,
)
from pantheon.store import Run, Store
from tests.releases.world import World


def run_once(world: World, store: Store, *, seed: int = 0, name: str = "bo") -> Run:
    """One run of the flow `hello`."""

    async def go() -> Run:
        runtime = world.runtime(store, seed=seed)
        try:
            return await runtime.run("hello", {"name": name})
        finally:
            await runtime.close()

    return asyncio.run(go())


def said(world: World, store: Store) -> JsonObject | None:
    """What the flow `hello` gives."""
    return run_once(world, store).output


def test_the_deployed_version_answers_whatever_the_files_say(world: World) -> None:
    """Definition, functions and what they import are those of the deployment, until the next."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit("words.py", "hello", "bye")
        world.edit("pantheon.yaml", "text: shout.text", "text: greet.text")

        assert said(world, store) == {"text": "HELLO BO"}
        deploy(store, world.project, ["hello"], order=world.order())
        assert said(world, store) == {"text": "bye bo"}
        rollback(store, world.project, ["hello"], order=world.order())
        assert said(world, store) == {"text": "HELLO BO"}
        rollback(store, world.project, ["hello"], order=world.order())
        assert said(world, store) == {"text": "bye bo"}, "nothing is deployed: the files answer"


def test_code_that_was_deployed_finds_the_data_of_the_project(world: World) -> None:
    """Only the code is that of the deployment; what it reads lies where it lay."""
    world.edit(
        "desk.py",
        "from words import WORD\n",
        'from pathlib import Path\n\nWORD = (Path(__file__).parent / "data" / "word.txt").read_text()\n',
    )
    (world.root / "data").mkdir()
    (world.root / "data" / "word.txt").write_text("good day")
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit("desk.py", "text.upper()", "text.lower()")

        assert said(world, store) == {"text": "GOOD DAY BO"}


def test_code_in_a_worker_process_is_that_of_the_deployment_too(world: World) -> None:
    """A worker finds the modules where the version's are."""
    world.edit(
        "pantheon.yaml",
        'tiers: [{python: "desk:greet"}]',
        'tiers: [{python: {function: "desk:greet", process: true}}]',
    )
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit("words.py", "hello", "bye")

        assert said(world, store) == {"text": "HELLO BO"}


def test_a_canary_gets_its_share_and_a_run_stays_with_its_version(world: World) -> None:
    """The draw depends on the run alone; both versions count their runs."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit("words.py", "hello", "bye")
        terms = Terms("canary", share=0.25)
        deploy(store, world.project, ["hello"], terms, order=world.order())

        async def many() -> list[Run]:
            runtime = world.runtime(store)
            return [await runtime.run("hello", {"name": "x"}) for _ in range(400)]

        runs = asyncio.run(many())
        canary, stable = current(store, "flow", "hello", "canary"), current(store, "flow", "hello")
        assert canary is not None
        assert stable is not None
        drawn = [run for run in runs if run.channel == "canary"]

        assert 60 < len(drawn) < 140
        assert {run.release for run in drawn} == {canary.hash}
        assert all(run.output == {"text": "BYE X"} for run in drawn)
        assert all(r.output == {"text": "HELLO X"} for r in runs if r.channel == "stable")
        found = history(store, "flow", "hello").tallies
        assert found[canary.hash].runs == len(drawn) == len(runs_of(store, canary))
        assert found[stable.hash].done == 400 - len(drawn)


def test_the_same_run_draws_the_same_version(world: World) -> None:
    """Who repeats a run by its id and seed gets the same version of the flow."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], Terms("canary", share=0.5), order=world.order())
        versions = ReleasedVersions(world.project, store)
        first = world.runtime(store)._ids.draw(RunId("r1"))("flow hello")
        second = world.runtime(store)._ids.draw(RunId("r1"))("flow hello")

        assert first == second
        assert versions.choose("hello", lambda _: 0.49) is not None
        assert versions.choose("hello", lambda _: 0.51) is None, "the rest: the working files"


def test_a_run_that_waits_goes_on_with_the_version_it_began_with(world: World) -> None:
    """Though another is deployed meanwhile, and the code has changed."""
    world.edit(
        "pantheon.yaml",
        'tiers: [{python: "desk:shout"}]',
        'tiers: [{human: {question: "Loud?"}}, {python: "desk:shout"}]',
    )
    world.edit(
        "pantheon.yaml",
        "    output: {text: shout.text}\n",
        "      last: {agent: greet, in: {name: shout.text}}\n    output: {text: last.text}\n",
    )
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        waiting = run_once(world, store)
        assert waiting.state == "waiting"
        world.edit("words.py", "hello", "bye")
        deploy(store, world.project, ["hello"], order=world.order())
        store.inbox.answer(store.inbox.list("open")[0].id, {"text": "ann"}, at=world.clock.now())

        resumed = asyncio.run(world.runtime(store).resume(waiting.id))
        assert resumed.output == {"text": "hello ann"}
        assert (resumed.release, resumed.channel) == (waiting.release, "stable")


def test_an_agent_that_is_deployed_alone_answers_in_flows_that_are_not(world: World) -> None:
    """The flow is that of the files; of a flow that is deployed the agent is part already."""
    with world.store() as store:
        deploy(store, world.project, ["greet"], order=world.order())
        world.edit("words.py", "hello", "bye")
        world.edit("pantheon.yaml", "text: shout.text", "text: greet.text")

        mixed = run_once(world, store)
        assert mixed.output == {"text": "hello bo"}
        assert mixed.release is None
        again = world.runtime(store)._flows.of(mixed)
        assert set(again.pin.deployed) == {"greet"}
        greet = asyncio.run(ask(world, store, "greet"))
        assert greet == {"text": "hello bo"}

        deploy(store, world.project, ["hello"], order=world.order())
        assert said(world, store) == {"text": "bye bo"}
        retire(store, world.project, ["hello", "greet"], order=world.order())
        assert said(world, store) == {"text": "bye bo"}


async def ask(world: World, store: Store, agent: str) -> JsonObject:
    """What an agent says by itself."""
    runtime = world.runtime(store)
    answer = await runtime.agent(agent).answer({"name": "bo"})
    assert isinstance(answer, Answer)
    return answer.output


def test_the_model_is_the_one_that_was_deployed(world: World) -> None:
    """A flow asks the model as it was defined then, by whatever name it goes now."""
    with world.store() as store:
        deploy(store, world.project, ["note"], order=world.order())
        world.edit(
            "pantheon.yaml", "weights: smollm2-135m-instruct", "weights: other, context: 512"
        )
        versions = ReleasedVersions(world.project, store)
        chosen = versions.choose("note", lambda _: 0.0)
        assert chosen is not None
        assert chosen.release is not None
        setting = versions.setting(chosen.release)

        assert setting is not None
        assert setting.code is None
        assert setting.models["small"].weights == "smollm2-135m-instruct"
        world.edit(
            "pantheon.yaml", "weights: other, context: 512", "weights: smollm2-135m-instruct"
        )
        assert ReleasedVersions(world.project, store).setting(chosen.release) is None


# ------------------------------------------------------------------------------- falling back


def broken(world: World) -> None:
    """The next version raises for everybody but `ann`."""
    world.edit(
        "desk.py",
        'return {"text": text.upper()}',
        'return {"text": 1 if "ANN" in text.upper() else 2 / 0}',
    )


def test_a_version_that_fails_is_given_up_for_the_one_before(world: World) -> None:
    """The run that is returned is another one, by the other version, and says whose place it took."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        first = current(store, "flow", "hello")
        broken(world)
        terms = Terms("canary", share=1.0, fallback=True)
        deploy(store, world.project, ["hello"], terms, order=world.order())

        run = run_once(world, store)
        assert run.output == {"text": "HELLO BO"}
        failed = store.runs.list(state="failed")
        assert len(failed) == 1
        assert run.cause == f"fallback of {failed[0].id}"
        assert first is not None
        assert (run.release, run.channel) == (first.hash, "fallback")


def test_a_fallback_that_cannot_take_the_input_leaves_the_failure(world: World) -> None:
    """The first run is what is returned; nothing else is raised."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        broken(world)
        world.edit(
            "pantheon.yaml",
            "    input: {name: string}\n    nodes",
            "    input: {name: string, extra?: string}\n    nodes",
        )
        deploy(store, world.project, ["hello"], Terms(fallback=True), order=world.order())

        async def go() -> Run:
            given: JsonObject = {"name": "x", "extra": "y"}
            return await world.runtime(store).run("hello", given)

        assert asyncio.run(go()).state == "failed"
        assert store.runs.count() == 1


def test_who_follows_a_run_hears_of_both(world: World) -> None:
    """The events of the run that failed come first, then those of the one that took its place."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        broken(world)
        deploy(store, world.project, ["hello"], Terms(fallback=True), order=world.order())
        heard: list[tuple[str, str]] = []

        async def go() -> Run:
            return await world.runtime(store).run(
                "hello", {"name": "x"}, on_event=lambda e: heard.append((e.run, e.kind))
            )

        run = asyncio.run(go())
        runs = list(dict.fromkeys(id for id, _ in heard))
        assert runs[1:] == [run.id]
        assert [kind for id, kind in heard if id == runs[0]][-1] == "run_finished"
        assert next(kind for id, kind in heard if id == run.id) == "run_started"


def test_without_a_fallback_a_failure_is_a_failure(world: World) -> None:
    """Nothing runs twice unless somebody asked for it."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        broken(world)
        deploy(store, world.project, ["hello"], order=world.order())

        assert run_once(world, store).state == "failed"
        assert store.runs.count() == 1


def test_what_no_other_version_could_cure_does_not_fall_back(world: World) -> None:
    """An endpoint that cannot be reached is no fault of the definition."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        broken(world)
        deploy(store, world.project, ["hello"], order=world.order())
        run = run_once(world, store)

    assert definition_failed(run, 0.0)
    for reason in ("unreachable", "budget", "no_key", "cancelled"):
        assert not definition_failed(replace(run, failure={"reason": reason}), 0.0)
    assert not definition_failed(replace(run, deadline=5.0), 6.0)
    assert not definition_failed(replace(run, release=None), 0.0)


# ---------------------------------------------------------------------------- another machine


def test_a_lock_from_another_machine_is_followed_when_the_files_are_what_it_pins(
    world: World,
) -> None:
    """The version is recorded from the files, by the number it has there."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit("words.py", "hello", "bye")
        deploy(store, world.project, ["hello"], order=world.order())
    (world.root / ".pantheon" / "pantheon.db").unlink()

    with world.store() as store:
        sync_releases(store, world.lock)
        run = run_once(world, store)
        assert run.output == {"text": "BYE BO"}
        found = find(store, world.project, "hello@2")
        assert (found.hash, found.cause) == (run.release, "lock")


def test_a_pin_that_nobody_has_is_told_with_the_ways_out(world: World) -> None:
    """The flow does not run by something else in silence; deploying the files heals it."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
    (world.root / ".pantheon" / "pantheon.db").unlink()
    world.edit("words.py", "hello", "bye")

    with world.store() as store:
        sync_releases(store, world.lock)
        with pytest.raises(NotFound, match="pins flow hello@1") as caught:
            run_once(world, store)
        for way in ("git log -S", "pantheon deploy hello", "--draft"):
            assert way in caught.value.hint

        deploy(store, world.project, ["hello"], order=world.order())
        assert said(world, store) == {"text": "BYE BO"}
        stable = read_lock(world.lock).standing("flow", "hello").stable
        assert stable is not None
        assert stable.number == 2, "that of the missing version is not used again"


def test_what_another_process_deploys_counts_from_the_next_run_on(world: World) -> None:
    """An opened project need not be opened again."""
    with world.store() as store, world.store() as other:
        runtime = world.runtime(store)

        async def both() -> list[JsonObject | None]:
            before = (await runtime.run("hello", {"name": "x"})).output
            world.edit("pantheon.yaml", "text: shout.text", "text: greet.text")
            deploy(other, world.project, ["hello"], order=world.order())
            return [before, (await runtime.run("hello", {"name": "x"})).output]

        assert asyncio.run(both()) == [{"text": "HELLO X"}, {"text": "hello x"}]


# -------------------------------------------------------------------------------- constraints


def test_a_deployed_agent_answers_only_where_its_version_is_admitted(world: World) -> None:
    """A flow that asks for certain versions gets no other, deployed or not."""
    with world.store() as store:
        deploy(store, world.project, ["greet"], order=world.order())
        world.edit("words.py", "hello", "bye")
        world.edit("pantheon.yaml", '"1.0"', '"2.0"')

        assert said(world, store) == {"text": "HELLO BO"}
        world.edit("pantheon.yaml", "agent: greet,", 'agent: "greet@>=2",')
        assert said(world, store) == {"text": "BYE BO"}
        world.edit("pantheon.yaml", '"greet@>=2"', '"greet@>=1"')
        assert said(world, store) == {"text": "HELLO BO"}


def test_a_version_that_a_constraint_chose_is_deployed_with_the_flow(world: World) -> None:
    """The recorded definition is part of the flow's version; the files' own is not replaced."""
    with world.store() as store:
        record(store, world.project, who="me", names=[("agent", "write")])
        kept = find(store, None, "write@1").agents()["write"]
        world.edit("prompts/write.j2", "Write", "Tell")
        project = replace(world.project, resolved={"note": {"write": kept}})
        deploy(store, project, ["note"], order=world.order())
        release = find(store, project, "note@1")

        assert release.agents()["write"] == kept
        assert release.uses["agent:write"] == find(store, None, "write@1").hash
        assert verify(store, project, world.lock).clean
        assert find(store, world.project, "write@draft").hash != release.uses["agent:write"]
        assert [row.number for row in store.releases.list("agent", "write")] == [1]
