"""`pantheon runs`: what people see of a run, why, and of its replay, forks and differences."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.cli.conftest import Pantheon, Said

PROJECT = """\
version: 1
agents:
  triage:
    input: {text: string}
    output: {team: {enum: [cards, payments, other]}, urgent: boolean}
    tiers: [{python: "desk:triage"}]
  words: {input: {text: string}, output: {n: integer}, tiers: [{python: "desk:words"}]}
  draft:
    input: {team: string, "last?": object}
    output: {text: string, good: boolean}
    tiers: [{python: "desk:draft"}]
  flaky: {input: {text: string}, output: {n: integer}, tiers: [{python: "desk:flaky"}]}
  boss: {input: {text: string}, output: {ok: boolean}, tiers: [{human: {question: "Send it?"}}]}
flows:
  reply:
    input: {team: string}
    nodes:
      write: {agent: draft, in: {team: input.team, last: last}, loop: {until: last.good, max: 4}}
      size: {agent: words, in: {text: write.text}}
    output: {text: write.text, n: size.n}
  support:
    input: {text: string, parts: [string]}
    nodes:
      triage: {agent: triage, in: {text: input.text}}
      sizes: {agent: words, in: {text: item}, map: input.parts}
      answer: {flow: reply, in: {team: triage.team}}
      fast: {agent: words, in: {text: input.text}, when: triage.urgent}
      slow: {agent: flaky, in: {text: input.text}, retry: {attempts: 2, delay: 1ms}}
      first: {merge: {from: [fast, slow], policy: first}}
      ok: {agent: boss, in: {text: answer.text}, after: [first, sizes]}
      send: {agent: words, in: {text: answer.text}, when: ok.ok}
    output: {text: answer.text, words: first.n, sent: send.n}
"""
CODE = """\
CALLS = []


def triage(text):
    return {"team": "cards" if "card" in text else "other", "urgent": "now" in text}


def words(text):
    return {"n": len(text.split())}


def draft(team, last=None):
    return {"text": f"{'Again: ' if last else ''}{team}", "good": last is not None}


def flaky(text):
    CALLS.append(text)
    if len(CALLS) == 1:
        raise ValueError("not yet")
    return {"n": len(text.split())}
