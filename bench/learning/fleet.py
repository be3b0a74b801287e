"""Seven days and nights of a fleet: many agents of different shapes, and what goes wrong with them.

    python bench/learning/fleet.py --data DIR --out fleet

writes the seven morning reports (HTML and Markdown) and `fleet.json` into `--out`, and prints how
much each agent answered here, whether its promise was kept, and what happened on each night:

- the teacher of `team` starts to answer otherwise on day 5
- the first candidate of `module` (night 1) has a worthless certificate: judged on what it learned
- on day 6 `module` is asked about modules that it has never seen
- on night 4 a raw chat log is searched for work that is no agent yet

`--data` adds recorded streams (banking77_gpt4 with the truth, so with the promise of quality;
clinc150 with out-of-scope requests; snips with slots); the others are made of this Python's own
standard library, and of small forms.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from chatlog import make_log, tasks_of
from recorded import data_argument
from stdlib import SAME, streams

from pantheon.ids import Json, JsonObject
from pantheon.night import (
    BadCandidate,
    Change,
    ChatLog,
    Fleet,
    FleetDay,
    Member,
    fleet_to_json,
    read_stream,
    render_fleet,
    simulate_fleet,
    standard_library_stream,
    stream_of,
)
from pantheon.report import collect, render_html, render_markdown
from pantheon.spec import Price, Project, Promise, parse_same
from pantheon.store import Store

_PRICE = Price(2.5, 10.0)
"""USD per million tokens in and out, of a usual cloud model."""
_OFTEN, _RARER = 150, 60
"""Docstrings of a module that is asked about from the first day, and of one from the sixth."""
_SHORT = 500
"""Characters; longer sources take long to embed."""
_TEAMS = {
    "cards": ("card", "chip", "pin", "contactless", "plastic", "cash machine", "signature strip"),
    "payments": ("transfer", "standing order", "invoice", "direct debit", "refund", "payee"),
    "accounts": ("statement", "address", "joint account", "interest", "overdraft", "closure"),
    "fraud": ("stolen wallet", "strange charge", "phishing mail", "lock", "scam call", "theft"),
    "loans": ("mortgage", "car loan", "repayment", "credit line", "guarantor", "rate offer"),
}
_FORMS = (
    "my {w} does not work since {n}",
    "question {n}: who looks after a {w}?",
    "please call me about the {w}, reference {n}",
    "the {w} I wrote about on day {n} is still open",
    "{w}??? ticket {n}",
    "after {n} attempts my {w} is not settled",
)


def main() -> None:
    """Play, write and print."""
    args = _parse()
    args.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    fleet = make_fleet(args)

    def on_morning(store: Store, project: Project, day: FleetDay) -> None:
        morning = collect(store, project=project)
        stem = args.out / f"morning-{day.number}"
        stem.with_suffix(".html").write_text(render_html(morning), encoding="utf-8")
        stem.with_suffix(".md").write_text(render_markdown(morning), encoding="utf-8")
        print(f"day {day.number}: {time.perf_counter() - started:.0f} s", flush=True)

    played = asyncio.run(simulate_fleet(fleet, on_morning=on_morning))
    (args.out / "fleet.json").write_text(json.dumps(fleet_to_json(played), indent=1))
    print(render_fleet(played))
    print(f"{time.perf_counter() - started:.0f} s in all; reports and JSON: {args.out}")


def _parse() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    folder = Path(tempfile.gettempdir()) / "pantheon-fleet"
    parser.add_argument("--out", type=Path, default=folder, help="for the reports and the JSON")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0, help="of the requests a day")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only-stdlib", action="store_true", help="leave the data folder alone")
    data_argument(parser)
    return parser.parse_args()


def make_fleet(args: Namespace) -> Fleet:
    """The agents, and what happens to them."""
    data = _data(args)
    members = [*_recorded(data, args.scale), *_own(args.scale, args.seed)]
    return Fleet(
        tuple(members),
        days=args.days,
        seed=args.seed,
        changes=(
            Change(5, "team", "answers change"),
            Change(6, "module", "requests change", stream=stream_of(_modules(_RARER, _OFTEN))),
        ),
        bad=(BadCandidate(1, "module"),),
        logs=(ChatLog(4, _write_log(args.out / "calls.jsonl", data, args.seed)),),
    )


def _data(args: Namespace) -> Path | None:
    """The folder with recorded streams; None when there is none, or none is wanted."""
    there = (args.data / "streams" / "banking77_gpt4.jsonl").is_file()
    return args.data if there and not args.only_stdlib else None


def _recorded(data: Path | None, scale: float) -> list[Member]:
    """Label with the truth known, label with out-of-scope requests, record with slots."""
    if data is None:
        return []
    folder = data / "streams"
    intent = Promise(0.05, audit=0.1, quality=0.05)
    return [
        _member("intent", folder / "banking77_gpt4.jsonl", 300 * scale, promise=intent),
        _member("assistant", folder / "clinc150.jsonl", 250 * scale),
        _member("slots", folder / "snips.jsonl", 300 * scale, same="fields"),
    ]


def _own(scale: float, seed: int) -> list[Member]:
    """Labels, number, set of labels, record and text, from this Python's standard library."""
    made = streams()
    raises = [row for row in made["stdlib_labels"] if len(_text(row)) <= _SHORT]
    return [
        _member("team", _forms(seed), 150 * scale, promise=Promise(0.05, audit=0.1)),
        _member("module", _modules(_OFTEN), 150 * scale),
        _member("count", made["stdlib_number"], 150 * scale, same=SAME["stdlib_number"]),
        _member("raises", raises, 100 * scale, same=SAME["stdlib_labels"]),
        _member("kind", made["stdlib_record"], 150 * scale, same=SAME["stdlib_record"]),
        _member("title", _titles(), 80 * scale),
    ]


