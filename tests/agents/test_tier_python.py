"""The `python` tier: the user's functions, found beside the file, never able to crash the agent."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from pantheon.agents import FunctionFault, Reason, UserFunctions
from pantheon.ids import JsonObject
from pantheon.spec import PythonTier
from tests.agents.world import World, answered, ask, failed, run, shape


def write(root: Path, name: str, source: str) -> None:
    """A module of the user."""
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(source))


def test_it_calls_the_function_with_the_inputs_by_name(world: World) -> None:
    """A synchronous function beside the file gives the output object; the answer is code's."""
    write(world.root, "teams.py", "def pick(text):\n    return {'team': 'cards', }\n")

    answer = answered(ask(world.agent(PythonTier("teams:pick")), text="my card"))

    assert answer.output == {"team": "cards"}
    assert (answer.tier, answer.source) == ("python", "code")


def test_an_async_function_is_awaited(world: World) -> None:
    """`async def` works as `def` does."""
    write(
        world.root,
        "later.py",
        """
        import asyncio

        async def pick(text):
            await asyncio.sleep(0)
            return {"team": "other"}
        """,
    )

    assert answered(ask(world.agent(PythonTier("later:pick")), text="x")).output == {
        "team": "other"
    }


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_an_exception_is_an_abstention_with_its_place(world: World, kind: str) -> None:
    """What the function raised reaches the report with file and line; the next tier is asked."""
    write(world.root, "broken.py", f"{kind} pick(text):\n    raise ValueError('no ' + text)\n")
    write(world.root, "sound.py", "def pick(text):\n    return {'team': 'other'}\n")
    agent = world.agent(PythonTier("broken:pick"), PythonTier("sound:pick"))

    answer = answered(ask(agent, text="way"))

    assert answer.tried[0].reason is Reason.RAISED
    assert "ValueError: no way (broken.py:2)" in answer.tried[0].detail


def test_leaving_the_program_is_only_an_exception(world: World) -> None:
    """A function that calls sys.exit does not take the program with it."""
    write(world.root, "leaver.py", "import sys\ndef pick(text):\n    sys.exit(3)\n")

    failure = failed(ask(world.agent(PythonTier("leaver:pick")), text="x"))

    assert failure.tried[0].reason is Reason.RAISED
    assert failure.retryable


def test_a_function_that_does_not_return_is_left_behind(world: World) -> None:
    """The time limit holds for functions that block, too."""
    write(world.root, "stuck.py", "import time\ndef pick(text):\n    time.sleep(60)\n")

    failure = failed(ask(world.agent(PythonTier("stuck:pick", timeout=0.05)), text="x"))

    assert failure.tried[0].reason is Reason.TIMEOUT


def test_a_function_without_an_answer_gives_none(world: World) -> None:
    """None is how a function abstains; trying again would not help."""
    write(world.root, "silent.py", "def pick(text):\n    return None\n")

    failure = failed(ask(world.agent(PythonTier("silent:pick")), text="x"))

    assert failure.tried[0].reason is Reason.DECLINED
    assert not failure.retryable


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("'cards'", "must return the output object"),
        ("{'team': object()}", "not JSON"),
        ("{'team': float('nan')}", "not JSON"),
        ("{'team': 'unknown'}", "team"),
    ],
)
def test_what_is_no_output_object_is_not_accepted(world: World, returned: str, said: str) -> None:
    """Whatever a function returns, only an output that satisfies the contract counts."""
    write(world.root, "wrong.py", f"def pick(text):\n    return {returned}\n")

    failure = failed(ask(world.agent(PythonTier("wrong:pick")), text="x"))

    assert failure.tried[0].reason is Reason.INVALID_OUTPUT
    assert said in failure.tried[0].detail


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("nowhere_at_all:pick", "no module 'nowhere_at_all'"),
        ("present:missing", "defines no function 'missing'"),
        ("present:NUMBER", "defines no function 'NUMBER'"),
    ],
)
def test_a_function_that_is_not_there_is_named(world: World, reference: str, said: str) -> None:
    """The abstention says what was looked for, and where."""
    write(world.root, "present.py", "NUMBER = 3\n")

    failure = failed(ask(world.agent(PythonTier(reference)), text="x"))

    assert failure.tried[0].reason is Reason.NOT_CONFIGURED
    assert said in failure.tried[0].detail


def test_a_module_that_cannot_be_imported_says_why(world: World) -> None:
    """A syntax error and a missing dependency are told with the user's own line."""
    write(world.root, "unparsable.py", "def pick(text)\n    return {}\n")
    write(world.root, "needy.py", "import not_installed_anywhere\n")
    functions = UserFunctions(world.root)

    with pytest.raises(FunctionFault, match=r"SyntaxError.*unparsable\.py:1"):
        functions.load("unparsable:pick")
    with pytest.raises(FunctionFault, match=r"not_installed_anywhere.*needy\.py:1"):
        functions.load("needy:pick")