"""
INPUT = json.dumps({"text": "my card is lost", "parts": ["a b", "c"]})


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that uses what flows can do."""
    (tmp_path / "pantheon.yaml").write_text(PROJECT)
    (tmp_path / "desk.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def waiting(pantheon: Pantheon, desk: Path) -> str:
    """A run that waits for a person."""
    return start(pantheon)


def start(pantheon: Pantheon, input: str = INPUT) -> str:
    """Run the flow; the run's id."""
    return pantheon("run", "support", "--input", input, "--json").json["run"]


def steady(said: Said) -> str:
    """What was said, with ids, times and the order of what ran at once taken out."""
    text = re.sub(r"\d\d:\d\d:\d\d\.\d+", "TIME", said.steady)
    return re.sub(r"^ +\d+  TIME", "SEQ  TIME", text, flags=re.MULTILINE)


def lines_of(text: str) -> list[str]:
    """The lines, sorted: nodes that run at once end in any order."""
    return sorted(text.splitlines())


def test_nodes_inside_others_are_indented(pantheon: Pantheon, waiting: str) -> None:
    """Items, rounds, flows inside, what a merge took, retries, what is waited for."""
    said = pantheon("runs", "show", waiting)

    assert lines_of(steady(said)) == snapshot(
        [
            "    [0]  ok         python    0.000",
            "    [1]  ok         python    0.000",
            "  [0]    ok         python    0.000",
            "  [1]    ok         python    0.000",
            "  size   ok         python    0.000",
            "  write  ok                   0.000  after 2 rounds",
            "answer   ok                   0.000",
            "fast     skipped              0.000  `triage.urgent` is not true.",
            "first    ok                   0.000  took slow",
            "node     state      by      seconds  why",
            "ok       waiting    human     0.000  for a person",
            "run ID  support  waiting",
            "send     not begun",
            "sizes    ok                   0.000",
            "slow     ok         python    0.000  2 attempts",
            "triage   ok         python    0.000",
        ]
    )
    assert max(map(len, said.out.splitlines())) <= 100
    assert "pantheon inbox answer" in said.err


def test_why_is_told_to_the_first_cause(pantheon: Pantheon, waiting: str) -> None:
    """Who answered, what was false, who is waited for, and where a name is wrong."""
    said = {
        node: steady(pantheon("runs", "why", waiting, node))
        for node in ("triage", "fast", "first", "slow", "answer/write", "sizes[1]", "send")
    }

    assert said == snapshot(
        {
            "triage": "triage: ok. The tier `python` answered.\n",
            "fast": "fast: skipped. `triage.urgent` is not true. (triage.urgent is false)\n",
            "first": "first: ok. The merge took slow.\n",
            "slow": "slow: ok. The tier `python` answered. It took 2 attempts.\n",
            "answer/write": "answer/write: ok. It came to its end after 2 rounds.\n",
            "sizes[1]": "sizes[1]: ok. The tier `python` answered.\n",
            "send": """\
send: not begun. It waits for ok to end.
  because ok: waiting. A person is asked: Send it?
""",
        }
    )
    unknown = pantheon("runs", "why", waiting, "answr")
    assert (unknown.code, "Did you mean `answer`?" in unknown.err) == (6, True)
    links = pantheon("runs", "why", waiting, "send", "--json").json["why"]
    assert [link["state"] for link in links] == ["not begun", "waiting"]


def test_a_replay_says_that_it_came_to_the_same(pantheon: Pantheon, waiting: str) -> None:
    """The events in order, then the verdict; as JSON the same."""
    said = pantheon("runs", "replay", waiting)

    assert said.code == 0
    assert steady(said).splitlines()[-1] == snapshot(
        "replayed ID: the same (10 results taken from the journal, 3 worked out again)"
    )
    assert len(said.out.splitlines()) > 15
    assert pantheon("runs", "replay", waiting, "--json").json["same"] is True


def test_a_replay_until_an_event_shows_every_node(pantheon: Pantheon, waiting: str) -> None:
    """At event 1 nothing had begun."""
    said = pantheon("runs", "replay", waiting, "--until", "1")
    states = pantheon("runs", "replay", waiting, "--until", "1", "--json").json["nodes"]

    assert {node["state"] for node in states} == {"not begun"}
    assert "  write" in said.out


def test_a_fork_with_another_value_runs_what_depends_on_it(
    pantheon: Pantheon, waiting: str
) -> None:
    """The person need not be asked: their answer is put in place."""
    said = pantheon("runs", "fork", waiting, "--set", "ok.ok=true", "--json")

    assert (said.code, said.json["state"], said.json["parent"]) == (0, "done", waiting)
    assert said.json["output"] == {"text": "Again: cards", "words": 4, "sent": 2}
    assert said.json["fork"]["edited"] == ["ok"]
    by = {node["node"]: node["by"] for node in said.json["nodes"]}
    assert by["ok"] == {"edited": "user"}


def test_a_fork_from_a_node_says_what_it_keeps(pantheon: Pantheon, waiting: str) -> None:
    """On standard error, so that the result stays alone on standard output."""
    said = pantheon("runs", "fork", waiting, "--from", "answer/size")

    assert said.code == 5
    assert re.sub(r"r[0-9a-z]{16}", "ID", said.err.splitlines()[0]) == snapshot(
        "10 results of ID are kept; not kept: ok, answer/size, answer"
    )


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "--from NODE"),
        (("--set", "ok"), 9, "--set node.field=VALUE"),
        (("--set", "triage.tem=x"), 9, "Did you mean `team`?"),
        (("--set", "triage.team=banana"), 9, "must be one of"),
        (("--set", "input.txt=x"), 9, "Did you mean `text`?"),
        (("--from", "trige"), 6, "Did you mean `triage`?"),
        (("--from", "sizes[9]"), 9, "no item or round 9"),
        (("--set", "answer..text=x"), 9, "no path"),
    ],
)
def test_mistakes_in_a_fork_are_told_with_the_fix(
    pantheon: Pantheon, waiting: str, words: tuple[str, ...], code: int, told: str
) -> None:
    """And no run is made."""
    said = pantheon("runs", "fork", waiting, *words)

    assert (said.code, told in said.err) == (code, True), said.err
    assert len(pantheon("runs", "list", "--json").json["items"]) == 1


def test_text_stays_text_where_the_contract_wants_it(pantheon: Pantheon, waiting: str) -> None:
    """`12` typed for a text is the text."""
    said = pantheon("runs", "fork", waiting, "--set", "input.text=12", "--no-run", "--json")

    assert (said.json["input"]["text"], said.json["state"]) == ("12", "queued")


def test_a_diff_shows_what_differs(pantheon: Pantheon, waiting: str) -> None:
    """Input, nodes and output; what is the same is counted."""
    fork = pantheon("runs", "fork", waiting, "--set", "ok.ok=true", "--json").json["run"]
    said = pantheon("runs", "diff", waiting, fork)

    assert steady(said) == snapshot("""\
A  ID  support  waiting  TIME
B  ID  support  done  TIME  forked from ID

flow    the same
input   the same
output  null → {"text": "Again: cards", "words": 4…

node  A              B                output
ok    waiting 0.000  ok user 0.000    null → {"ok": true}
send  –              ok python 0.000
12 of 14 nodes are the same
""")
    body = pantheon("runs", "diff", waiting, fork, "--json").json
    assert [n["node"] for n in body["nodes"] if not n["same"]] == ["ok", "send"]
    assert pantheon("runs", "diff", fork, fork, "--json").json["same"] is True


def test_events_are_lines_and_following_ends_when_the_run_waits(
    pantheon: Pantheon, waiting: str
) -> None:
    """JSON lines have their kind; text has the number that `replay --until` takes."""
    said = pantheon("runs", "events", waiting, "--follow")
    lines = pantheon("runs", "events", waiting, "--follow", "--json").out.splitlines()

    kinds = [json.loads(line)["kind"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("run_started", "run_waiting")
    assert [int(line.split()[0]) for line in said.out.splitlines()] == [
        json.loads(line)["seq"] for line in lines
    ]
    assert "answer/write[1]" in said.out
