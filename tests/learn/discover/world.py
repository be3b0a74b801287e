"""A small log with two tasks and some chatter in it, and a project to discover agents for."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from pantheon.ids import JsonObject

TEAMS = {
    "cards": ("card", "chip", "plastic", "pin"),
    "payments": ("transfer", "salary", "invoice", "refund"),
    "identity": ("passport", "selfie", "document", "address"),
}
PROJECT = """\
# What we run.
version: 1
models:
  # The cloud, by its price.
  cloud: {engine: openai, base_url: "https://example.test/v1", model: big, price: {input: 2.5, output: 10}}
agents:   # in the order of the alphabet
  # Counts words.
  count:
    input: {text: string}   # as it came
    output: {words: integer}
    tiers: [python: "desk:count"]
night: {promote: review}  # we look ourselves
"""


def chat(asked: str, said: str, *, at: float, system: str = "") -> JsonObject:
    """One line of a log in the chat-completions format."""
    first: list[JsonObject] = [{"role": "system", "content": system}] if system else []
    return {
        "request": {"model": "big", "messages": [*first, {"role": "user", "content": asked}]},
        "response": {
            "created": round(at),
            "choices": [{"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": len(asked) // 4, "completion_tokens": 3},
        },
    }  # fmt: skip


def make_log(*, calls: int = 160, seed: int = 0) -> list[JsonObject]:
    """Half is triage in two wordings, a quarter extraction, the rest chatter."""
    rng = random.Random(seed)
    lines: list[JsonObject] = []
    for number in range(calls):
        at = 1_780_000_000 + number * 9_000.0
        team = rng.choice([*TEAMS])
        words = [
            rng.choice(TEAMS[team]),
            *rng.sample(["my", "the", "is", "was", "lost", "late", "new", "old"], 4),
        ]
        text = " ".join(rng.sample(words, 5)) + f" {number}"
        if number % 4 == 0:
            lines.append(
                chat(
                    f"Which team (cards, payments, identity or fraud) takes this?\nTicket: {text}\nTeam:",
                    team,
                    at=at,
                )
            )
        elif number % 4 == 1:
            lines.append(
                chat(
                    text,
                    team,
                    at=at,
                    system="You route a bank's tickets. Reply with the team only.",
                )
            )
        elif number % 4 == 2:
            city = rng.choice(["Rome", "Oslo", "Lima"])
            said = f'{{"city": "{city}", "people": {number % 5}}}'
            lines.append(
                chat(f"Extract city and people as JSON.\n<text>{text} {city}</text>", said, at=at)
            )
        else:
            lines.append(
                chat(" ".join(rng.sample(range_words(rng), 9)), f"Well, {text}, I think so.", at=at)
            )
    return lines


def range_words(rng: random.Random) -> list[str]:
    """Words that nobody says twice."""
    return ["".join(rng.choices("abcdefghij", k=6)) for _ in range(12)]


def git(root: Path, *arguments: str) -> str:
    """Git in a folder, without the user's settings."""
    who = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", "-C", str(root), *who, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def repository(root: Path) -> Path:
    """The project in a repository with one commit."""
    root.mkdir(exist_ok=True)
    (root / "pantheon.yaml").write_text(PROJECT)
    (root / "desk.py").write_text("def count(text):\n    return {'words': len(text.split())}\n")
    (root / ".gitignore").write_text(".pantheon/\n")
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "-m", "first")
    return root
