"""A small project in a folder, its store, and a way to change what is written there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pantheon.clock import FakeClock, SystemClock
from pantheon.flows import Runtime
from pantheon.ids import JsonObject
from pantheon.releases import Order, ReleasedVersions
from pantheon.spec import Project, load_project
from pantheon.store import Store

TEXT = """\
version: 1
models:
  small: {engine: llama.cpp, weights: smollm2-135m-instruct}
agents:
  greet:
    input: {name: string}
    output: {text: string}
    version: "1.0"
    tiers: [{python: "desk:greet"}]
  shout:
    input: {text: string}
    output: {text: string}
    tiers: [{python: "desk:shout"}]
  write:
    input: {text: string}
    output: {text: string}
    tiers: [{prompt: {model: small, template: prompts/write.j2}}]
flows:
  hello:
    input: {name: string}
    nodes:
      greet: {agent: greet, in: {name: input.name}}
      shout: {agent: shout, in: {text: greet.text}}
    output: {text: shout.text}
  note:
    input: {text: string}
    nodes: {write: {agent: write, in: {text: input.text}}}
    output: {text: write.text}
"""
CODE = """\
from words import WORD


def greet(name):
    return {"text": f"{WORD} {name}"}


def shout(text):
    return {"text": text.upper()}
"""


class World:
    """A folder with a project."""

    def __init__(self, root: Path, clock: FakeClock | SystemClock | None = None) -> None:
        self.root = root
        self.clock = clock or FakeClock()
        self.lock = root / "pantheon.lock"

    @staticmethod
    def made(root: Path) -> World:
        """A new one."""
        (root / "pantheon.yaml").write_text(TEXT)
        (root / "desk.py").write_text(CODE)
        (root / "words.py").write_text('WORD = "hello"\n')
        (root / "prompts").mkdir()
        (root / "prompts" / "write.j2").write_text("Write about {{ text }}.\n")
        return World(root)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change what is written in a file."""
        path = self.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    @property
    def project(self) -> Project:
        """As it is written now."""
        return load_project(self.root / "pantheon.yaml")

    def order(self, why: str = "a test", *, dry_run: bool = False) -> Order:
        """Somebody's."""
        return Order("someone", why, self.lock, dry_run)

    @contextmanager
    def store(self) -> Generator[Store]:
        """Its database, as it is; the lock file is not followed."""
        (self.root / ".pantheon").mkdir(exist_ok=True)
        with Store.open(self.root / ".pantheon" / "pantheon.db", clock=self.clock) as store:
            yield store

    def runtime(self, store: Store, *, seed: int = 0) -> Runtime:
        """Runs what is deployed."""
        project = self.project
        return Runtime(
            project,
            store,
            clock=self.clock,
            seed=seed,
            load_specialist=lambda artifact: (_ for _ in ()).throw(AssertionError(artifact)),
            deployed=ReleasedVersions(project, store),
        )

    async def say(self, store: Store, name: str = "bo", *, seed: int = 0) -> JsonObject | None:
        """What the flow `hello` gives."""
        runtime = self.runtime(store, seed=seed)
        try:
            return (await runtime.run("hello", {"name": name})).output
        finally:
            await runtime.close()
