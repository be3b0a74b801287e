"""A project in which every command has something to show: runs, versions, questions, alarms.

It is made once, with `pantheon` itself where that goes, and copied for each test. Text that tries
to steer a terminal is in it wherever a person, a model or a program could have written it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pantheon.clock import SystemClock
from pantheon.ids import ContentHash
from pantheon.learn import promote
from pantheon.store import Alarm, Store, Suggestion, Version
from tests.cli.conftest import CODE, Pantheon
from tests.learn.discover.world import make_log
from tests.models.gguf_files import gguf

HOSTILE = "red \x1b[31malert\x07\u202eneddih\u2066 \x9b2J"
"""Colours, a bell, text that is shown backwards, and a control character of eight bits."""
PROJECT = """\
version: 1
models:
  cloud: {engine: openai, base_url: "http://127.0.0.1:9/v1", model: big, price: {input: 1, output: 2}}
memory:
  tone: {scope: user, type: string, initial: plain}
agents:
  triage:
    description: "Which team should answer \\u202e this customer message?"
    input: {text: string}
    output: {team: {enum: [cards, payments, other]}}
    tiers:
      - python: "desk:triage"
      - specialist
      - human: {question: "Which team \\e[31m should answer this message?"}
    tests: [{name: a stolen card, input: {text: my card}, expect: {equals: {team: cards}}}]
  measure:
    input: {text: string}
    output: {words: integer}
    tiers: [{python: "desk:measure"}]
    deterministic: true
  file:
    input: {team: string, words: integer}
    output: {folder: string}
    tiers: [{python: "desk:file"}]
  reply:
    input: {text: string}
    output: {answer: string}
    tiers: [{prompt: {template: prompts/reply.j2}}]
  judge:
    input: {text: string}
    output: {good: boolean}
    tiers: [specialist, cloud]
    promise: {disagreement: 0.1, confidence: 0.9, audit: 0.2, quality: 0.05}
flows:
  support:
    description: "Find the team for a customer message \\u202e about cards or payments."
    examples: [My card was stolen, Where is my transfer?]
    input: {text: string}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      measure: {agent: measure, in: {text: input.text}}
      file:
        agent: file
        in: {team: triage.team, words: measure.words}
        when: triage.team != "other"
    output: {team: triage.team, folder: file.folder}
  order:
    input: {text: string}
    nodes:
      measure: {agent: measure, in: {text: input.text}}
      approval: {wait: {event: approved, output: {ok: boolean}}, after: [measure]}
    output: {ok: approval.ok}
router: {flows: [support]}
"""
_CRASH = ("def measure(text):", "def measure(text):\n    assert 'crash' not in text")
LOG = [
    {"id": f"{n}", "input": {"text": f"my card {n}"}, "output": {"team": "cards"}}
    for n in range(12)
]


@dataclass(frozen=True, slots=True)
class World:
    """The folder, and the ids that commands take."""

    folder: Path
    done: str
    other: str
    failed: str
    hostile: str
    person: str
    event: str
    fork: str
    question: str

    def copy(self, folder: Path) -> World:
        """The same in another folder, with a model file beside it."""
        shutil.copytree(self.folder, folder)
        (folder / "Tiny.gguf").write_bytes(gguf())
        ids = {name: getattr(self, name) for name in self.__slots__ if name != "folder"}
        return World(folder, **ids)


def make_world(folder: Path, pantheon: Pantheon) -> World:
    """Fill a folder, which is the working directory."""
    _write_files(folder)
    _git(folder, "init", "-q")
    _commit(folder)
    _add_specialists(folder, pantheon)
    runs = _run(pantheon)
    _release(folder, pantheon)
    _remember(folder, pantheon, runs["done"])
    (question,) = [item["question"] for item in pantheon("inbox", "list", "--json").json["items"]]
    return World(folder, question=question, **runs)


def _write_files(folder: Path) -> None:
    (folder / "prompts").mkdir()
    (folder / "pantheon.yaml").write_text(PROJECT)
    (folder / "desk.py").write_text(CODE.replace(*_CRASH))
    (folder / "prompts" / "reply.j2").write_text(f"Answer {HOSTILE!r}: {{{{ text }}}}\n")
    (folder / ".gitignore").write_text(".pantheon/\n")
    _write_lines(folder / "log.jsonl", LOG)
    _write_lines(folder / "calls.jsonl", make_log())


def _write_lines(file: Path, rows: Iterable[object]) -> None:
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", "A state")


def _add_specialists(folder: Path, pantheon: Pantheon) -> None:
    """Two of triage, the first of which is deployed."""
    pantheon("runs", "list")
    with Store.open(folder / ".pantheon" / "pantheon.db", clock=SystemClock()) as store:
        for number in (1, 2):
            store.versions.add(
                Version(
                    ContentHash(f"b2:{number:032x}"),
                    "triage",
                    number,
                    ContentHash(f"b2:{1:032x}") if number > 1 else None,
                    "night",
                    store.clock.now(),
                    "candidate",
                    {"summary": f"evidence {number} {HOSTILE}"},
                    store.blobs.put(b"%d" % number),
                )
            )
        first = store.versions.list("triage")[0].hash
        lock = folder / "pantheon.lock"
        promote(store, "triage", first, who="night", why=HOSTILE, clock=store.clock, lock=lock)


def _run(pantheon: Pantheon) -> dict[str, str]:
    def run(*words: str) -> str:
        return str(pantheon("run", *words, "--json").json["run"])

    done = run("support", "text=My card was stolen")
    return {
        "done": done,
        "other": run("support", "text=my card is late"),
        "failed": run("support", "text=my card crash"),
        "hostile": run("support", f"text=card {HOSTILE}"),
        "person": run("support", f"text=Good morning {HOSTILE}"),
        "event": run("order", "text=one"),
        "fork": str(
            pantheon("runs", "fork", done, "--set", "triage.team=other", "--no-run", "--json").json[
                "run"
            ]
        ),
    }


def _release(folder: Path, pantheon: Pantheon) -> None:
    """One version answers, another is on trial."""
    pantheon("versions", "record", "--why", HOSTILE)
    pantheon("deploy", "support", "--why", HOSTILE)
    for name, old, new in (("desk.py", "'fast'", "'quick'"), ("prompts/reply.j2", "A", "An a")):
        file = folder / name
        file.write_text(file.read_text().replace(old, new, 1))
    pantheon("versions", "record")
    pantheon("deploy", "support", "--canary", "10%", "--why", "shorter")
    _commit(folder)


def _remember(folder: Path, pantheon: Pantheon, run: str) -> None:
    pantheon("memory", "set", "user", "ada", "tone", HOSTILE)
    pantheon("submit", "support", "text=my card", "--title", HOSTILE)
    pantheon("feedback", f"{run}:triage", "--good", "--note", HOSTILE)
    with Store.open(folder / ".pantheon" / "pantheon.db", clock=SystemClock()) as store:
        detail = {"says": f"It takes longer {HOSTILE}", "stepped_back": False}
        store.alarms.add(
            Alarm("w0123456789ab", "triage", 1.7e9, "latency", "tier cloud", 9.0, {**detail})
        )
        body = {"says": f"Nobody asks {HOSTILE}", "change": f"Delete it {HOSTILE}."}
        store.suggestions.put(Suggestion("s0123456789ab", "retire", "triage", 1.7e9, {**body}))
