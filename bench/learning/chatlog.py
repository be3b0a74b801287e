"""A raw chat log with known tasks in it: real requests rendered through realistic prompts.

Every task is asked for in one to four wordings, as programs and people do: instructions in the
system message, in one user message before or behind the text, with labels listed or not, with a
date or a reference in between, or worded anew in each call. Around them is what a log is full of:
one-off questions, conversations, calls that failed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pantheon.night import standard_library_stream

Line = dict[str, Any]
Render = Callable[[Mapping[str, Any], random.Random], list[dict[str, str]]]
Answer = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class TrueTask:
    """A task of the log: its requests, how it is asked for, how it is answered, its contract."""

    name: str
    rows: Sequence[Mapping[str, Any]]
    wordings: Sequence[Render]
    answer: Answer
    shape: str
    inputs: int
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Log:
    """Lines in the order of time, and the task of each (None: noise)."""

    lines: list[Line]
    truth: dict[str, str | None]


def user(template: str, **given: Callable[[random.Random], str]) -> Render:
    """One user message; `{text}` is the request."""

    def render(row: Mapping[str, Any], rng: random.Random) -> list[dict[str, str]]:
        extra = {name: draw(rng) for name, draw in given.items()}
        return [{"role": "user", "content": _fill(template, {**row["input"], **extra})}]

    return render


def system(
    instruction: str, message: str = "{text}", **given: Callable[[random.Random], str]
) -> Render:
    """Instructions in the system message, the request in the user's."""

    def render(row: Mapping[str, Any], rng: random.Random) -> list[dict[str, str]]:
        values = {**row["input"], **{name: draw(rng) for name, draw in given.items()}}
        return [
            {"role": "system", "content": _fill(instruction, values)},
            {"role": "user", "content": _fill(message, values)},
        ]

    return render


