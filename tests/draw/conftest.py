"""Flows to draw."""

from __future__ import annotations

import pytest

from pantheon.spec import Project, load_project

SUPPORT = """\
version: 1
models:
  cloud: {engine: openai, base_url: "https://api.example.com/v1", model: big, api_key_env: KEY}
agents:
  triage:
    input: {text: string}
    output: {team: {enum: [cards, other]}}
    tiers: [specialist, cloud]
  reply:
    input: {text: string, team: string}
    output: {reply: string}
    tiers: [prompt, cloud]
  person:
    input: {text: string, team: string}
    output: {reply: string}
    tiers: [human]
  reviewer: {input: {reply: string}, output: {ok: boolean}, tiers: [cloud]}
  home: {input: {text: string}, output: {ok: boolean}, tiers: [prompt], privacy: local}
flows:
  support:
    input: {text: string, parts: [string]}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      reply:
        agent: reply
        in: {text: input.text, team: triage.team}
        when: triage.team != "other"
        retry: {attempts: 3}
        timeout: 30s
        fallback: ask
      ask: {agent: person}
      check: {agent: reviewer, reviews: reply, in: {reply: reply.reply}}
      each: {agent: home, map: input.parts, in: {text: item}}
      pause: {wait: {event: approved}, after: [each], timeout: 2d}
      joined: {merge: {from: [triage, reply], policy: any}, after: [pause]}
      again:
        in: {text: "default(last.text, input.text)"}
        nodes:
          look: {agent: home, in: {text: input.text}}
          redo: {agent: triage, in: {text: input.text}, when: not look.ok}
        output: {text: input.text, done: look.ok, team: redo.team}
        loop: {until: last.done, max: 3, exhausted: keep}
    output: {team: triage.team, reply: reply.reply, text: again.text, rest: joined}
  tree:
    input: {text: string}
    nodes:
      known: {agent: home, in: {text: input.text}}
      draft: {agent: triage, in: {text: input.text}}
    tree:
      selector:
        - {node: known, success: known.ok}
        - retry: {attempts: 3, do: {sequence: [known, draft]}}
    output: {team: draft.team}
  outer:
    input: {text: string}
    nodes:
      inner: {flow: tree, in: {text: input.text}}
    output: {team: inner.team}
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose flows have every kind of node."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "pantheon.yaml").write_text(SUPPORT, encoding="utf-8")
    return load_project(folder)