def test_modules_import_each_other_also_inside_functions(world: World) -> None:
    """Packages and helpers beside the file are found at the top and in the middle of a function."""
    write(world.root, "kit/__init__.py", "")
    write(world.root, "kit/words.py", "TEAM = 'payments'\n")
    write(world.root, "lazy_helper.py", "from kit.words import TEAM\n")
    write(
        world.root,
        "entry.py",
        """
        from kit import words

        def pick(text):
            from lazy_helper import TEAM
            return {"team": TEAM if TEAM == words.TEAM else "other"}
        """,
    )

    answer = answered(ask(world.agent(PythonTier("entry:pick")), text="x"))

    assert answer.output == {"team": "payments"}


def test_the_import_path_is_left_as_it_was(world: World) -> None:
    """Neither a loaded nor a failed module leaves the project's folder on `sys.path`."""
    write(world.root, "quiet.py", "def pick(text):\n    return {'team': 'other'}\n")
    before = list(sys.path)

    ask(world.agent(PythonTier("quiet:pick"), PythonTier("absent:pick")), text="x")

    assert before == sys.path
    assert not list(world.root.rglob("*.pyc"))


def test_two_projects_may_name_their_modules_alike(tmp_path: Path) -> None:
    """Each project gets its own module, in whatever order they are used."""
    for name in ("one", "two"):
        write(tmp_path / name, "same_name.py", f"def who():\n    return {name!r}\n")
    one, two = UserFunctions(tmp_path / "one"), UserFunctions(tmp_path / "two")

    assert [f.load("same_name:who")() for f in (one, two, one)] == ["one", "two", "one"]
    assert UserFunctions(tmp_path / "one").load("same_name:who")() == "one"


def test_an_edited_module_is_read_again_by_the_next_project(tmp_path: Path) -> None:
    """An edit within the same second counts, although bytecode could not tell."""
    write(tmp_path, "edited.py", "def who():\n    return 1\n")
    assert UserFunctions(tmp_path).load("edited:who")() == 1

    write(tmp_path, "edited.py", "def who():\n    return 2\n")

    assert UserFunctions(tmp_path).load("edited:who")() == 2


def test_a_module_never_hides_pythons_own(tmp_path: Path) -> None:
    """A `json.py` beside the file is not what other modules import."""
    write(tmp_path, "json.py", "def dumps(value):\n    return 'hijacked'\n")
    write(tmp_path, "user_of_json.py", "import json\ndef show():\n    return json.dumps([1])\n")

    assert UserFunctions(tmp_path).load("user_of_json:show")() == "[1]"


def test_a_name_taken_by_an_imported_module_is_still_found_beside(tmp_path: Path) -> None:
    """A project may call its module `tests`; ours stays in place for everyone else."""
    import tests.agents as ours

    write(tmp_path, "tests.py", "def who():\n    return 'the project'\n")

    assert UserFunctions(tmp_path).load("tests:who")() == "the project"
    assert sys.modules["tests.agents"] is ours


def test_an_installed_function_can_be_named(tmp_path: Path) -> None:
    """`module:function` also finds what is installed."""
    functions = UserFunctions(tmp_path)

    assert run(functions.call("textwrap:dedent", "  a", timeout=5)) == "a"


def test_an_object_that_returns_something_to_await_is_awaited(world: World) -> None:
    """Wrapped async functions work, whatever the wrapper looks like."""
    write(
        world.root,
        "wrapped.py",
        """
        async def choose(text, team):
            return {"team": team}

        def pick(text):
            return choose(text, "cards")
        """,
    )

    assert answered(ask(world.agent(PythonTier("wrapped:pick")), text="x")).output == {
        "team": "cards"
    }


def test_an_input_field_may_have_any_name(world: World) -> None:
    """Fields called like parameters of our own reach the user's function all the same."""
    write(
        world.root,
        "names.py",
        """
        def pick(*, timeout, reference, self, args, named):
            return {"team": timeout + reference + self + args + named}
        """,
    )
    text: JsonObject = {"type": "string"}
    fields = ("timeout", "reference", "self", "args", "named")
    agent = world.agent(
        PythonTier("names:pick"),
        input=shape(**dict.fromkeys(fields, text)),
        output=shape(team=text),
    )

    answer = answered(run(agent.answer(dict.fromkeys(fields, "x"))))

    assert answer.output == {"team": "xxxxx"}


def test_a_novel_of_an_exception_is_cut(world: World) -> None:
    """What is kept of an error is enough to act on, and no more."""
    write(world.root, "verbose.py", "def pick(text):\n    raise ValueError('long ' * 100_000)\n")

    failure = failed(ask(world.agent(PythonTier("verbose:pick")), text="x"))

    assert len(failure.tried[0].detail) < 2_100
    assert len(world.store.answers.get(str(failure.answer)).accepted) < 2_100


def test_an_exception_that_cannot_be_printed_is_one_too(world: World) -> None:
    """Even an error whose own text raises is told."""
    write(
        world.root,
        "mute.py",
        """
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError

        def pick(text):
            raise Mute
        """,
    )

    failure = failed(ask(world.agent(PythonTier("mute:pick")), text="x"))

    assert failure.tried[0].reason is Reason.RAISED
    assert "Mute" in failure.tried[0].detail
