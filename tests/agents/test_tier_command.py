"""The `command` tier: a program without a shell, in a small environment, within limits."""

from __future__ import annotations

import asyncio
import os
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pantheon.agents import Reason, Request
from pantheon.agents._tier_command import OUTPUT_CAP, RefusedArgument, substitute
from pantheon.ids import JsonObject
from pantheon.spec import CommandTier
from tests.agents.processes import exists, gone, members, written
from tests.agents.world import World, answered, ask, failed, run, shape

ANY_TEXT = shape(said={"type": "string"})


def script(root: Path, source: str) -> str:
    """A program of the user, run by this Python."""
    (root / "program.py").write_text(textwrap.dedent(source))
    return "program.py"


def tier(root: Path, source: str, *arguments: str, timeout: float = 20.0) -> CommandTier:
    """A tier that runs the program with arguments."""
    return CommandTier((sys.executable, script(root, source), *arguments), timeout=timeout)


def test_input_goes_in_as_json_and_output_comes_out_as_json(world: World) -> None:
    """The program reads the input object from stdin, in the project's folder."""
    program = tier(
        world.root,
        """
        import json, os, sys
        text = json.load(sys.stdin)["text"]
        team = "cards" if os.path.exists("program.py") and "card" in text else "other"
        print(json.dumps({"team": team}))
        """,
    )

    answer = answered(ask(world.agent(program), text="my card"))

    assert answer.output == {"team": "cards"}
    assert (answer.tier, answer.source) == ("command", "code")


def test_one_string_may_come_as_plain_text(world: World) -> None:
    """Ordinary programs print text: with one string in the contract that is the output."""
    program = tier(world.root, "print('two words')\n")

    assert answered(ask(world.agent(program, output=ANY_TEXT), text="x")).output == {
        "said": "two words"
    }


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ('{"said": "in JSON"}', "in JSON"),
        ('{"other": "text that looks like JSON"}', '{"other": "text that looks like JSON"}'),
        ("[1, 2]", "[1, 2]"),
        ("", ""),
    ],
)
def test_json_counts_where_it_has_the_field(world: World, printed: str, said: str) -> None:
    """A program that prints the output object is understood; other JSON is text."""
    program = tier(world.root, f"print({printed!r})")

    answer = answered(ask(world.agent(program, output=ANY_TEXT), text="x"))

    assert answer.output == {"said": said}


def test_an_argument_in_braces_is_the_field_as_one_argument(world: World) -> None:
    """No shell ever sees the text: blanks, quotes and semicolons arrive as they are."""
    program = tier(world.root, "import sys; print(sys.argv[1:])", "{text}")
    hostile = "a b; touch pwned $(touch pwned) `touch pwned` | > 'x' \"y\" {text}"

    answer = answered(ask(world.agent(program, output=ANY_TEXT), text=hostile))

    assert answer.output == {"said": repr([hostile])}
    assert not (world.root / "pwned").exists()


@pytest.mark.parametrize("text", ["-rf", "--help", "-"])
def test_text_from_the_input_never_becomes_an_option(world: World, text: str) -> None:
    """A leading dash is refused unless the user ended the options with `--`."""
    open_ended = tier(world.root, "print('ran')\n", "{text}")
    ended = tier(world.root, "import sys; print(sys.argv[-1])", "--", "{text}")

    refused = failed(ask(world.agent(open_ended, output=ANY_TEXT), text=text))
    passed = answered(ask(world.agent(ended, output=ANY_TEXT), text=text))

    assert refused.tried[0].reason is Reason.INVALID_INPUT
    assert "write '--' before {text}" in refused.tried[0].detail
    assert passed.output == {"said": text}


@pytest.mark.parametrize(
    ("argv", "input", "said"),
    [
        (("{text}",), {"text": "rm"}, "cannot come from the input"),
        (("prog", "{other}"), {"text": "x"}, "no field 'other'"),
        (("prog", "{text}"), {"text": "a\0b"}, "NUL"),
        (("prog", "{text}"), {"text": "\ud800"}, "lone surrogate"),
        (("prog", "{text}"), {"text": "x" * 200_000}, "longer than"),
        (("prog", "{text}"), {"text": -1}, "begins with '-'"),
    ],
)
def test_what_cannot_be_an_argument_is_refused(
    argv: tuple[str, ...], input: JsonObject, said: str
) -> None:
    """Each refusal says which field and why."""
    with pytest.raises(RefusedArgument, match=said):
        substitute(argv, input)


@given(st.text())
def test_a_field_is_never_more_than_one_argument(text: str) -> None:
    """Whatever the text: the list keeps its length, and only the place in braces changes."""
    try:
        argv = substitute(("prog", "-q", "{text}", "end"), {"text": text})
    except RefusedArgument:
        assert text.startswith("-") or "\0" in text or not text.isprintable()
        return
    assert argv == ["prog", "-q", text, "end"]
    assert not text.startswith("-")


def test_other_values_become_json_arguments() -> None:
    """Numbers, lists and objects are passed in canonical JSON; braces inside a word are text."""
    argv = substitute(("p", "{n}", "{items}", "x={n}"), {"n": 3, "items": ["a", {"b": None}]})

    assert argv == ["p", "3", '["a",{"b":null}]', "x={n}"]


