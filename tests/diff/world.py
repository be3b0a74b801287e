"""Two versions of a small project, and git repositories around them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pantheon.spec import Project, load_project

BEFORE = """\
version: 1
models:
  cloud: {engine: openai, base_url: "https://api.example.com/v1", model: big, api_key_env: KEY}
memory:
  facts: {scope: flow, type: integer}
agents:
  triage:
    description: Which team should answer?
    version: "0.3"
    input: {text: string}
    output: {team: {enum: [cards, other]}}
    tiers: [specialist, cloud]
    promise: {disagreement: 0.05}
  reply:
    input: {text: string, team: string}
    output: {reply: string}
    tiers: [prompt: {template: prompts/reply.j2}]
    privacy: local
  lookup:
    input: {text: string}
    output: {found: boolean}
    tiers: [command: [grep, -n, order]]
    tools: [search]
  reviewer: {input: {reply: string}, output: {ok: boolean}, tiers: [human]}
flows:
  support:
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      reply: {agent: reply, in: {text: input.text, team: triage.team}}
      check: {agent: reviewer, reviews: reply, in: {reply: reply.reply}}
      lookup: {agent: lookup, in: {text: input.text}}
    output: {team: triage.team, reply: reply.reply, found: lookup.found}
night: {budget: {cloud_usd: 2.0}}
"""
PROMPT = "Write a reply to {{ text }} for the team {{ team }}. Be brief."


@dataclass(frozen=True, slots=True)
class Folder:
    """A project on disk."""

    path: Path

    def write(self, text: str = BEFORE, prompt: str = PROMPT, **others: str) -> Folder:
        """Write the project's files."""
        (self.path / "prompts").mkdir(parents=True, exist_ok=True)
        (self.path / "pantheon.yaml").write_text(text, encoding="utf-8")
        (self.path / "prompts" / "reply.j2").write_text(prompt, encoding="utf-8")
        for name, body in others.items():
            (self.path / name.replace("__", "/")).write_text(body, encoding="utf-8")
        return self

    def load(self) -> Project:
        """The project of the files."""
        return load_project(self.path)

    def git(self, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
        """Run git here."""
        given = [
            part for name, value in (settings or {}).items() for part in ("-c", f"{name}={value}")
        ]
        done = subprocess.run(
            ["git", *given, *arguments], cwd=self.path, capture_output=True, check=True, text=True
        )
        return done.stdout

    def commit(self, message: str = "work") -> None:
        """Commit everything."""
        if not (self.path / ".git").exists():
            self.git("init", "-q", ".")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)


def edited(*edits: tuple[str, str]) -> str:
    """The earlier project with pieces of its text replaced."""
    text = BEFORE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
