"""What is deployed answers, whatever the working files say; and what it answers with."""

from __future__ import annotations

import asyncio

import pytest

from pantheon.errors import NotFound
from pantheon.releases import Order, Terms, deploy, promote, retire, rollback, runs_of, current
from tests.releases.world import World


def test_the_deployed_version_answers_whatever_the_files_say(world: World) -> None:
    """Definition, functions and what they import are those of the deployment, until the next."""
    with world.store() as store:
        deploy(store, world.project, ["hello"], order=world.order())
        world.edit("words.py", "hello", "bye")
        world.edit("pantheon.yaml", "text: shout.text", "text: greet.text")

        assert asyncio.run(world.say(store)) == {"text": "HELLO BO"}
        deploy(store, world.project, ["hello"], order=world.order())
        assert asyncio.run(world.say(store)) == {"text": "bye bo"}
        rollback(store, world.project, ["hello"], order=world.order())
        assert asyncio.run(world.say(store)) == {"text": "HELLO BO"}
        rollback(store, world.project, ["hello"], order=world.order())
        assert asyncio.run(world.say(store)) == {"text": "bye bo"}  # nothing: the files
