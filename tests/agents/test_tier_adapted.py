"""The `python` tier with an object of another library in the place of a function."""

from __future__ import annotations

import textwrap

from pantheon.agents import Reason
from pantheon.spec import PythonTier
from tests.agents.world import World, answered, ask, failed

CHAIN = """
class Chain:
    def invoke(self, input):
        raise AssertionError

    async def ainvoke(self, input):
        return {"team": "cards", "messages": [object()], "seen": input["text"]}

chain = Chain()
"""


def test_a_runnable_answers(world: World) -> None:
    """It is given the input; of its state the fields of the contract are the output."""
    (world.root / "chains.py").write_text(CHAIN)

    answer = answered(ask(world.agent(PythonTier("chains:chain")), text="my card"))

    assert answer.output == {"team": "cards"}
    assert (answer.tier, answer.source) == ("python", "code")


def test_a_runnable_answers_in_a_worker_process(world: World) -> None:
    """The worker is told the fields of the contract as well."""
    (world.root / "chains.py").write_text(CHAIN)

    answer = answered(ask(world.agent(PythonTier("chains:chain", process=True)), text="my card"))

    assert answer.output == {"team": "cards"}


def test_what_reading_the_answer_raises_is_told(world: World) -> None:
    """An object of another library may do anything when it is looked at."""
    source = """
        class Odd:
            def toDict(self):
                raise RuntimeError("closed")

        class Chain:
            def invoke(self, input): ...

            async def ainvoke(self, input):
                return Odd()

        chain = Chain()
        """
    (world.root / "chains.py").write_text(textwrap.dedent(source))

    failure = failed(ask(world.agent(PythonTier("chains:chain")), text="x"))

    assert failure.tried[0].reason == Reason.RAISED
    assert "closed" in failure.tried[0].detail


def test_a_missing_library_is_named_with_its_extra(world: World) -> None:
    """A module that imports LangChain says how LangChain is installed."""
    source = (
        'raise ModuleNotFoundError("No module named \'langchain_core\'", name="langchain_core")'
    )
    (world.root / "chains.py").write_text(source)

    failure = failed(ask(world.agent(PythonTier("chains:chain")), text="x"))

    assert "pip install 'pantheon[langchain]'" in failure.tried[0].detail
