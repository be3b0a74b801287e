"""The adapters with the real LangChain, LangGraph and DSPy, where they are installed."""

from __future__ import annotations

import asyncio
import importlib
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from pantheon.api import Pantheon, agent, flow, project, python

pytestmark = [
    pytest.mark.interop,
    # They have their own habits with deprecations; here only what they answer is looked at.
    pytest.mark.filterwarnings("ignore"),
]

LANGCHAIN = """
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

shout = RunnableLambda(lambda given: {"reply": given["text"].upper(), "other": object()})
model = FakeListChatModel(responses=["from the model"])
chain = ChatPromptTemplate.from_template("Say {text}") | model | StrOutputParser()
"""

LANGGRAPH = """
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict, total=False):
    text: str
    words: list[str]
    reply: str


def split(state):
    return {"words": state["text"].split()}


async def answer(state):
    return {"reply": " ".join(reversed(state["words"]))}


graph = StateGraph(State)
graph.add_node("split", split)
graph.add_node("answer", answer)
graph.add_edge(START, "split")
graph.add_edge("split", "answer")
graph.add_edge("answer", END)
graph = graph.compile()
"""

DSPY = """
import dspy
from dspy.utils import DummyLM

model = DummyLM([{"reasoning": "it is asked", "reply": "from a predictor"}] * 4)


class Own(dspy.Module):
    def __init__(self):
        super().__init__()
        self.inner = dspy.Predict("text -> reply")

    def forward(self, text):
        with dspy.context(lm=model):
            return dspy.Prediction(reply=self.inner(text=text).reply + "!")


thinking = dspy.ChainOfThought("text -> reply")
thinking.set_lm(model)
own = Own()
"""


def reply(root: Path, source: str, reference: str, text: str) -> object:
    """What an agent answers whose only tier is that object, in a run of a flow."""
    (root / "others.py").write_text(textwrap.dedent(source))
    answer = agent(
        "answer",
        input={"text": "string"},
        output={"reply": "string"},
        tiers=[python(f"others:{reference}")],
    )
    made = project(
        flow(
            "ask",
            input={"text": "string"},
            nodes={"answer": answer},
            output={"reply": "answer.reply"},
        ),
        root=root,
    )

    async def ask() -> Mapping[str, object] | None:
        async with Pantheon.open(made) as opened:
            return (await opened.run("ask", {"text": text})).output

    output = asyncio.run(ask())
    assert output is not None
    return output["reply"]


@pytest.mark.parametrize(
    ("reference", "said"),
    [("shout", "HELLO THERE"), ("model", "from the model"), ("chain", "from the model")],
)
def test_langchain(tmp_path: Path, reference: str, said: str) -> None:
    """A lambda, a chat model and a chain with a prompt and a parser."""
    pytest.importorskip("langchain_core")

    assert reply(tmp_path, LANGCHAIN, reference, "hello there") == said


def test_langgraph(tmp_path: Path) -> None:
    """A compiled graph with a synchronous and an asynchronous node."""
    pytest.importorskip("langgraph")

    assert reply(tmp_path, LANGGRAPH, "graph", "one two three") == "three two one"


@pytest.mark.parametrize(
    ("reference", "said"), [("thinking", "from a predictor"), ("own", "from a predictor!")]
)
def test_dspy(tmp_path: Path, reference: str, said: str) -> None:
    """A module of the library, called asynchronously, and one that only has `forward`."""
    pytest.importorskip("dspy")

    assert reply(tmp_path, DSPY, reference, "hello") == said


def test_an_object_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a definition in Python the object itself stands; it is found by its name in its module."""
    pytest.importorskip("langchain_core")
    (tmp_path / "others_in_python.py").write_text(LANGCHAIN)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    module = importlib.import_module("others_in_python")

    made = agent("a", input={"text": "string"}, output={"reply": "string"}, tiers=[module.chain])

    tiers = made.body["tiers"]
    assert tiers == [{"python": {"function": "others_in_python:chain"}}]
