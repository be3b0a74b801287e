"""Definitions written down as people may: blocks or brackets, any indentation, comments anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, cast

TEXTS = ("text", "summary", "spec", "code", "tag one", "Größe", "yes", "1")


def original(random: Random) -> dict[str, Any]:
    """A project of the original dialect."""
    agents = {
        f"a{number}": {
            "input": random.choice(TEXTS),
            "output": random.choice(TEXTS),
            **({"description": random.choice(TEXTS)} if random.random() < 0.3 else {}),
            **({"cost": 0.5, "tools": ["lint"]} if random.random() < 0.3 else {}),
        }
        for number in range(random.randint(1, 3))
    }
    flows = {f"f{number}": _flow(random, list(agents)) for number in range(random.randint(1, 2))}
    sections = [("agents", agents), ("flows", flows)]
    if random.random() < 0.3:
        sections.reverse()
    return dict(sections)


def _flow(random: Random, agents: list[str]) -> dict[str, Any]:
    nodes: list[Any] = []
    names: list[str] = []
    for _ in range(random.randint(1, 4)):
        agent = random.choice(agents)
        *others, last = "root", *names
        sources = [*random.sample(others, k=random.randint(0, len(others))), last]
        nodes.append({"agent": agent, "inputSources": sources})
        uses = sum(each["agent"] == agent for each in nodes)
        names.append(agent if uses == 1 else f"{agent}_{uses}")
    result = nodes[-1]["agent"]
    parts: list[tuple[str, Any]] = [
        ("rootInputType", random.choice(TEXTS)),
        ("nodes", nodes),
        ("outputNode", random.choice([{"agent": result}, result])),
    ]
    if random.random() < 0.3:
        random.shuffle(parts)
    return dict(parts)


def written(value: Any, random: Random) -> str:
    """The value as a text of YAML."""
    lines = list(_block(value, 0, random))
    if random.random() < 0.5:
        lines = ["# head", "", *lines]
    return "\n".join([*lines, *(["# the end"] if random.random() < 0.5 else [])]) + "\n"


def _block(value: Any, indent: int, random: Random) -> Iterator[str]:
    """Lines of a mapping or a list."""
    pad = " " * indent
    for number, (key, inner) in enumerate(_parts(value)):
        yield from _noise(pad, random, number)
        head = f"{pad}-" if key is None else f"{pad}{_text(key, random)}:"
        if isinstance(inner, str | float) or random.random() < (0.4 if indent else 0.1):
            yield from _beside(head, inner, random)
        elif key is None:
            deeper = list(_block(inner, indent + 2, random))
            while deeper[0].strip().startswith("#") or not deeper[0].strip():
                deeper.pop(0)
            yield from [f"{head} {deeper[0].strip()}", *deeper[1:]]
        else:
            yield head + _comment(random)
            step = random.choice([2, 4]) if isinstance(inner, dict) else random.choice([0, 2])
            yield from _block(inner, indent + step, random)


def _parts(value: Any) -> list[tuple[str | None, Any]]:
    """Entries with their keys; items without one."""
    if isinstance(value, dict):
        return list(cast("dict[str | None, Any]", value).items())
    return [(None, item) for item in value]


def _beside(head: str, value: Any, random: Random) -> Iterator[str]:
    """A value on the line of its key, or in brackets that may go on below."""
    text = _brackets(value, random)
    if "," in text and random.random() < 0.3:
        first, rest = text.split(",", 1)
        pad = " " * (len(head) - len(head.lstrip()) + 3)
        yield f"{head} {first},{_comment(random)}"
        yield f"{pad}{rest}{_comment(random)}"
        return
    yield f"{head} {text}{_comment(random)}"


def _brackets(value: Any, random: Random) -> str:
    space = random.choice(["", " "])
    if not isinstance(value, dict | list):
        return _text(value, random) if isinstance(value, str) else json.dumps(value)
    inner = ", ".join(
        f"{f'{_text(key, random)}: ' if key else ''}{_brackets(part, random)}"
        for key, part in _parts(value)
    )
    return f"{{{space}{inner}{space}}}" if isinstance(value, dict) else f"[{space}{inner}{space}]"


def _text(text: str, random: Random) -> str:
    if text in {"yes", "1"} or random.random() < 0.3:
        return random.choice(['"', "'"]).join(["", text, ""])
    return text


def _noise(pad: str, random: Random, number: int) -> Iterator[str]:
    if number and random.random() < 0.2:
        yield ""
    if random.random() < 0.25:
        yield f"{pad}# about {random.randint(0, 99)}"


def _comment(random: Random) -> str:
    return (
        f"{random.choice([' ', '   '])}# c{random.randint(0, 99)}" if random.random() < 0.2 else ""
    )