def _fill(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def _date(rng: random.Random) -> str:
    return f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _reference(rng: random.Random) -> str:
    return f"{rng.getrandbits(64):016x}"


def _free_wording(row: Mapping[str, Any], rng: random.Random) -> list[dict[str, str]]:
    """As a person types it: never twice the same."""
    opening = rng.choice(["", "hey, ", "hi! ", "ok ", "quick one: ", "please ", "thanks. "])
    verb = rng.choice(
        ["is this", "tell me whether this is", "would you say this is", "check if this is"]
    )
    what = rng.choice(["a question or a command", "a command or a question", "question vs command"])
    closing = rng.choice(["?", " -", ":", "? here it is:", ", one word:"])
    text = row["input"]["text"]
    body = f"{opening}{verb} {what}{closing} {text}"
    if rng.random() < 0.3:
        body = f"{text}\n\n{opening}{verb} {what}, {rng.choice(['the line above', 'what I pasted', 'that'])}?"
    return [{"role": "user", "content": body}]


_FIRST = (
    "what",
    "how",
    "who",
    "when",
    "where",
    "why",
    "is",
    "are",
    "can",
    "do",
    "does",
    "did",
    "will",
    "which",
)


def _mood(row: Mapping[str, Any]) -> str:
    words = row["input"]["text"].lower().split()
    return "question" if words and words[0].strip("'s") in _FIRST else "command"


def tasks_of(data: Path | None) -> list[TrueTask]:
    """The tasks: of the recorded streams where there are some, else of the standard library."""
    library = cast("list[Mapping[str, Any]]", list(standard_library_stream()))
    tasks = [_modules(library), _sentences(library)]
    if data is None:
        return tasks
    streams = {n: _read(data, n) for n in ("banking77_gpt4", "clinc150", "snips")}
    return [*tasks, *_of_streams(streams)]


def _modules(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    return TrueTask(
        "module",
        rows,
        [
            user(
                'Here is a docstring from Python\'s standard library:\n\n"""{text}"""\n\nWhich module is it from? Answer with the module\'s name only.'
            ),
            system(
                "You know Python's standard library by heart. Name the module that a docstring documents. Reply with nothing but the module.",
                "Docstring: {text}",
            ),
        ],
        lambda row: row["output"]["module"],
        "label",
        1,
    )


def _sentences(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    return TrueTask(
        "count words",
        rows,
        [
            user(
                "Count the words of the text between the tags.\n<text>{text}</text>\nGive the number only."
            )
        ],
        lambda row: str(len(row["input"]["text"].split())),
        "number",
        1,
    )


def _of_streams(streams: Mapping[str, list[Mapping[str, Any]]]) -> list[TrueTask]:
    banking, clinc, snips = streams["banking77_gpt4"], streams["clinc150"], streams["snips"]
    half = len(clinc) // 2
    return [
        _bank(banking),
        _voice(clinc[:half]),
        _slots(snips),
        _entities(snips[::2]),
        _mood_of(clinc[half:]),
        _subjects(banking),
    ]


def _bank(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    return TrueTask(
        "bank intent",
        rows,
        [
            system(
                "You are a routing assistant of an online bank. Classify the customer's message into exactly one of our 77 support intents. Answer with the intent's identifier in snake_case and nothing else."
            ),
            user(
                "Classify this banking customer query into one support intent.\n\nQuery: {text}\n\nIntent:"
            ),
            user(
                "{text}\n\n---\nAbove is a message to a bank's support. What is its intent? Only the identifier, in snake_case."
            ),
            system(
                "Today is {date}. You are the support router of a bank. Given a customer's message, return the identifier of its intent in snake_case.",
                "Customer message (ref {ref}): {text}",
                date=_date,
                ref=_reference,
            ),
        ],
        lambda row: row["output"]["intent"],
        "label",
        1,
    )


def _voice(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    return TrueTask(
        "voice intent",
        rows,
        [
            system(
                'You are the language understanding of a voice assistant. Return JSON {"intent": "..."} for the user\'s utterance; use "oos" when no intent fits.'
            ),
            user(
                'Determine the intent of the utterance of a voice assistant\'s user. Utterance: "{text}"\nRespond as JSON with the key intent.'
            ),
        ],
        lambda row: json.dumps({"intent": row["output"]["intent"]}),
        "label",
        1,
        frozenset({"intent"}),
    )


def _slots(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    kinds = (
        "AddToPlaylist, BookRestaurant, GetWeather, PlayMusic, RateBook, "
        "SearchCreativeWork, SearchScreeningEvent"
    )
    return TrueTask(
        "intent and slots",
        rows,
        [
            system(
                f"Extract what the user wants as JSON with the keys intent and slots. The intent is one of {kinds}. Slots map a name to a list of strings, copied from the text.\nToday is {{date}}.",
                date=_date,
            ),
            user(
                'Parse this command into {"intent", "slots"} (JSON only, values copied word for word).\nCommand: {text}'
            ),
        ],
        lambda row: f"```json\n{json.dumps(row['output'], indent=1)}\n```",
        "record",
        1,
        frozenset({"intent", "slots"}),
    )


def _entities(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    return TrueTask(
        "entity types",
        rows,
        [
            user(
                "Which types of entities does this sentence mention? List the types, separated by commas.\n\n### Sentence\n{text}\n\n### Types"
            )
        ],
        lambda row: ", ".join(sorted(row["output"]["slots"])) or "none",
        "labels",
        1,
    )


def _mood_of(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    return TrueTask(
        "mood",
        rows,
        [_free_wording],
        _mood,
        "label",
        1,
    )


def _subjects(rows: Sequence[Mapping[str, Any]]) -> TrueTask:
    return TrueTask(
        "mail subject",
        rows,
        [
            user(
                "Write the subject line of an e-mail to the {team} team about this complaint: {text}\nSubject:",
                team=lambda rng: rng.choice(
                    ["cards", "payments", "fraud", "accounts", "transfers", "identity"]
                ),
            )
        ],
        lambda row: f"Customer asks: {row['input']['text'].rstrip('?.')}",
        "text",
        2,
    )


def _read(data: Path, name: str) -> list[Mapping[str, Any]]:
    path = data / "streams" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def make_log(tasks: Sequence[TrueTask], *, calls: int, noise: float, seed: int) -> Log:
    """A shuffled log; the tasks' shares differ as they do in life."""
    rng = random.Random(seed)
    library = cast("list[Mapping[str, Any]]", list(standard_library_stream()))
    chatter = [str(row["input"]["text"]) for row in library]
    weights = [1 / (place + 2) for place in range(len(tasks))]
    order = rng.sample(list(tasks), len(tasks))
    total = round(calls * (1 - noise))
    lines: list[Line] = []
    truth: dict[str, str | None] = {}
    for task, weight in zip(order, weights, strict=True):
        for _ in range(round(total * weight / sum(weights))):
            row = rng.choice(task.rows)
            messages = rng.choice(task.wordings)(row, rng)
            _add(lines, truth, messages, task.answer(row), task.name, rng)
    while len(lines) < calls:
        messages, reply = _one_off(chatter, rng)
        _add(lines, truth, messages, reply, None, rng)
    rng.shuffle(lines)
    for place, line in enumerate(lines):
        line["response"]["created"] = 1_780_000_000 + place * 260
    return Log(lines, truth)


_OPENINGS = (
    "Explain:", "why?", "hello,", "I wonder,", "Can you tell me more?", "Help!", "so", "Hmm.", "and",
    "Is it true that", "Suppose", "My colleague says:", "In short:", "What if", "Compare with this:",
)  # fmt: skip


def _one_off(chatter: Sequence[str], rng: random.Random) -> tuple[list[dict[str, str]], str]:
    """A question of its own, a conversation, or small talk, mostly under a generic system prompt."""
    one, two, three = (rng.choice(chatter) for _ in range(3))
    words = [*one.split(), *two.split()]
    asked = " ".join(rng.sample(words, min(len(words), rng.randint(4, 40)))) + rng.choice("?.! ")
    if rng.random() < 0.5:
        asked = f"{rng.choice(_OPENINGS)} {rng.choice(_OPENINGS)} {one[:1].lower()}{one[1:]}"
    messages = (
        [{"role": "system", "content": "You are a helpful assistant."}]
        if rng.random() < 0.7
        else []
    )
    if rng.random() < 0.3:
        messages += [{"role": "user", "content": two}, {"role": "assistant", "content": three}]
    return [*messages, {"role": "user", "content": asked}], f"{three} {two}"


def _add(
    lines: list[Line], truth: dict[str, str | None], messages: list[dict[str, str]], reply: str,
    task: str | None, rng: random.Random,
) -> None:  # fmt: skip
    name = f"chatcmpl-{len(lines):06d}{rng.getrandbits(32):08x}"
    truth[name] = task
    spent = sum(len(m["content"]) for m in messages) // 4
    lines.append(
        {
            "request": {"model": "gpt-4o", "messages": messages, "temperature": 0},
            "response": {
                "id": name,
                "model": "gpt-4o-2024-08-06",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": reply},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": spent, "completion_tokens": len(reply) // 4 + 1},
            },
        }
    )