def test_a_failing_program_gives_its_status_and_last_words(world: World) -> None:
    """The abstention holds the exit status and the end of stderr."""
    program = tier(world.root, "import sys; print('far' * 999 + ' away', file=sys.stderr); exit(4)")

    failure = failed(ask(world.agent(program), text="x"))

    assert failure.tried[0].reason is Reason.EXIT_STATUS
    assert "ended with status 4" in failure.tried[0].detail
    assert failure.tried[0].detail.endswith("away")
    assert len(failure.tried[0].detail) < 600


def test_the_time_limit_ends_the_program_and_all_it_started(world: World) -> None:
    """A grandchild that holds the pipes open is killed with its parent."""
    program = tier(
        world.root,
        """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
        open("child.pid", "w").write(str(child.pid))
        child.wait()
        """,
        timeout=1.5,
    )

    failure = failed(ask(world.agent(program), text="x"))

    assert failure.tried[0].reason is Reason.TIMEOUT
    assert _is_gone(int((world.root / "child.pid").read_text()))


def _is_gone(pid: int) -> bool:
    """Whether the process has ended, or does so within moments: a signal takes its time."""
    return any(_has_ended(pid) or time.sleep(0.01) for _ in range(200))


def _has_ended(pid: int) -> bool:
    """A dead one that nobody has collected yet counts."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_endless_output_is_cut(world: World, stream: str) -> None:
    """A program that prints without end is killed at the limit."""
    source = f"import sys\nwhile True: sys.{stream}.write('x' * 65536)\n"

    failure = failed(ask(world.agent(tier(world.root, source)), text="x"))

    assert failure.tried[0].reason is Reason.INVALID_OUTPUT
    assert str(OUTPUT_CAP) in failure.tried[0].detail


def test_a_program_gets_no_secret(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of our environment only PATH, LANG and HOME are passed on."""
    monkeypatch.setenv("CLOUD_KEY", "s3cr3t-key")
    monkeypatch.setenv("GITHUB_TOKEN", "s3cr3t-token")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    program = tier(world.root, "import os; print(sorted(os.environ))")

    answer = answered(ask(world.agent(program, output=ANY_TEXT), text="x"))

    names = set(eval(str(answer.output["said"])))
    assert names - {"PATH", "LANG", "HOME", "LC_CTYPE"} == set()
    assert os.environ["CLOUD_KEY"] == "s3cr3t-key"


def test_a_program_need_not_read_its_input(world: World) -> None:
    """A large input and a program that closes stdin at once are no error."""
    program = tier(world.root, "import sys; sys.stdin.close(); print('done')")

    assert answered(ask(world.agent(program, output=ANY_TEXT), text="x" * 900_000)).output == {
        "said": "done"
    }


@pytest.mark.parametrize("name", ["no-such-program-anywhere", "./program.py"])
def test_a_program_that_cannot_be_started_is_named(world: World, name: str) -> None:
    """A missing or not executable program is a matter of configuration."""
    script(world.root, "print(1)")

    failure = failed(ask(world.agent(CommandTier((name,))), text="x"))

    assert failure.tried[0].reason is Reason.NOT_CONFIGURED
    assert name in failure.tried[0].detail


def test_output_that_is_no_object_is_not_accepted(world: World) -> None:
    """With more than one plain string in the contract only a JSON object will do."""
    failure = failed(ask(world.agent(tier(world.root, "print('[1, 2]')")), text="x"))

    assert failure.tried[0].reason is Reason.INVALID_OUTPUT
    assert "[1, 2]" in failure.tried[0].detail


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("ending", ["cancelled", "out of time"])
def test_nothing_it_has_started_outlives_it(world: World, ending: str) -> None:
    """A program that started others, which started others: the whole group ends with the request."""
    mark = world.root / "pid"
    program = tier(
        world.root,
        f"""
        import os, pathlib, subprocess, time
        subprocess.Popen(["sh", "-c", "sleep 300 >/dev/null 2>&1 & sleep 300"])
        time.sleep(0.2)
        pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))
        time.sleep(300)
        """,
        timeout=60 if ending == "cancelled" else 2,
    )

    async def scene() -> None:
        asking = asyncio.create_task(world.agent(program).answer({"text": "x"}))
        group = int(await written(mark))
        assert len(members(group)) >= 3
        if ending == "cancelled":
            asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await gone(group)
        assert not exists(group)

    run(scene())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("steps", range(0, 12, 2))
def test_cancelled_while_it_starts_it_leaves_nothing(world: World, steps: int) -> None:
    """There is no moment in which a cancellation loses a process."""
    marks = world.root / "marks"
    marks.mkdir()
    program = f'echo $$ > "{marks}/$$"; sleep 300 & sleep 300'

    async def scene() -> None:
        agent = world.agent(CommandTier(("sh", "-c", program)))
        asking = asyncio.create_task(agent.answer({"text": "x"}))
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.sleep(0.1)
        for mark in marks.iterdir():
            assert await gone(int(mark.name))

    run(scene())


def test_a_repeated_call_can_be_recognised(world: World) -> None:
    """The idempotency key of the request is in the environment; outside a run there is none."""
    program = tier(
        world.root, "import os\nprint(os.environ.get('PANTHEON_IDEMPOTENCY_KEY', 'none'))\n"
    )
    agent = world.agent(program, output=ANY_TEXT)

    inside = answered(run(agent.answer({"text": "x"}, Request(key="k7"))))

    assert inside.output == {"said": "k7"}
    assert answered(ask(agent, text="x")).output == {"said": "none"}
