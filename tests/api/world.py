"""A small project made in Python, with agents of code, a person and a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pantheon import Pantheon, agent, flow, human, node, project, prompt, python
from pantheon.clock import FakeClock
from pantheon.ids import JsonObject
from pantheon.models import ScriptedModel
from pantheon.spec import Project

TEXT = {"text": "string"}
HELD: dict[str, asyncio.Event] = {}
"""Events by the text that `hold` was given; set when it has begun."""


def shout(text: str) -> JsonObject:
    """Code that always answers."""
    return {"text": text.upper()}


def boom(text: str) -> JsonObject:
    """Code that never does."""
    raise ValueError(text)


async def hold(text: str) -> JsonObject:
    """Code that goes on until it is cancelled."""
    HELD.setdefault(text, asyncio.Event()).set()
    await asyncio.Event().wait()
    return {"text": text}


SHOUT = agent("shout", input=TEXT, output=TEXT, tiers=[shout])
BOOM = agent("boom", input=TEXT, output=TEXT, tiers=[boom])
HOLD = agent("hold", input=TEXT, output=TEXT, tiers=[python(hold)])
ASK = agent("ask", input=TEXT, output={"ok": "boolean"}, tiers=[human("May it go out?")])
WRITE = agent("write", input=TEXT, output=TEXT, tiers=[prompt(model="pen")])
HARD = agent("hard", input=TEXT, output=TEXT, tiers=[boom, prompt(model="pen")])
GIVEN = {"text": "input.text"}

LOUD = flow(
    "loud", input=TEXT, nodes={"say": node(SHOUT, given=GIVEN)}, output={"text": "say.text"}
)
BROKEN = flow("broken", input=TEXT, nodes={"say": BOOM}, output={"text": "say.text"})
HELD_UP = flow("held_up", input=TEXT, nodes={"wait": HOLD}, output={"text": "wait.text"})
PATIENT = flow(
    "patient",
    input=TEXT,
    nodes={
        "pause": node(wait={"for": "2h"}),
        "say": node(SHOUT, given=GIVEN, after=["pause"]),
    },
    output={"text": "say.text"},
)
ASKED = flow("asked", input=TEXT, nodes={"ask": ASK}, output={"ok": "ask.ok"})
APPROVED = flow(
    "approved",
    input=TEXT,
    nodes={"go": node(wait={"event": "go", "output": {"ok": "boolean"}})},
    output={"ok": "go.ok"},
)
WRITTEN = flow("written", input=TEXT, nodes={"write": WRITE}, output={"text": "write.text"})
ESCALATED = flow("escalated", input=TEXT, nodes={"hard": HARD}, output={"text": "hard.text"})
MAPPED = flow(
    "mapped",
    input={"texts": ["string"]},
    nodes={"say": node(SHOUT, map="input.texts")},
    output={"texts": "say"},
)
CHATTY = flow(
    "chatty",
    input=TEXT,
    nodes={
        "say": node(
            SHOUT, given=GIVEN, writes={"draft": "output.text", "memory.last": "output.text"}
        )
    },
    output={"text": "say.text"},
    context={"draft": "string"},
)
PEN: dict[str, Any] = {"engine": "openai", "base_url": "http://127.0.0.1:9/v1", "model": "pen"}


def make_project(root: Path) -> Project:
    """Everything above, as one project."""
    return project(
        LOUD, BROKEN, HELD_UP, PATIENT, ASKED, APPROVED, WRITTEN, ESCALATED, MAPPED, CHATTY,
        models={"pen": PEN},
        memory={"last": {"scope": "user", "type": "string", "initial": "nothing"}},
        root=root,
    )  # fmt: skip


@asynccontextmanager
async def opened(folder: Path, **settings: Any) -> AsyncGenerator[Pantheon]:
    """The project opened on a simulated clock, with a scripted pen."""
    pen = ScriptedModel(lambda request: {"text": "a few plain words"}, name="pen")
    settings = {"clock": FakeClock(), "seed": 0, "models": {"pen": pen}, **settings}
    async with Pantheon.open(make_project(folder), **settings) as p:
        yield p


async def until(condition: Callable[[], object]) -> None:
    """Return when the condition holds: what is waited for tells nobody."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.001)
