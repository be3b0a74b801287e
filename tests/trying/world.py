"""A small project with everything that a sandbox withholds, and what is tried on it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pantheon.clock import FakeClock
from pantheon.ids import JsonObject
from pantheon.spec import Project, Scripted, load_project
from pantheon.trying import Attempt, Setup, find_subject, open_sandbox

T = TypeVar("T")

PROJECT = """\
version: 1
models:
  cloud: {engine: openai, base_url: "http://127.0.0.1:9/v1", model: big, price: {input: 1, output: 1}}
memory:
  seen: {scope: flow, type: integer, initial: 0}
agents:
  triage:
    description: Which team?
    input: {text: string}
    output: {team: {enum: [cards, payments, other]}}
    tiers:
      - specialist
      - rules: [{when: 'contains(input.text, "card")', give: {team: cards}}]
      - cloud
  count:
    input: {text: string, seen: integer}
    output: {words: integer, seen: integer}
    tiers: [{python: "desk:count"}]
    deterministic: true
  send: {input: {text: string}, output: {sent: boolean}, tiers: [{python: "desk:send"}]}
  file: {input: {text: string}, output: {path: string}, tiers: [{command: [touch, made]}]}
  boss: {input: {text: string}, output: {ok: boolean}, tiers: [{human: {question: "Send it?"}}]}
  draft:
    input: {text: string}
    output: {reply: string}
    tiers: [{prompt: {min_confidence: 0.5}}, cloud]
  grade:
    input: {output: object, criterion: string}
    output: {score: number}
    tiers: [prompt]
flows:
  support:
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      pause: {wait: {for: 2h}, after: triage}
      count:
        agent: count
        in: {text: input.text, seen: memory.seen}
        after: pause
        writes: {memory.seen: output.seen + 1}
      note: {agent: boss, in: {text: input.text}, when: triage.team == "other"}
    output: {team: triage.team, words: count.words, seen: count.seen}
"""
CODE = """\
from pathlib import Path


def count(text, seen):
    return {"words": len(text.split()), "seen": seen}


def send(text):
    Path(__file__).with_name("sent").touch()
    return {"sent": True}
"""


def make(folder: Path, text: str = PROJECT) -> Project:
    """The project, in that folder."""
    (folder / "pantheon.yaml").write_text(text, encoding="utf-8")
    (folder / "desk.py").write_text(CODE, encoding="utf-8")
    return load_project(folder, environment={})


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def attempt(
    project: Project,
    name: str,
    input: JsonObject,
    setup: Setup | None = None,
    *,
    script: Iterable[Scripted] = (),
) -> Attempt:
    """One attempt in a sandbox of its own."""

    async def once() -> Attempt:
        async with open_sandbox(project, setup, clock=FakeClock()) as sandbox:
            return await sandbox.attempt(find_subject(project, name), input, script=script)

    return run(once())
