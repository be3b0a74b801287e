"""The `command` tier: a program run without a shell, as a deterministic agent.

A repeated request is recognised by the environment variable `PANTHEON_IDEMPOTENCY_KEY`.

Text from the input is data. An argument may be `{field}`, replaced whole by that input field; such
an argument may begin with `-` only after a `--` that the user wrote in the list, because before it
the program would take it for an option. The program itself cannot come from the input.

The output is the JSON object the program prints. Where the contract has one field and that is a
string, anything else that it prints is that string, without the last line's end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from pantheon.agents._answer import Abstention, Reason
from pantheon.agents._process import (
    Finished,
    Limits,
    TooMuchOutput,
    run_program,
    small_environment,
)
from pantheon.agents._tier import Request, TierAnswer, TierOutcome, abstain
from pantheon.ids import Json, JsonObject, canonical_json
from pantheon.spec import CommandTier

OUTPUT_CAP = 1 << 20
"""Bytes a program may print on either stream."""
ARGUMENT_CAP = 100_000
"""Bytes of one substituted argument; Linux itself ends at 128 KiB."""
KEY_VARIABLE = "PANTHEON_IDEMPOTENCY_KEY"
"""The same when a run asks again after a crash; absent outside a run."""
_TAIL = 400
_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")


class RefusedArgument(Exception):
    """A value of the input may not become an argument of this program."""


class CommandRunner:
    """Gives the input as JSON on stdin and takes JSON (or one plain string) from stdout."""

    kind = "command"
    sends_out = False

    def __init__(self, tier: CommandTier, *, output: JsonObject, root: Path) -> None:
        self._tier = tier
        self._root = root
        self._text_port = single_string_field(output)

    def unusable(self) -> Abstention | None:
        return None

    async def ask(self, input: JsonObject, request: Request) -> TierOutcome:
        try:
            argv = substitute(self._tier.argv, input)
        except RefusedArgument as refused:
            return abstain(self.kind, Reason.INVALID_INPUT, str(refused))
        try:
            finished = await self._run(argv, input, request.idempotency_key)
        except TimeoutError:
            detail = f"{argv[0]} did not end within {self._tier.timeout:g} s and was killed."
            return abstain(self.kind, Reason.TIMEOUT, detail)
        except TooMuchOutput:
            detail = f"{argv[0]} printed more than {OUTPUT_CAP} bytes and was killed."
            return abstain(self.kind, Reason.INVALID_OUTPUT, detail)
        except OSError as error:
            detail = f"{argv[0]} cannot be started: {error.strerror or error}."
            return abstain(self.kind, Reason.NOT_CONFIGURED, detail)
        return self._read(argv[0], finished)

    async def _run(self, argv: list[str], input: JsonObject, key: str) -> Finished:
        limits = Limits(self._tier.timeout, OUTPUT_CAP)
        stdin = canonical_json(input).encode("utf-8", "surrogatepass")
        env = small_environment() | ({KEY_VARIABLE: key} if key else {})
        return await run_program(argv, stdin=stdin, cwd=self._root, env=env, limits=limits)

    def _read(self, program: str, finished: Finished) -> TierOutcome:
        if finished.status != 0:
            tail = finished.stderr.decode("utf-8", "replace").strip()[-_TAIL:]
            ended = _how_it_ended(finished.status)
            return abstain(self.kind, Reason.EXIT_STATUS, f"{program} ended with {ended}: {tail}")
        text = finished.stdout.decode("utf-8", "replace")
        output: JsonObject | None = _object_in(text)
        if self._text_port is not None and self._text_port not in (output or {}):
            output = {self._text_port: text.rstrip("\r\n")}
        if output is None:
            detail = f"{program} printed no JSON object but {text.strip()[:80]!r}."
            return abstain(self.kind, Reason.INVALID_OUTPUT, detail)
        return TierAnswer(output, "code", f"{program} ended with status 0")


def _how_it_ended(status: int) -> str:
    return f"status {status}" if status > 0 else f"signal {-status}"


def _object_in(text: str) -> JsonObject | None:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def single_string_field(schema: JsonObject) -> str | None:
    """The name of the only property when it is a plain string, else None."""
    properties = schema.get("properties")
    if not isinstance(properties, dict) or len(properties) != 1:
        return None
    name, rule = next(iter(properties.items()))
    return name if isinstance(rule, dict) and rule.get("type") == "string" else None


# ---------------------------------------------------------------------------------- arguments


def substitute(argv: tuple[str, ...], input: JsonObject) -> list[str]:
    """The argument list for one input; raises `RefusedArgument`."""
    return list(_arguments(argv, input))


def _arguments(argv: tuple[str, ...], input: JsonObject) -> Iterator[str]:
    options_over = False
    for position, written in enumerate(argv):
        field = _FIELD.fullmatch(written)
        if field is None:
            options_over = options_over or written == "--"
            yield written
        elif position == 0:
            raise RefusedArgument("The program of a command cannot come from the input.")
        else:
            yield _argument(field[1], input, options_over=options_over)


def _argument(field: str, input: JsonObject, *, options_over: bool) -> str:
    if field not in input:
        raise RefusedArgument(f"The input has no field {field!r} for the argument {{{field}}}.")
    value = input[field]
    text = value if isinstance(value, str) else canonical_json(cast("Json", value))
    if text.startswith("-") and not options_over:
        raise RefusedArgument(
            f"Field {field!r} begins with '-' and would be read as an option; "
            f"write '--' before {{{field}}} in the command if the program understands it."
        )
    if "\0" in text or not _encodable(text):
        raise RefusedArgument(f"Field {field!r} holds a NUL or a lone surrogate: not an argument.")
    if len(text.encode()) > ARGUMENT_CAP:
        raise RefusedArgument(
            f"Field {field!r} is longer than {ARGUMENT_CAP} bytes; read it from stdin instead."
        )
    return text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