def _member(
    name: str,
    work: Path | Sequence[JsonObject],
    a_day: float,
    *,
    promise: Promise | None = None,
    same: str | None = None,
) -> Member:
    stream = read_stream(work) if isinstance(work, Path) else stream_of(work, name=name)
    return Member(
        name,
        stream,
        a_day=max(round(a_day), 1),
        promise=promise or Promise(0.05, audit=0.05),
        same=parse_same(same) if same else None,
        price=_PRICE,
        judgements=80,
    )


def _forms(seed: int) -> list[JsonObject]:
    """Requests to a bank's teams: easy, so that a specialist is there when the teacher changes."""
    rng = random.Random(seed)
    rows: list[JsonObject] = []
    for number in range(7000):
        team = rng.choice(sorted(_TEAMS))
        text = rng.choice(_FORMS).format(w=rng.choice(_TEAMS[team]), n=rng.randrange(10**5))
        output: dict[str, Json] = {"team": team}
        rows.append({"id": str(number), "input": {"text": text}, "output": output})
    return rows


def _modules(least: int, below: int | None = None) -> list[JsonObject]:
    """Docstrings of modules with at least so many of them, and fewer than `below`."""
    texts = {_text(row) for row in standard_library_stream(at_least=below or 10**9)}
    return [r for r in standard_library_stream(at_least=least) if _text(r) not in texts]


def _titles() -> list[JsonObject]:
    """Free text that is never twice the same: the first words of a docstring as its title."""
    return [
        {**row, "output": {"title": " ".join(_text(row).split()[:6]).rstrip(".,:;")}}
        for row in standard_library_stream()
    ]


def _text(row: JsonObject) -> str:
    given = row["input"]
    return str(given["text"]) if isinstance(given, dict) else ""


def _write_log(path: Path, data: Path | None, seed: int) -> Path:
    """A raw log of chat completions with recurring work in it, and noise around."""
    wanted = {"count words", "mood", "entity types"}
    tasks = [task for task in tasks_of(data) if task.name in wanted]
    log = make_log(tasks, calls=600, noise=0.2, seed=seed)
    path.write_text("\n".join(json.dumps(line) for line in log.lines) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
